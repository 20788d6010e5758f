// Rounding: piecewise constant, so without derivative and not continuous.
import * as tf from "@tensorflow/tfjs-core";
import { unary } from "./elementwise.js";

/** The nearest integer; halves go to the even one, as in tfjs. */
function halfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** ⌊x⌋ */
export const floor = unary({ name: "floor", evaluate: Math.floor, tfjs: "Floor" });
/** ⌈x⌉ */
export const ceil = unary({ name: "ceil", evaluate: Math.ceil, tfjs: "Ceil" });
/** The nearest integer, halves to even. */
export const round = unary({ name: "round", evaluate: halfToEven, tfjs: "Round" });
/** x without its fractional part. */
export const trunc = unary({
  name: "trunc",
  evaluate: Math.trunc,
  tfjs: (x) => tf.mul(tf.sign(x), tf.floor(tf.abs(x))),
});
