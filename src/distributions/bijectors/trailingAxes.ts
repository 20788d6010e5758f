// Trailing axes of tensors: those of events.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { range } from "../../util/shapes.js";

const last = (x: Tensor, rank: number): number[] => range(rank).map((i) => x.rank - rank + i);

/** The sum over the last axes. */
export const sumLast = (x: Tensor, rank: number): Tensor => (rank === 0 ? x : tf.sum(x, last(x, rank)));

/** Whether a condition holds along all of the last axes. */
export const allLast = (x: Tensor, rank: number): Tensor => (rank === 0 ? x : tf.all(x, last(x, rank)));

/** Appends axes of size 1. */
export const expandLast = (x: Tensor, rank: number): Tensor =>
  rank === 0 ? x : tf.reshape(x, [...x.shape, ...range(rank).map(() => 1)]);

/** Elements `begin` … `end` − 1 along the last axis. */
export function sliceLast(x: Tensor, begin: number, end: number = x.shape.at(-1)!): Tensor {
  const leading = x.shape.slice(0, -1);
  return tf.slice(x, [...leading.map(() => 0), begin], [...leading, end - begin]);
}

/** One element along the last axis, which goes. */
export const pickLast = (x: Tensor, at: number): Tensor => tf.reshape(sliceLast(x, at, at + 1), x.shape.slice(0, -1));

/** Sums up to each element along the last axis, with it or (`exclusive`) without; from the end on if they are reversed. */
export const runningSum = (x: Tensor, { exclusive = false, reverse = false } = {}): Tensor =>
  tf.cumsum(x, x.rank - 1, exclusive, reverse);
