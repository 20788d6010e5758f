import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { finite, lowBelowHigh } from "./constraints.js";
import { type Distribution, distribution, family, type Interval } from "./distribution.js";
import { onSupport } from "./support.js";

const uniformFamily = family({
  name: "uniform",
  support: "interval",
  parameters: ["low", "high"],
  // 0·x − log(high − low): a function of x, so that what is discontinuous in the way of x is still seen
  logDensity: ({ low, high }, value) => {
    // the bounds are no constants here: a density that jumps when a random bound crosses x has no pathwise derivative
    const isInside = (x: tf.Tensor) => tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high));
    return onSupport(value, isInside, low, (x) => tf.sub(tf.mul(0, x), tf.log(tf.sub(high, low))));
  },
  draw: ({ low, high }, key, batch) => tf.add(low, tf.mul(tf.sub(high, low), standardUniform(key, batch))),
  // the support moves with the parameters: E f·∇log p leaves out what happens at its ends
  isScorable: false,
  bounds: ({ low, high }) => [low, high],
  mean: ({ low, high }) => tf.mul(0.5, tf.add(low, high)),
  variance: ({ low, high }) => tf.div(tf.square(tf.sub(high, low)), 12),
  entropy: ({ low, high }) => tf.log(tf.sub(high, low)),
  cdf: ({ low, high }, x) => {
    const share = tf.div(tf.sub(x, low), tf.sub(high, low));
    const at = stopGradient(share);
    return where(tf.less(at, 0), 0, where(tf.greater(at, 1), 1, share));
  },
  quantile: ({ low, high }, p) => tf.add(low, tf.mul(tf.sub(high, low), p)),
  upperQuantile: ({ low, high }, q) => tf.sub(high, tf.mul(tf.sub(high, low), q)),
  constraints: { low: finite, high: finite },
  relations: [lowBelowHigh],
});

/**
 * The uniform distribution on an interval [a, b], of density 1/(b − a).
 *
 * Offers reparam only: its support moves with the parameters, which the score function does not see.
 *
 * @param low - lower end a, any shape
 * @param high - upper end b > a, broadcasts with it
 * @example
 * ```ts
 * import { run, sample, uniform } from "elbow";
 * const x = run(0, sample("x", uniform(-1, [1, 2])));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const uniform = (low: TensorLike, high: TensorLike): Distribution<Interval, "reparam"> =>
  distribution(uniformFamily, [low, high]);
