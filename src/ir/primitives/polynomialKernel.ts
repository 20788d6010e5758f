// Polynomials as tfjs operations.
import * as tf from "@tensorflow/tfjs-core";

/** Lowest power first; at least two coefficients. */
export const polynomial = (x: tf.Tensor, coefficients: readonly number[]): tf.Tensor =>
  horner(coefficients.toReversed(), x);

/** Highest power first; at least two coefficients. */
export function horner([first, second, ...rest]: readonly number[], x: tf.Tensor): tf.Tensor {
  return rest.reduce<tf.Tensor>((sum, each) => tf.add(tf.mul(sum, x), each), tf.add(tf.mul(x, first!), second!));
}
