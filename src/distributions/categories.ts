// Tables over the categories 0 … K − 1 along the last axis: what distributions over them have in common.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { WeakDerivative } from "../ir/site.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { formatShape, range, type Shape } from "../util/shapes.js";
import { isCount } from "./support.js";

/** Number of categories: the size of the last axis. @throws ElbowError "shape" if there is none */
export function categoriesOf(shape: Shape, name = "categorical"): number {
  const count = shape.at(-1);
  if (count !== undefined && count > 0) return count;
  throw new ElbowError("shape", {
    message: `${name} needs an axis of categories\n  expected: [..., categories]\n  received: ${formatShape(shape)}`,
  });
}

/** 0, 1, …, K − 1 */
export const indices = (count: number): Tensor => tf.tensor1d(range(count));

/** The entry of the last axis that x points to; x broadcasts with the axes before it. No derivative reaches the others. */
export function pick(table: Tensor, x: Tensor): Tensor {
  const isChosen = tf.equal(tf.expandDims(x, -1), indices(categoriesOf(table.shape)));
  return tf.sum(where(isChosen, table, 0), -1);
}

/** Whether x is one of a number of categories. */
export const isBelow =
  (count: number) =>
  (x: Tensor): Tensor =>
    tf.logicalAnd(isCount(x), tf.less(x, count));

/**
 * The first category whose cumulative probability exceeds u times the total. Only categories of positive probability
 * count, so that no rounding of the sums, in whatever order a device adds, can draw one of probability zero.
 */
export function drawCategory(probs: Tensor, key: Tensor, batch: Shape): Tensor {
  const count = categoriesOf(probs.shape);
  const reachable = where(tf.greater(probs, 0), tf.cumsum(probs, probs.rank - 1), 0);
  const total = tf.max(reachable, -1);
  const threshold = tf.expandDims(tf.mul(standardUniform(key, batch), total), -1);
  return tf.min(where(tf.greater(reachable, threshold), indices(count), count - 1), -1);
}

/** ∂/∂φ E f = Σ_k ∂p_k/∂φ·f(k) */
export function categoryWeakDerivative(probs: Tensor, batch: Shape): WeakDerivative {
  const count = categoriesOf(probs.shape);
  const full = tf.broadcastTo(probs, [...batch, count]);
  const ones = tf.ones([...batch]);
  return {
    lanes: range(count).map((k) => tf.fill([...batch], k)),
    terms: tf.unstack(full, -1).map((parameter, k) => ({ parameter, constant: ones, plus: k + 1 })),
  };
}

export const categoryMean = (probs: Tensor): Tensor => tf.sum(tf.mul(probs, indices(categoriesOf(probs.shape))), -1);

export const categoryVariance = (probs: Tensor): Tensor => {
  const deviations = tf.sub(indices(categoriesOf(probs.shape)), tf.expandDims(categoryMean(probs), -1));
  return tf.sum(tf.mul(probs, tf.square(deviations)), -1);
};

/** −Σ p log p; a probability of 0 adds 0. */
export const categoryEntropy = (probs: Tensor): Tensor =>
  tf.neg(tf.sum(tf.mul(probs, tf.log(where(tf.greater(probs, 0), probs, 1))), -1));

/** The same from log p, exact also where one p is close to 1. */
export const entropyOfLogs = (logProbs: Tensor): Tensor => {
  const isPossible = tf.greater(logProbs, Number.NEGATIVE_INFINITY);
  return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), where(isPossible, logProbs, 0)), -1));
};

/** Σ p_k over k ≤ x */
export const categoryCdf = (probs: Tensor, x: Tensor): Tensor =>
  tf.sum(where(tf.lessEqual(indices(categoriesOf(probs.shape)), tf.expandDims(x, -1)), probs, 0), -1);

/** The smallest k with Σ p_j over j ≤ k at least u times the total. */
export function categoryQuantile(probs: Tensor, u: Tensor): Tensor {
  const count = categoriesOf(probs.shape);
  const reached = where(tf.greater(probs, 0), tf.cumsum(probs, probs.rank - 1), 0);
  const threshold = tf.mul(tf.expandDims(u, -1), tf.max(reached, -1, true));
  const isEnough = tf.logicalAnd(tf.greaterEqual(reached, threshold), tf.greater(probs, 0));
  return tf.min(where(isEnough, indices(count), count - 1), -1);
}
