import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { isNonNegative, onSupport } from "./support.js";

/** Draws of rate 1. */
const standardExponential = (key: tf.Tensor, batch: readonly number[]): tf.Tensor =>
  tf.neg(tf.log(standardUniform(key, batch)));

const exponentialFamily = family({
  name: "exponential",
  support: "positive",
  parameters: ["rate"],
  // log λ − λx
  logDensity: ({ rate }, value) => onSupport(value, isNonNegative, 0, (x) => tf.sub(tf.log(rate), tf.mul(rate, x))),
  draw: ({ rate }, key, batch) => tf.div(standardExponential(key, batch), rate),
  // ∂/∂λ λe^{−λx} = (λe^{−λx} − λ²x·e^{−λx})/λ: the density of X less that of X + X′, a Gamma(2, λ) variable
  weakDerivative: ({ rate }, value, key, batch) => {
    const full = tf.broadcastTo(rate, [...batch]);
    return {
      lanes: [tf.add(value, tf.div(standardExponential(namedKey(key, "second"), batch), rate))],
      terms: [{ parameter: full, constant: tf.reciprocal(full), plus: 0, minus: 1 }],
    };
  },
  mean: ({ rate }) => tf.reciprocal(rate),
  variance: ({ rate }) => tf.reciprocal(tf.square(rate)),
  // 1 − log λ
  entropy: ({ rate }) => tf.sub(1, tf.log(rate)),
  cdf: ({ rate }, value) => onSupport(value, isNonNegative, 0, (x) => tf.neg(tf.expm1(tf.neg(tf.mul(rate, x)))), 0),
  logSurvival: ({ rate }, value) => onSupport(value, isNonNegative, 0, (x) => tf.neg(tf.mul(rate, x)), 0),
  quantile: ({ rate }, p) => tf.div(tf.neg(tf.log1p(tf.neg(p))), rate),
  upperQuantile: ({ rate }, q) => tf.div(tf.neg(tf.log(q)), rate),
  constraints: { rate: positive },
});

/**
 * The exponential distribution, of density λe^{−λx} for x ≥ 0.
 *
 * Offers reparam, reinforce, muProp and measureValued.
 *
 * @param rate - λ > 0, the inverse of the mean, any shape
 * @example
 * ```ts
 * import { exponential, run, sample } from "elbow";
 * const x = run(0, sample("x", exponential([1, 10])));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const exponential = (
  rate: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp" | "measureValued"> =>
  distribution(exponentialFamily, [rate]);
