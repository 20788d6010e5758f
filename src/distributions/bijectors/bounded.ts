import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { where } from "../../ops/where.js";
import { lowBelowHigh } from "../constraints.js";
import { type Bijector, bijector } from "./bijector.js";
import { type BijectorRule, bijectorRule } from "./rule.js";
import { sigmoidLogDet } from "./sigmoid.js";

type Bounds = Readonly<Record<"low" | "high", tf.Tensor>>;

/** One of four values by which ends are finite: both, the lower one, the upper one, none. */
function byEnds({ low, high }: Bounds, cases: (low: tf.Tensor, high: tf.Tensor) => readonly tf.Tensor[]): tf.Tensor {
  const [hasLow, hasHigh] = [tf.isFinite(low), tf.isFinite(high)];
  // the formulas of cases that are not chosen see ends without infinities
  const finiteLow = where(hasLow, low, where(hasHigh, tf.sub(high, 1), 0));
  const [interval, above, below, line] = cases(finiteLow, where(hasHigh, high, tf.add(finiteLow, 1)));
  return where(hasLow, where(hasHigh, interval!, above!), where(hasHigh, below!, line!));
}

/** @param movesCodomain - whether the ends are no plain numbers */
const boundedRule = (movesCodomain: boolean): BijectorRule =>
  bijectorRule({
    name: "bounded",
    domain: "real",
    codomain: "interval",
    parameters: ["low", "high"],
    // low + (high − low)·σ(x), low + eˣ, high − e⁻ˣ, x
    forward: (ends, x) =>
      byEnds(ends, (low, high) => [
        tf.add(low, tf.mul(tf.sub(high, low), tf.sigmoid(x))),
        tf.add(low, tf.exp(x)),
        tf.sub(high, tf.exp(tf.neg(x))),
        x,
      ]),
    inverse: (ends, y) =>
      byEnds(ends, (low, high) => {
        const above = where(tf.greater(y, low), tf.sub(y, low), 0.5);
        const below = where(tf.less(y, high), tf.sub(high, y), 0.5);
        return [tf.sub(tf.log(above), tf.log(below)), tf.log(above), tf.neg(tf.log(below)), y];
      }),
    logDet: (ends, x) =>
      byEnds(ends, (low, high) => [tf.add(tf.log(tf.sub(high, low)), sigmoidLogDet(x)), x, tf.neg(x), tf.zerosLike(x)]),
    relations: [lowBelowHigh],
    overflows: "forward",
    monotone: { codomain: ({ low, high }) => [low, high] },
    movesCodomain,
  });

/**
 * From the real numbers to an open interval either end of which may be infinite, by what is finite: `interval`,
 * low + eˣ, high − e⁻ˣ, or x itself. The ends broadcast with x, and may be finite for some elements only.
 *
 * @param low - lower end, −∞ for none
 * @param high - upper end, > `low`, ∞ for none
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.bounded(2, Infinity).forward(0).dataSync()[0]); // => 3
 * ```
 */
export function bounded(low: number, high: number): Bijector<"real", "interval", false>;
export function bounded(low: TensorLike, high: TensorLike): Bijector<"real", "interval", true>;
export function bounded(low: TensorLike, high: TensorLike): Bijector<"real", "interval", boolean> {
  const isFixed = typeof low === "number" && typeof high === "number";
  return bijector(boundedRule(!isFixed), [asTensor(low), asTensor(high)]);
}
