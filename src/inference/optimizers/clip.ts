import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkTensors } from "../../ir/checkTensor.js";
import { checkPositive } from "./optimizer.js";

/** A change of all gradients before the optimizer sees them, on traced tensors: one gradient per parameter, in order. */
export type GradientTransform = (gradients: readonly Tensor[]) => readonly Tensor[];

/** The Euclidean norm of all gradients together. */
export const globalNorm = (gradients: readonly Tensor[]): Tensor =>
  tf.sqrt(gradients.map((gradient) => tf.sum(tf.square(gradient))).reduce((sum, each) => tf.add(sum, each)));

/**
 * Scales all gradients together so that their global norm is at most `maximum`: g · maximum / max(‖g‖, maximum).
 *
 * Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).
 *
 * @throws ElbowError "option" unless the maximum is positive
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { clipByNorm } from "elbow";
 * const [a, b] = clipByNorm(1)([tf.scalar(3), tf.scalar(4)]);
 * console.log(a?.dataSync()[0]?.toFixed(1), b?.dataSync()[0]?.toFixed(1)); // => 0.6 0.8
 * ```
 */
export function clipByNorm(maximum: number): GradientTransform {
  checkPositive("clipByNorm", "the maximum", maximum);
  return (gradients) => {
    checkTensors("clipByNorm", "the gradients", gradients);
    const scale = tf.div(maximum, tf.maximum(globalNorm(gradients), maximum));
    return gradients.map((gradient) => tf.mul(gradient, scale));
  };
}

/** Moves every element of every gradient into [−limit, limit]. @throws ElbowError "option" unless the limit is positive */
export function clipByValue(limit: number): GradientTransform {
  checkPositive("clipByValue", "the limit", limit);
  return (gradients) => {
    checkTensors("clipByValue", "the gradients", gradients);
    return gradients.map((gradient) => tf.clipByValue(gradient, -limit, limit));
  };
}
