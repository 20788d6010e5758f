// What a posterior of posteriordb is here: a model, how its arguments and choices correspond to posteriordb's data and parameters,
// and the coordinates in which guides are fitted.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { CoordinatesOf, GenerativeFunction, Values } from "elbow";

/** A number, a vector or a matrix. */
export type Numbers = number | readonly number[] | readonly (readonly number[])[];
/** posteriordb's data, or parameters, or choices of a model, by name. */
export type Named = { readonly [name: string]: Numbers };

/** A posterior of posteriordb as a model in Elbow. */
export interface Posterior<D extends readonly Tensor[] = Tensor[], C = Record<string, Tensor>> {
  /** posteriordb's name: data set and model. */
  readonly name: string;
  readonly model: GenerativeFunction<D, C, unknown>;
  /** The model's arguments from posteriordb's data. */
  readonly inputs: (data: Named) => readonly Numbers[];
  /** posteriordb's parameters from the model's choices. @defaultValue the choices */
  readonly parameters?: (choices: Named) => Named;
  /** The choices from posteriordb's parameters. @defaultValue the parameters */
  readonly choices?: (parameters: Named) => Named;
  /** log density of the model − that of posteriordb, which leaves constants out. @defaultValue 0 */
  readonly offset?: number;
  /** Where guides are fitted: scales from the data, predictors without correlation. @defaultValue those of the supports */
  readonly coordinates?: (data: Named) => CoordinatesOf<C>;
  /** Where guides start, from the data. @defaultValue the prior median */
  readonly start?: (data: Named) => Partial<Values<C>>;
  /** Of the first steps of a fit. @defaultValue 0.05 */
  readonly learningRate?: number;
}

/** Forgets the names of the choices, so that posteriors stand in a list. */
export const posterior = <D extends readonly Tensor[], C>(of: Posterior<D, C>): Posterior => of as unknown as Posterior;

/** The model's arguments as tensors. */
export const tensorsOf = ({ inputs }: Pick<Posterior, "inputs">, data: Named): Tensor[] =>
  inputs(data).map((numbers) => tf.tensor(numbers as number[], undefined, "float32"));

/** A vector of the data. */
export const column = (data: Named, name: string): readonly number[] => data[name] as readonly number[];
