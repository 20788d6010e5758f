// Resampling of weighted particles: every particle's successor picks an ancestor. The pick is a random choice.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical } from "../../distributions/categorical.js";
import type { CategoryIndex, Distribution } from "../../distributions/distribution.js";
import { iid } from "../../distributions/iid.js";
import { type Effects, type Sample, sample } from "../../dsl/effects.js";
import { ElbowError } from "../../errors.js";
import type { Strategy } from "../../ir/site.js";
import { stopGradient } from "../../ops/marks.js";
import { logSumExp } from "../../ops/special.js";
import { where } from "../../ops/where.js";
import { reinforce } from "../../strategies/reinforce.js";
import { withStrategy } from "../../strategies/strategy.js";
import { checkOptionNames } from "../../util/options.js";
import { range } from "../../util/shapes.js";

/** How particles are resampled. */
export interface ResamplingOptions {
  /**
   * How N ancestors are picked from weights W; all give particle k N·W_k successors on average.
   *
   * - `"multinomial"`: independently;
   * - `"stratified"`: one from each of N equal parts of the cumulated weights;
   * - `"systematic"`: the same with one uniform number for all parts.
   *
   * The last two estimate the evidence with less variance, and its scored gradient with more: a pick of small probability P
   * has the score ∂P/P, of which their probabilities, differences of cumulated weights, keep little.
   *
   * Douc, Cappé & Moulines, "Comparison of resampling schemes for particle filtering" (2005).
   *
   * @defaultValue "multinomial"
   */
  readonly scheme?: "multinomial" | "stratified" | "systematic";
  /**
   * Resamples only where the effective sample size 1/Σ W² has fallen below this part of N; in (0, 1]. The program runs the
   * same operations either way. Whether it is done jumps with the weights: with a scored gradient, states that are
   * estimated pathwise are refused then. @defaultValue at every step
   */
  readonly threshold?: number;
  /**
   * - `"scored"`: the picks are random choices like others, estimated by their strategy; unbiased;
   * - `"dropped"`: **BIASED**: the picks count as independent of all parameters, so that only the derivatives along their
   *   states and weights are left; much less variance. Maddison et al. (2017), Naesseth et al. (2018), Le et al. (2018).
   *
   * @defaultValue "scored"
   */
  readonly gradient?: "scored" | "dropped";
  /** The strategy of the picks, where they are scored. @defaultValue reinforce with two copies */
  readonly strategy?: (index: ReturnType<typeof categorical>) => Distribution<CategoryIndex, never>;
}

/** Whether resampling is done at all is known beforehand or not; either way these are the particles' ancestors. */
export interface Resampled {
  /** Positions, [N], int32. */
  readonly ancestors: Tensor;
  /** Normalised log weights after it, [N]. */
  readonly logWeights: Tensor;
}

/** BIASED: what is drawn counts as independent of the parameters. */
const droppedStrategy: Strategy = {
  name: "dropped",
  isUnbiased: false,
  isPathwise: false,
  isAdditive: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: () => undefined,
  draw: ({ family, parameters, key, batch }) => ({
    value: stopGradient(family.draw(parameters, key, batch)),
    keep: {},
  }),
};

/** @throws ElbowError "option" */
export function checkResampling(options: ResamplingOptions): void {
  checkOptionNames("resampling", options, ["scheme", "threshold", "gradient", "strategy"], "required");
  const { scheme = "multinomial", threshold, gradient = "scored" } = options;
  const refuse = (message: string) => {
    throw new ElbowError("option", { message: `resampling: ${message}` });
  };
  if (!["multinomial", "stratified", "systematic"].includes(scheme))
    refuse(`scheme must be "multinomial", "stratified" or "systematic"\n  received: "${scheme}"`);
  if (!["scored", "dropped"].includes(gradient))
    refuse(`gradient must be "scored" or "dropped"\n  received: "${gradient}"`);
  if (threshold !== undefined && !(threshold > 0 && threshold <= 1))
    refuse(`threshold must be in (0, 1], not ${threshold}`);
}

/**
 * Picks ancestors.
 *
 * @param logWeights - normalised, [N]
 * @param isRetained - whether particle 0 is its own successor whatever happens (conditional filters); multinomial only
 */
export function* resample(
  logWeights: Tensor,
  { scheme = "multinomial", threshold, gradient = "scored", strategy }: ResamplingOptions,
  isRetained = false,
): Effects<Sample<string, CategoryIndex>, Resampled> {
  const count = logWeights.shape[0]!;
  const uniform = tf.fill([count], -Math.log(count));
  const own = tf.tensor1d(range(count));
  // a resampling without gradient decides by what is held constant
  const weights = gradient === "dropped" ? stopGradient(logWeights) : logWeights;
  const isNeeded = threshold === undefined ? undefined : tf.less(effectiveSize(weights), threshold * count);
  const choose = (index: ReturnType<typeof categorical>): Distribution<CategoryIndex, never> => {
    if (gradient === "dropped") return withStrategy(index as Distribution<CategoryIndex, never>, droppedStrategy);
    return strategy ? strategy(index) : reinforce(index, { copies: 2 });
  };
  const picked = yield* sample("ancestors", choose(picks(scheme, weights, isNeeded, count - (isRetained ? 1 : 0))));
  const drawn = scheme === "systematic" ? successors(weights, picked) : picked;
  const ancestors = isRetained ? tf.concat([tf.zeros([1]), drawn]) : drawn;
  if (!isNeeded) return { ancestors: tf.cast(ancestors, "int32"), logWeights: uniform };
  return {
    ancestors: tf.cast(where(isNeeded, ancestors, own), "int32"),
    logWeights: where(isNeeded, uniform, logWeights),
  };
}

/** 1/Σ W² */
export const effectiveSize = (logWeights: Tensor): Tensor => tf.exp(tf.neg(logSumExp(tf.mul(2, logWeights))));

/** The law of what is picked: the ancestors themselves, or the interval in which the one uniform number lies. */
function picks(
  scheme: NonNullable<ResamplingOptions["scheme"]>,
  logWeights: Tensor,
  isNeeded: Tensor | undefined,
  picked: number,
): ReturnType<typeof categorical> {
  const count = logWeights.shape[0]!;
  if (scheme === "multinomial" && !isNeeded) return iid(picked, categorical({ logits: logWeights }));
  // without resampling the pick is certain, and has no score
  const unless = (probs: Tensor, certain: Tensor) =>
    categorical({ probs: isNeeded ? where(isNeeded, probs, certain) : probs });
  if (scheme === "systematic") return unless(intervals(logWeights).lengths, tf.oneHot(tf.scalar(0, "int32"), count));
  const weights = tf.exp(logWeights);
  const own = tf.slice(tf.eye(count), [count - picked, 0], [picked, count]);
  return unless(scheme === "stratified" ? overlaps(weights) : tf.broadcastTo(weights, [picked, count]), own);
}

/** N·|[i/N, (i + 1)/N) ∩ [C_{k−1}, C_k)| for the cumulated weights C, [N, N]: the probability that i's ancestor is k. */
function overlaps(weights: Tensor): Tensor {
  const count = weights.shape[0]!;
  const upper = tf.mul(count, tf.cumsum(weights));
  const lower = tf.sub(upper, tf.mul(count, weights));
  const from = tf.expandDims(tf.tensor1d(range(count)), 1);
  return tf.relu(tf.sub(tf.minimum(upper, tf.add(from, 1)), tf.maximum(lower, from)));
}

/**
 * With one uniform number u, i's ancestor is the number of k with N·C_k ≤ i + u: all ancestors change together at the
 * fractional parts of N·C_k alone, which divide the unit interval.
 */
function intervals(logWeights: Tensor): { lengths: Tensor; middles: Tensor; inner: Tensor } {
  const count = logWeights.shape[0]!;
  const cumulated = tf.mul(count, tf.cumsum(tf.exp(logWeights)));
  const inner = tf.slice(cumulated, 0, count - 1);
  // where parts trade places the lengths are zero: nothing jumps in expectation, and their order may be held constant
  const starts = tf.concat([tf.zeros([1]), tf.sub(inner, tf.floor(stopGradient(inner)))]);
  const fixed = stopGradient(starts);
  const [row, column] = [tf.expandDims(fixed, 1), tf.expandDims(fixed, 0)];
  const isLater = tf.greater(tf.expandDims(tf.tensor1d(range(count)), 0), tf.expandDims(tf.tensor1d(range(count)), 1));
  const isAfter = tf.logicalOr(tf.greater(column, row), tf.logicalAnd(tf.equal(column, row), isLater));
  const next = tf.min(where(isAfter, tf.expandDims(starts, 0), 1), 1);
  return { lengths: tf.sub(next, starts), middles: stopGradient(tf.div(tf.add(starts, next), 2)), inner };
}

/** The ancestors that go with an interval, [N]. */
function successors(logWeights: Tensor, interval: Tensor): Tensor {
  const { middles, inner } = intervals(logWeights);
  const count = logWeights.shape[0]!;
  const u = tf.gather(middles, tf.cast(interval, "int32"));
  const places = tf.expandDims(tf.add(tf.tensor1d(range(count)), u), 1);
  return tf.sum(tf.cast(tf.lessEqual(stopGradient(tf.expandDims(inner, 0)), places), "float32"), 1);
}
