import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import type { Shape } from "../util/shapes.js";
import { finite, openProbability, positive } from "./constraints.js";
import { type Distribution, family, type UnitInterval } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { onSupport } from "./support.js";

const logit = (x: Tensor): Tensor => tf.sub(tf.log(x), tf.log1p(tf.neg(x)));

const isInside = (x: Tensor): Tensor => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1));

/**
 * The density of the logistic variable L = λ logit(x) − l, e^{−L}/(1 + e^{−L})², times dL/dx = λ/(x(1 − x)).
 */
const logDensity = (logits: Tensor, temperature: Tensor, value: Tensor): Tensor =>
  onSupport(value, isInside, 0.5, (x) => {
    const noise = tf.sub(tf.mul(temperature, logit(x)), logits);
    const logistic = tf.neg(tf.add(tf.softplus(noise), tf.softplus(tf.neg(noise))));
    return tf.add(logistic, tf.sub(tf.log(temperature), tf.add(tf.log(x), tf.log1p(tf.neg(x)))));
  });

/** The smallest normal number, and the largest below 1: no draw rounds to an end of the interval. */
const [least, greatest] = [2 ** -126, 1 - 2 ** -24];

/** σ((l + logit u)/λ) */
const quantile = (logits: Tensor, temperature: Tensor, u: Tensor): Tensor =>
  tf.sigmoid(tf.div(tf.add(logits, logit(u)), temperature));

function draw(logits: Tensor, temperature: Tensor, key: Tensor, batch: Shape): Tensor {
  const x = quantile(logits, temperature, standardUniform(key, batch));
  return tf.add(x, stopGradient(tf.sub(tf.clipByValue(x, least, greatest), x)));
}

/** P(X ≤ x) = σ(λ logit(x) − l) */
function cdf(logits: Tensor, temperature: Tensor, value: Tensor): Tensor {
  const inside = onSupport(value, isInside, 0.5, (x) => tf.sub(tf.mul(temperature, logit(x)), logits));
  return tf.where(tf.greaterEqual(stopGradient(value), 1), tf.onesLike(inside), tf.sigmoid(inside));
}

const relaxedBernoulliProbs = family({
  name: "relaxedBernoulli",
  support: "unitInterval",
  parameters: ["temperature", "probs"],
  logDensity: ({ temperature, probs }, value) => logDensity(logit(probs), temperature, value),
  draw: ({ temperature, probs }, key, batch) => draw(logit(probs), temperature, key, batch),
  cdf: ({ temperature, probs }, value) => cdf(logit(probs), temperature, value),
  quantile: ({ temperature, probs }, u) => quantile(logit(probs), temperature, u),
  constraints: { temperature: positive, probs: openProbability },
});

const relaxedBernoulliLogits = family({
  name: "relaxedBernoulli",
  support: "unitInterval",
  parameters: ["temperature", "logits"],
  logDensity: ({ temperature, logits }, value) => logDensity(logits, temperature, value),
  draw: ({ temperature, logits }, key, batch) => draw(logits, temperature, key, batch),
  cdf: ({ temperature, logits }, value) => cdf(logits, temperature, value),
  quantile: ({ temperature, logits }, u) => quantile(logits, temperature, u),
  constraints: { temperature: positive, logits: finite },
});

/**
 * The relaxed Bernoulli (binary concrete) distribution: σ((l + L)/λ) for log odds l and a logistic variable L, of density
 * λ·e^{−z}/((1 + e^{−z})²·x(1 − x)) with z = λ logit(x) − l. As the temperature λ falls, its draws come close to 0 and 1.
 *
 * Offers reparam and reinforce. Its moments have no closed form, and are not offered. Unlike `gumbelSoftmax`, which
 * relaxes the value of a discrete choice only, its density is that of the relaxed value.
 *
 * Maddison, Mnih & Teh, "The Concrete Distribution" (2017).
 *
 * @param temperature - λ > 0, any shape
 * @param options - `probs`, the probability of a value above ½, in (0, 1), or `logits`, its log odds l; broadcasts with it
 * @throws ElbowError "options" if both are given, or none
 * @example
 * ```ts
 * import { relaxedBernoulli, run, sample } from "elbow";
 * const x = run(0, sample("x", relaxedBernoulli(0.5, { logits: [-1, 1] })));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const relaxedBernoulli = (
  temperature: TensorLike,
  options: ProbsOrLogits,
): Distribution<UnitInterval, "reparam" | "reinforce"> =>
  fromProbsOrLogits(
    "relaxedBernoulli",
    options,
    { probs: relaxedBernoulliProbs, logits: relaxedBernoulliLogits },
    temperature,
  );
