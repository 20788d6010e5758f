// Noise of the eager versions: tfjs' own generator, seeded call by call, so that a run can be repeated.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

let calls = 0;

/** Starts the sequence again. */
export const restartNoise = (): void => {
  calls = 0;
};

export const eagerNormal = (shape: readonly number[]): Tensor => tf.randomNormal([...shape], 0, 1, "float32", ++calls);

export const eagerUniform = (shape: readonly number[], low: number, high: number): Tensor =>
  tf.randomUniform([...shape], low, high, "float32", ++calls);
