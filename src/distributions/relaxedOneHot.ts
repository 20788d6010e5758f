import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { logSoftmax } from "../ops/special.js";
import { where } from "../ops/where.js";
import type { Shape } from "../util/shapes.js";
import { lgamma } from "../util/special/lgamma.js";
import { categoriesOf } from "./categories.js";
import { finite, positive, simplex } from "./constraints.js";
import { batchOf, type Distribution, family, type Simplex } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";

const name = "relaxedOneHot";

/** How far the sum of a point may be from 1: what single precision loses. */
const sumTolerance = 1e-5;

const isInside = (x: Tensor): Tensor =>
  tf.logicalAnd(tf.all(tf.greater(x, 0), -1), tf.lessEqual(tf.abs(tf.sub(tf.sum(x, -1), 1)), sumTolerance));

const shapes = (temperature: Shape, parameter: Shape): { batch: Shape; event: Shape } => ({
  batch: batchOf(name, ["temperature", "categories"], [temperature, parameter.slice(0, -1)]),
  event: [categoriesOf(parameter, name)],
});

/** log (K − 1)! + (K − 1) log λ + Σ [log softmax(l − λ log x) − log x] (Maddison et al. 2017, eq. 10). */
function logDensity(logits: Tensor, temperature: Tensor, value: Tensor): Tensor {
  const size = categoriesOf(value.shape, name);
  const inside = isInside(stopGradient(value));
  const logarithms = tf.log(where(tf.expandDims(inside, -1), value, 1 / size));
  const scores = logSoftmax(tf.sub(logits, tf.mul(tf.expandDims(temperature, -1), logarithms)));
  const volume = tf.add(asTensor(lgamma(size)), tf.mul(size - 1, tf.log(temperature)));
  return where(inside, tf.add(volume, tf.sum(tf.sub(scores, logarithms), -1)), Number.NEGATIVE_INFINITY);
}

/** The smallest normal number: no share of a draw rounds to 0. */
const least = 2 ** -126;

/** softmax((l + g)/λ) for Gumbel noise g */
function draw(logits: Tensor, temperature: Tensor, key: Tensor, batch: Shape): Tensor {
  const uniform = standardUniform(key, [...batch, categoriesOf(logits.shape, name)]);
  const noise = tf.neg(tf.log(tf.neg(tf.log(uniform))));
  const x = tf.exp(logSoftmax(tf.div(tf.add(logits, noise), tf.expandDims(temperature, -1))));
  return tf.add(x, stopGradient(tf.sub(tf.maximum(x, least), x)));
}

const relaxedOneHotProbs = family({
  name,
  support: "simplex",
  parameters: ["temperature", "probs"],
  eventRanks: { probs: 1 },
  shapes: ({ temperature, probs }) => shapes(temperature, probs),
  logDensity: ({ temperature, probs }, value) => logDensity(tf.log(probs), temperature, value),
  draw: ({ temperature, probs }, key, batch) => draw(tf.log(probs), temperature, key, batch),
  constraints: { temperature: positive, probs: simplex },
});

const relaxedOneHotLogits = family({
  name,
  support: "simplex",
  parameters: ["temperature", "logits"],
  eventRanks: { logits: 1 },
  shapes: ({ temperature, logits }) => shapes(temperature, logits),
  logDensity: ({ temperature, logits }, value) => logDensity(logits, temperature, value),
  draw: ({ temperature, logits }, key, batch) => draw(logits, temperature, key, batch),
  constraints: { temperature: positive, logits: finite },
});

/**
 * The relaxed one-hot (concrete) distribution on the simplex: softmax((log p + G)/λ) for Gumbel variables G, of density
 * (K − 1)!·λ^{K − 1}·Π pₖxₖ^{−λ − 1}/(Σ pₖxₖ^{−λ})^K. As the temperature λ falls, its draws come close to unit vectors.
 *
 * Offers reparam and reinforce. Its moments have no closed form, and are not offered. Unlike `gumbelSoftmax`, which
 * relaxes the value of a discrete choice only, its density is that of the relaxed value.
 *
 * Maddison, Mnih & Teh, "The Concrete Distribution" (2017).
 *
 * @param temperature - λ > 0, any shape
 * @param options - `probs` [..., K] > 0, which add up to 1, or `logits` [..., K], their logarithms up to a constant; the
 *   axes before broadcast with `temperature`
 * @returns a distribution of events [K] that sum to 1
 * @throws ElbowError if both are given, or none, or there is no axis of categories
 * @example
 * ```ts
 * import { relaxedOneHot, run, sample } from "elbow";
 * const x = run(0, sample("x", relaxedOneHot(0.5, { logits: [0, 1, 2] })));
 * console.log(x.shape); // => [ 3 ]
 * ```
 */
export const relaxedOneHot = (
  temperature: TensorLike,
  options: ProbsOrLogits,
): Distribution<Simplex, "reparam" | "reinforce"> =>
  fromProbsOrLogits(name, options, { probs: relaxedOneHotProbs, logits: relaxedOneHotLogits }, temperature);
