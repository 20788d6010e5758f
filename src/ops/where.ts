import * as tf from "@tensorflow/tfjs-core";
import { applyEmitter, asTensor, type TensorLike } from "../ir/lifted.js";
import { select } from "../ir/primitives/comparison.js";

/**
 * `x` where the condition holds and `y` elsewhere; all three broadcast.
 *
 * The derivative of the one that is not chosen does not enter, but what that one is computed from may still turn 0 · ∞
 * into NaN: there, replace the argument as well (`log(where(x > 0, x, 1))`).
 *
 * @param condition - booleans
 * @param x - float32 if either branch is
 * @example
 * ```ts
 * import { where } from "elbow";
 * const x = where([true, false], [1, 2], 0);
 * console.log(x.arraySync()); // => [ 1, 0 ]
 * ```
 */
export function where(condition: TensorLike | readonly boolean[], x: TensorLike, y: TensorLike): tf.Tensor {
  const test = asTensor(condition as TensorLike, "bool", "where: the condition");
  const branches = [asTensor(x, "float32", "where: x"), asTensor(y, "float32", "where: y")];
  const isFloat = branches.some((branch) => branch.dtype === "float32");
  const [first, second] = branches.map((branch) => (isFloat ? tf.cast(branch, "float32") : branch));
  return applyEmitter((c, a, b) => [select(c!, a!, b!)], [test, first!, second!])[0]!;
}
