import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { standardUniform } from "../ops/random.js";
import { cotHalfTurns, tanHalfTurns } from "./cauchy.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { isNonNegative, isPositive, onSupport } from "./support.js";

const halfCauchyFamily = family({
  name: "halfCauchy",
  support: "positive",
  parameters: ["scale"],
  // log(2/π) − log s − log(1 + (x/s)²)
  logDensity: ({ scale }, value) =>
    onSupport(value, isNonNegative, 0, (x) =>
      tf.sub(tf.sub(asTensor(Math.log(2 / Math.PI)), tf.log(scale)), tf.log1p(tf.square(tf.div(x, scale)))),
    ),
  draw: ({ scale }, key, batch) => tf.mul(scale, tanHalfTurns(tf.mul(0.5, standardUniform(key, batch)))),
  // log 2πs
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(Math.log(2 * Math.PI))),
  // (2/π)·arctan(x/s)
  cdf: ({ scale }, value) =>
    onSupport(value, isNonNegative, 0, (x) => tf.mul(asTensor(2 / Math.PI), tf.atan(tf.div(x, scale))), 0),
  // (2/π)·arctan(s/x), the angle at the other end
  logSurvival: ({ scale }, value) =>
    onSupport(value, isPositive, 1, (x) => tf.log(tf.mul(asTensor(2 / Math.PI), tf.atan(tf.div(scale, x)))), 0),
  quantile: ({ scale }, p) => tf.mul(scale, tanHalfTurns(tf.mul(0.5, p))),
  upperQuantile: ({ scale }, q) => tf.mul(scale, cotHalfTurns(tf.mul(0.5, q))),
  constraints: { scale: positive },
  // its mean is infinite
});

/**
 * The half-Cauchy distribution, of density 2s/(π(s² + x²)) for x ≥ 0: the absolute value of a Cauchy variable of median 0. Its
 * mean is infinite.
 *
 * Offers reparam and reinforce.
 *
 * @param scale - median s > 0, any shape
 * @example
 * ```ts
 * import { halfCauchy, run, sample } from "elbow";
 * const tau = run(0, sample("tau", halfCauchy(5)));
 * console.log(tau.shape); // => []
 * ```
 */
export const halfCauchy = (scale: TensorLike): Distribution<Positive, "reparam" | "reinforce"> =>
  distribution(halfCauchyFamily, [scale]);
