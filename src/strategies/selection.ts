import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { where } from "../ops/where.js";
import { range } from "../util/shapes.js";

/** The k values of highest rank of every element. */
export interface Selection {
  /** Which of the K values each of the k is: [k, K, ...batch], booleans. */
  readonly isChosen: Tensor;
  /** Of a table [K, ...batch] the chosen entries, [k, ...batch]. */
  readonly of: (table: Tensor) => Tensor;
}

/** Chooses the k largest entries of each element of a table [K, ...batch]; the first ones of equals. */
export function selection(rank: Tensor, k: number): Selection {
  const count = rank.shape[0]!;
  const axes = range(rank.rank);
  const { indices } = tf.topk(tf.transpose(rank, [...axes.slice(1), 0]), k);
  const last = tf.transpose(indices, [axes.length - 1, ...axes.slice(0, -1)]);
  const order = tf.reshape(tf.tensor1d(range(count), "int32"), [1, count, ...rank.shape.slice(1).map(() => 1)]);
  const isChosen = tf.equal(tf.expandDims(last, 1), order);
  return { isChosen, of: (table) => tf.sum(where(isChosen, tf.expandDims(table, 0), 0), 1) };
}
