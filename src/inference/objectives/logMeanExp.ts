import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { logSumExp } from "../../ops/special.js";

/**
 * log (1/n) Σ exp(xᵢ) over all elements: the logarithm of the mean of weights that are given as logarithms.
 *
 * @example
 * ```ts
 * import { logMeanExp } from "elbow";
 * console.log(Math.exp(logMeanExp([Math.log(1), Math.log(3)]).dataSync()[0]).toFixed(4)); // => 2.0000
 * ```
 */
export function logMeanExp(x: TensorLike): Tensor {
  const each = tf.reshape(asTensor(x), [-1]);
  return tf.sub(logSumExp(each), Math.log(each.size));
}
