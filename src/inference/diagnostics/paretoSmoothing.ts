import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { valuesNow } from "../../runtime/arrays.js";
import { checkLogWeights } from "../checkLogWeights.js";
import { weightsOf } from "../weights.js";
import { fitGeneralizedPareto, generalizedParetoQuantile } from "./generalizedPareto.js";

/** Log weights whose largest ones were replaced by quantiles of a fitted tail. */
export interface Smoothed {
  readonly logWeights: Float64Array;
  readonly khat: number;
}

/** Fewer cannot be fitted. */
const shortestTail = 5;

/** Below e^−700 of the largest weight, differences of weights are lost in double precision. */
const lowestCutoff = -700;

/**
 * Pareto-smoothed importance sampling, Vehtari, Simpson, Gelman, Yao & Gabry (2024), algorithm 1: the largest
 * M = ⌈min(S/5, 3√S)⌉ of S weights are replaced by the expected order statistics of a generalized Pareto law that is fitted to them,
 * none above the largest weight. The fitted shape counts M times and 1/2 ten times: k̂ = (M k + 5)/(M + 10).
 *
 * @throws ElbowError "weights" unless the largest log weight is finite and none is NaN
 */
export function paretoSmooth(logWeights: ArrayLike<number>): Smoothed {
  weightsOf(logWeights); // throws
  const smoothed = Float64Array.from(logWeights);
  const size = smoothed.length;
  const ascending = [...smoothed.keys()].sort((a, b) => smoothed[a]! - smoothed[b]!);
  const largest = smoothed[ascending.at(-1)!]!;
  const tailSize = Math.ceil(Math.min(0.2 * size, 3 * Math.sqrt(size)));
  const below = size > tailSize ? smoothed[ascending[size - tailSize - 1]!]! - largest : lowestCutoff;
  const cutoff = Math.max(below, lowestCutoff);
  // equal weights, up to rounding in single precision, are bounded: the largest k of bounded laws
  if (-cutoff <= 2 ** -20 * Math.max(1, Math.abs(largest))) return { logWeights: smoothed, khat: 0 };
  const tail = ascending.slice(size - tailSize).filter((i) => smoothed[i]! - largest > cutoff);
  if (tail.length < shortestTail) return { logWeights: smoothed, khat: Number.POSITIVE_INFINITY };
  const atCutoff = Math.exp(cutoff);
  const exceedances = Float64Array.from(tail, (i) => atCutoff * Math.expm1(smoothed[i]! - largest - cutoff));
  const { k, sigma } = fitGeneralizedPareto(exceedances);
  const khat = (tail.length * k + 10 * 0.5) / (tail.length + 10);
  tail.forEach((i, rank) => {
    const quantile = generalizedParetoQuantile({ k: khat, sigma }, (rank + 0.5) / tail.length);
    smoothed[i] = largest + Math.min(0, Math.log(atCutoff + quantile));
  });
  return { logWeights: smoothed, khat };
}

/** Importance weights after smoothing. */
export interface ParetoSmoothedWeights {
  /** Of shape [draws], in the order of the draws; not normalized. */
  readonly logWeights: Tensor;
  /** Estimated shape of the weights' tail: moments of order 1/k̂ and above are infinite. See {@link khatAdvice}. */
  readonly khat: number;
  /** 1/Σ w² of the normalized smoothed weights. */
  readonly effectiveSampleSize: number;
}

/**
 * Pareto-smoothed importance weights: steadier than the weights themselves, with k̂ that says whether they can be relied on.
 *
 * The largest M = ⌈min(S/5, 3√S)⌉ of S weights are replaced by quantiles of a generalized Pareto law, fitted by the method of Zhang &
 * Stephens (2009); a weak prior at 1/2, worth ten weights, makes k̂ = (M k + 5)/(M + 10). Vehtari, Simpson, Gelman, Yao & Gabry
 * (2024), "Pareto smoothed importance sampling".
 *
 * @param logWeights - of shape [draws], up to a constant
 * @returns khat is 0 if the largest weights are equal, and infinite if fewer than five can be told from the rest, as with fewer than
 *   21 draws
 * @throws ElbowError "weights" if the shape is another, a log weight is NaN, or the largest is not finite
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { paretoSmoothedWeights } from "elbow";
 * // quantiles of a law whose tail has the shape 0.4
 * const logWeights = tf.tensor1d(Array.from({ length: 4000 }, (_, i) => -0.4 * Math.log((i + 0.5) / 4000)));
 * const { khat } = paretoSmoothedWeights(logWeights);
 * console.log(Math.abs(khat - 0.4) < 0.05); // => true
 * ```
 */
export function paretoSmoothedWeights(logWeights: Tensor): ParetoSmoothedWeights {
  checkLogWeights("paretoSmoothedWeights", logWeights);
  const { logWeights: smoothed, khat } = paretoSmooth(valuesNow(logWeights));
  const { effectiveSampleSize } = weightsOf(smoothed);
  return { logWeights: tf.tensor1d(Float32Array.from(smoothed)), khat, effectiveSampleSize };
}
