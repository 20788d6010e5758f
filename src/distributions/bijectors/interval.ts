import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { where } from "../../ops/where.js";
import { lowBelowHigh } from "../constraints.js";
import { type Bijector, bijector } from "./bijector.js";
import { type BijectorRule, bijectorRule } from "./rule.js";
import { sigmoidLogDet } from "./sigmoid.js";

/** @param movesCodomain - whether the ends are no plain numbers */
const intervalRule = (movesCodomain: boolean): BijectorRule =>
  bijectorRule({
    name: "interval",
    domain: "real",
    codomain: "interval",
    parameters: ["low", "high"],
    forward: ({ low, high }, x) => tf.add(low, tf.mul(tf.sub(high, low), tf.sigmoid(x))),
    inverse: ({ low, high }, y) => {
      const isInside = tf.logicalAnd(tf.greater(y, low), tf.less(y, high));
      const inside = where(isInside, y, tf.mul(0.5, tf.add(low, high)));
      return tf.sub(tf.log(tf.sub(inside, low)), tf.log(tf.sub(high, inside)));
    },
    logDet: ({ low, high }, x) => tf.add(tf.log(tf.sub(high, low)), sigmoidLogDet(x)),
    relations: [lowBelowHigh],
    monotone: { codomain: ({ low, high }) => [low, high] },
    movesCodomain,
  });

/**
 * y = low + (high − low)/(1 + e⁻ˣ): from the real numbers to an open interval, whose ends broadcast with x. For ends that
 * may be infinite see `bounded`.
 *
 * A distribution that is transformed so offers reinforce for plain numbers as ends only, since no score function sees a
 * support that moves.
 *
 * @param low - lower end, finite
 * @param high - upper end, > `low`, finite
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.interval(-1, 3).forward(0).dataSync()[0]); // => 1
 * ```
 */
export function interval(low: number, high: number): Bijector<"real", "interval", false>;
export function interval(low: TensorLike, high: TensorLike): Bijector<"real", "interval", true>;
export function interval(low: TensorLike, high: TensorLike): Bijector<"real", "interval", boolean> {
  const isFixed = typeof low === "number" && typeof high === "number";
  return bijector(intervalRule(!isFixed), [asTensor(low), asTensor(high)]);
}
