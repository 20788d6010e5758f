import { checkOptionNames } from "../../util/options.js";
import { range, stridesOf } from "../../util/shapes.js";
import { checkData } from "../checkData.js";
import { checkObjective } from "../checkObjective.js";
import type { Objective } from "../objective.js";
import type { Parameters } from "../prepare.js";
import { type EstimateMoments, estimateMoments, type Moments, namedParameters } from "./moments.js";
import { type Known, type Truth, type TruthOptions, truthOf, truthOptionNames } from "./truth.js";

/** How one element of the estimates compares with the truth. */
export interface BiasEntry extends Moments {
  /** `value`, or the parameter with the element's position: `loc[2]`. */
  readonly name: string;
  readonly truth: number;
  readonly truthError: number;
  readonly bias: number;
  /** Of the bias: both errors together. */
  readonly error: number;
  /** Bias in errors: 0 within rounding, infinite for a deviation without any error. */
  readonly z: number;
}

/** Variance of a parameter's gradient. */
export interface ParameterVariance {
  readonly name: string;
  /** Summed over its elements, of a single draw. */
  readonly variance: number;
  /** The largest z-score among its elements. */
  readonly z: number;
}

/** The verdict on an estimator. */
export interface BiasCheck {
  /** Whether every |z| is below 5: an unbiased estimator fails one element with a probability of 6e-7. */
  readonly pass: boolean;
  /** The element that is off most. */
  readonly worst: BiasEntry;
  readonly value: BiasEntry;
  readonly gradient: readonly BiasEntry[];
  readonly parameters: readonly ParameterVariance[];
  /** Of the whole gradient: the trace of its covariance. */
  readonly variance: number;
  readonly draws: number;
  readonly truth: Pick<Truth, "method" | "description">;
}

/** Errors that separate a mean from the truth at most. */
export const bound = 5;

/**
 * Whether an objective's estimates of value and gradient have the right means: over many independent draws, against exact
 * enumeration and quadrature where the program is small enough, else against an independent estimator, the score function
 * at all choices (both errors then count).
 *
 * Estimates are drawn in double precision on the engine `reference`; other engines are faster, and deviations within
 * their rounding count as none. A small bias shows with enough draws only: see `error`.
 *
 * @throws ElbowError whatever the objective's estimators throw
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { checkUnbiased, flip, objective, reinforce, sample } from "elbow";
 * const L = objective(function* (p: tf.Tensor) {
 *   return tf.square((yield* sample("b", reinforce(flip(p)))).sub(0.25));
 * });
 * const { pass, truth } = await checkUnbiased(L, tf.scalar(0.5), []);
 * console.log(pass, truth.description); // => true enumeration of 2 joint values
 * ```
 */
export async function checkUnbiased<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: NoInfer<D>,
  options: TruthOptions<NoInfer<P>> = {},
): Promise<BiasCheck> {
  checkObjective("checkUnbiased", objective);
  checkData("checkUnbiased", data);
  checkOptionNames("checkUnbiased", options, truthOptionNames);
  const truth = await truthOf(objective, parameters, data, options);
  return judge(await estimateMoments(objective, parameters, data, options), truth, parameters);
}

/** Compares moments with a truth. */
export function judge(moments: EstimateMoments, truth: Truth, parameters: Parameters): BiasCheck {
  const rounding = moments.isSingle ? 1e-5 : 1e-8;
  const value = entryOf("value", moments.value, truth.value, rounding);
  const leaves = namedParameters(parameters).map(({ name, shape }, i) => ({
    name,
    entries: moments.gradient[i]!.map((each, j) =>
      entryOf(`${name}${position(shape, j)}`, each, truth.gradient[i]![j]!, rounding),
    ),
  }));
  const gradient = leaves.flatMap(({ entries }) => entries);
  const worst = [...gradient, value].reduce((a, b) => (Math.abs(b.z) > Math.abs(a.z) ? b : a));
  return {
    pass: Math.abs(worst.z) < bound,
    worst,
    value,
    gradient,
    parameters: leaves.map(({ name, entries }) => ({
      name,
      variance: entries.reduce((sum, { variance }) => sum + variance, 0),
      z: entries.reduce((z, each) => (Math.abs(each.z) > Math.abs(z) ? each.z : z), 0),
    })),
    variance: gradient.reduce((sum, { variance }) => sum + variance, 0),
    draws: moments.draws,
    truth: { method: truth.method, description: truth.description },
  };
}

function entryOf(
  name: string,
  moments: Moments,
  { mean: truth, error: truthError }: Known,
  rounding: number,
): BiasEntry {
  const bias = moments.mean - truth;
  const error = Math.hypot(moments.standardError, truthError);
  const scale = Math.max(Math.abs(truth), Math.hypot(moments.mean, Math.sqrt(moments.variance)), 1e-3);
  const isNotKnown = Number.isNaN(truth) && truthError === 0;
  const z = isNotKnown || Math.abs(bias) <= rounding * scale ? 0 : bias / error;
  return {
    name,
    ...moments,
    truth,
    truthError,
    bias,
    error,
    // a mean that is no number is as wrong as can be
    z: Number.isNaN(z) ? Number.POSITIVE_INFINITY : z,
  };
}

/** `[1, 2]`, or nothing for a scalar. */
function position(shape: readonly number[], at: number): string {
  if (shape.length === 0) return "";
  const strides = stridesOf(shape);
  return `[${range(shape.length).map((axis) => Math.floor(at / strides[axis]!) % shape[axis]!)}]`;
}
