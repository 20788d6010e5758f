// What stochastic processes share.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { range, type Shape } from "../util/shapes.js";

/** @throws ElbowError "option" for a number of steps that is not a positive integer */
export function checkSteps(name: string, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ElbowError("option", { message: `${name}: numSteps must be a positive integer, and is ${steps}` });
}

/** Moves the axis of time to the front, from before the last `rank` axes. */
export function timeFirst(x: Tensor, rank: number): Tensor {
  const time = x.rank - 1 - rank;
  return tf.transpose(x, [time, ...range(x.rank).filter((axis) => axis !== time)]);
}

/** Moves the axis of time from the front to before the last `rank` axes. */
export function timeBack(x: Tensor, rank: number): Tensor {
  const later = range(x.rank - 1).map((axis) => axis + 1);
  const at = later.length - rank;
  return tf.transpose(x, [...later.slice(0, at), 0, ...later.slice(at)]);
}

/** A matrix or vector of a parameter with all batch axes. */
export const withBatch = (x: Tensor, batch: Shape, rank: number): Tensor =>
  tf.broadcastTo(x, [...batch, ...x.shape.slice(x.rank - rank)]);
