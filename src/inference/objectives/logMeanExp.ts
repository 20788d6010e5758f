import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkTensor } from "../../ir/checkTensor.js";
import { logSumExp } from "../../ops/special.js";

/**
 * log (1/n) Σ exp(xᵢ) over all elements: the logarithm of the mean of weights that are given as logarithms.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { logMeanExp } from "elbow";
 * console.log(tf.exp(logMeanExp(tf.log([1, 3]))).dataSync()[0].toFixed(4)); // => 2.0000
 * ```
 */
export function logMeanExp(x: Tensor): Tensor {
  checkTensor("logMeanExp", "x", x);
  return tf.sub(logSumExp(tf.reshape(x, [-1])), Math.log(x.size));
}
