import * as tf from "@tensorflow/tfjs-core";
import { logSoftmax } from "../ops/special.js";
import { where } from "../ops/where.js";
import { range, type Shape } from "../util/shapes.js";
import { categoriesOf, categoryEntropy, drawCategory, entropyOfLogs, indices } from "./categories.js";
import { real, simplex } from "./constraints.js";
import { type Distribution, family, type OneHot } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logProbability } from "./support.js";

const name = "oneHotCategorical";

const shapes = (parameter: Shape): { batch: Shape; event: Shape } => ({
  batch: parameter.slice(0, -1),
  event: [categoriesOf(parameter, name)],
});

/** 1 where there is a single 1 among zeros. */
const isUnitVector = (x: tf.Tensor): tf.Tensor =>
  tf.logicalAnd(tf.all(tf.logicalOr(tf.equal(x, 0), tf.equal(x, 1)), -1), tf.equal(tf.sum(x, -1), 1));

/** The entry of the last axis of a table at which the vector is 1; −∞ for anything that is no unit vector. */
const entryAt = (table: tf.Tensor, value: tf.Tensor): tf.Tensor =>
  where(isUnitVector(value), tf.sum(where(tf.equal(value, 1), table, 0), -1), Number.NEGATIVE_INFINITY);

const draw = (probs: tf.Tensor, key: tf.Tensor, batch: Shape): tf.Tensor => {
  const category = tf.expandDims(drawCategory(probs, key, batch), -1);
  return tf.cast(tf.equal(category, indices(categoriesOf(probs.shape))), "float32");
};

const unitVectors = (parameter: Shape): number[][] => {
  const all = range(categoriesOf(parameter));
  return all.map((k) => all.map((i) => (i === k ? 1 : 0)));
};

const variance = (probs: tf.Tensor): tf.Tensor => tf.mul(probs, tf.sub(1, probs));

const oneHotProbs = family({
  name,
  support: "oneHot",
  parameters: ["probs"],
  eventRanks: { probs: 1 },
  shapes: ({ probs }) => shapes(probs),
  // Σ x log p
  logDensity: ({ probs }, value) => entryAt(logProbability(probs), value),
  probability: ({ probs }, value) => tf.sum(tf.mul(probs, value), -1),
  draw: ({ probs }, key, batch) => draw(probs, key, batch),
  isPathwise: false,
  supportEvents: ({ probs }) => unitVectors(probs),
  mean: ({ probs }) => probs,
  variance: ({ probs }) => variance(probs),
  entropy: ({ probs }) => categoryEntropy(probs),
  constraints: { probs: simplex },
});

const oneHotLogits = family({
  name,
  support: "oneHot",
  parameters: ["logits"],
  eventRanks: { logits: 1 },
  shapes: ({ logits }) => shapes(logits),
  // Σ x·l − log Σ e^l
  logDensity: ({ logits }, value) => entryAt(logSoftmax(logits), value),
  draw: ({ logits }, key, batch) => draw(tf.softmax(logits, -1), key, batch),
  isPathwise: false,
  supportEvents: ({ logits }) => unitVectors(logits),
  mean: ({ logits }) => tf.softmax(logits, -1),
  variance: ({ logits }) => variance(tf.softmax(logits, -1)),
  entropy: ({ logits }) => entropyOfLogs(logSoftmax(logits)),
  constraints: { logits: real },
});

/**
 * The categorical distribution over unit vectors: 1 at the category drawn, 0 at all others; of mass Π pₖ^xₖ.
 *
 * Offers enumerate, reinforce and muProp; with bias gumbelSoftmax (points of the simplex, or unit vectors with `hard`)
 * and straightThrough.
 *
 * @param options - `probs` [..., K], which add up to 1, or `logits` [..., K], their logarithms up to a constant
 * @returns a distribution of batch shape [...] and events [K]
 * @throws ElbowError if both are given, or none, or there is no axis of categories
 * @example
 * ```ts
 * import { oneHotCategorical, run, sample } from "elbow";
 * const x = run(0, sample("x", oneHotCategorical({ logits: [0, 1, 2] })));
 * console.log(x.sum().dataSync()[0]); // => 1
 * ```
 */
export const oneHotCategorical = (
  options: ProbsOrLogits,
): Distribution<OneHot, "enumerate" | "reinforce" | "muProp" | "gumbelSoftmax" | "straightThrough"> =>
  fromProbsOrLogits(name, options, { probs: oneHotProbs, logits: oneHotLogits });
