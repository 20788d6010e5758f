import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { WeakDerivative } from "../ir/site.js";
import { standardUniform } from "../ops/random.js";
import { logSoftmax } from "../ops/special.js";
import { where } from "../ops/where.js";
import { range, type Shape } from "../util/shapes.js";
import { type CategoryIndex, type CategoryStrategyName, type Distribution, family } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { isCount, logProbability, onSupport } from "./support.js";

/** Number of categories: the size of the last axis. */
function categoriesOf(shape: Shape): number {
  const count = shape.at(-1);
  if (count !== undefined && count > 0) return count;
  throw new ElbowError("shape", {
    message: `categorical needs an axis of categories\n  expected: [..., categories]\n  received: [${shape.join(", ")}]`,
  });
}

const shapes = (parameter: Shape): { batch: Shape; event: Shape } => {
  categoriesOf(parameter);
  return { batch: parameter.slice(0, -1), event: [] };
};

/** 0, 1, …, K − 1 */
const indices = (count: number): tf.Tensor => tf.tensor1d(range(count));

/** The entry of the last axis that x points to; x broadcasts with the axes before it. No derivative reaches the others. */
function pick(table: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const isChosen = tf.equal(tf.expandDims(x, -1), indices(categoriesOf(table.shape)));
  return tf.sum(where(isChosen, table, 0), -1);
}

/** Whether x is one of the categories of a table. */
const isBelow =
  ({ shape }: tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor =>
    tf.logicalAnd(isCount(x), tf.less(x, categoriesOf(shape)));

/**
 * The first category whose cumulative probability exceeds u times the total. Only categories of positive probability
 * count, so that no rounding of the sums, in whatever order a device adds, can draw one of probability zero.
 */
function draw(probs: tf.Tensor, key: tf.Tensor, batch: Shape): tf.Tensor {
  const count = categoriesOf(probs.shape);
  const reachable = where(tf.greater(probs, 0), tf.cumsum(probs, probs.rank - 1), 0);
  const total = tf.max(reachable, -1);
  const threshold = tf.expandDims(tf.mul(standardUniform(key, batch), total), -1);
  return tf.min(where(tf.greater(reachable, threshold), indices(count), count - 1), -1);
}

/** ∂/∂φ E f = Σ_k ∂p_k/∂φ·f(k) */
function weakDerivative(probs: tf.Tensor, batch: Shape): WeakDerivative {
  const count = categoriesOf(probs.shape);
  const full = tf.broadcastTo(probs, [...batch, count]);
  const ones = tf.ones([...batch]);
  return {
    lanes: range(count).map((k) => tf.fill([...batch], k)),
    terms: tf.unstack(full, -1).map((parameter, k) => ({ parameter, constant: ones, plus: k + 1 })),
  };
}

const mean = (probs: tf.Tensor): tf.Tensor => tf.sum(tf.mul(probs, indices(categoriesOf(probs.shape))), -1);

const variance = (probs: tf.Tensor): tf.Tensor => {
  const deviations = tf.sub(indices(categoriesOf(probs.shape)), tf.expandDims(mean(probs), -1));
  return tf.sum(tf.mul(probs, tf.square(deviations)), -1);
};

const categoricalProbs = family({
  name: "categorical",
  support: "categoryIndex",
  parameters: ["probs"],
  eventRanks: { probs: 1 },
  shapes: ({ probs }) => shapes(probs),
  // log p_x
  logDensity: ({ probs }, value) => onSupport(value, isBelow(probs), 0, (x) => logProbability(pick(probs, x))),
  probability: ({ probs }, value) => pick(probs, value),
  draw: ({ probs }, key, batch) => draw(probs, key, batch),
  isPathwise: false,
  supportValues: ({ probs }) => range(categoriesOf(probs)),
  weakDerivative: ({ probs }, _value, _key, batch) => weakDerivative(probs, batch),
  mean: ({ probs }) => mean(probs),
  variance: ({ probs }) => variance(probs),
});

const categoricalLogits = family({
  name: "categorical",
  support: "categoryIndex",
  parameters: ["logits"],
  eventRanks: { logits: 1 },
  shapes: ({ logits }) => shapes(logits),
  // l_x − log Σ e^l
  logDensity: ({ logits }, value) => onSupport(value, isBelow(logits), 0, (x) => pick(logSoftmax(logits), x)),
  draw: ({ logits }, key, batch) => draw(tf.softmax(logits, -1), key, batch),
  isPathwise: false,
  supportValues: ({ logits }) => range(categoriesOf(logits)),
  weakDerivative: ({ logits }, _value, _key, batch) => weakDerivative(tf.softmax(logits, -1), batch),
  mean: ({ logits }) => mean(tf.softmax(logits, -1)),
  variance: ({ logits }) => variance(tf.softmax(logits, -1)),
});

/**
 * The categorical distribution over the indices 0 … K − 1.
 *
 * Offers enumerate, reinforce, measureValued, localExpectation, unorderedSet, topK, rebar, relax; with bias gumbelSoftmax
 * and straightThrough.
 *
 * @param options - `probs` [..., K], which add up to 1, or `logits` [..., K], their logarithms up to a constant
 * @returns a distribution of batch shape [...]; values are float32 indices
 * @throws ElbowError if both are given, or none, or there is no axis of categories
 * @example
 * ```ts
 * import { categorical, run, sample } from "elbow";
 * const k = run(0, sample("k", categorical({ probs: [[0.2, 0.8], [0.5, 0.5]] })));
 * console.log(k.shape); // => [ 2 ]
 * ```
 */
export const categorical = (
  options: ProbsOrLogits,
): Distribution<CategoryIndex, "enumerate" | "reinforce" | "measureValued" | CategoryStrategyName> =>
  fromProbsOrLogits("categorical", options, { probs: categoricalProbs, logits: categoricalLogits });
