import type { Tensor } from "@tensorflow/tfjs-core";
import type { Bijector } from "../../distributions/bijectors/bijector.js";
import type { Values } from "../../dsl/assess.js";
import type { Choices, Present } from "../../dsl/choices.js";
import type { GenerativeFunction } from "../../dsl/gen.js";

/** One tensor per choice, nested as the choices are. */
export type PerChoice<C> = string extends keyof C
  ? Choices
  : { readonly [A in keyof C]: Present<C[A]> extends Tensor ? Tensor : PerChoice<Present<C[A]>> };

/** A guide made from a model, with starting values of its parameters. */
export interface AutomaticGuide<P extends object, D extends readonly unknown[], C> {
  /** Takes the parameters, then the data, which it does not look at; returns its choices. */
  readonly guide: GenerativeFunction<[parameters: P, ...data: D], C, C, never>;
  /** A plain object of tensors, for `fit`. */
  readonly parameters: P;
}

/**
 * Where the parameters start.
 *
 * - `"median"`: at the median of every choice given those before it, or at the mean of draws in unconstrained coordinates
 *   where the median has no formula;
 * - `"mean"`: at the mean, and at the median where there is no finite one;
 * - `"sample"`: at a draw from the prior;
 * - `"search"`: at the median if the density is finite there, else at the first of 100 points, uniform between −2 and 2 in
 *   unconstrained coordinates, where it is;
 * - `{ values }`: at these, and at the median where none is given.
 */
export type Start<C> = "median" | "mean" | "sample" | "search" | { readonly values: Partial<Values<C>> };

/** A bijector for some of the choices. */
export type CoordinatesOf<C> = {
  readonly [A in keyof C]?: C[A] extends Tensor ? Bijector<"real"> : CoordinatesOf<C[A]>;
};

/** Options of all automatic guides. */
export interface GuideOptions<C, K extends string = never> {
  /** Where the parameters start. @defaultValue "median" */
  readonly start?: Start<C>;
  /** Choices that the guide leaves out, names of nested programs included: they are given a guide by hand. @defaultValue none */
  readonly except?: K | readonly K[];
  /**
   * Bijectors from the real numbers onto the supports of choices, in the place of those that the supports have: a scale and
   * an origin, say, or what takes correlations away. The guide is a guide of these coordinates. @defaultValue `bijectorTo`
   */
  readonly coordinates?: CoordinatesOf<C>;
  /** For `start`. @defaultValue 0 */
  readonly seed?: number;
}

/** Options of automatic guides with a spread. */
export interface SpreadOptions<C, K extends string = never> extends GuideOptions<C, K> {
  /** Standard deviation of every unconstrained coordinate at the start. @defaultValue 0.1 */
  readonly scale?: number;
}
