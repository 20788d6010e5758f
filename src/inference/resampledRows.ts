import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { namedKey, seedKey, standardUniform } from "../ops/random.js";
import { range } from "../util/shapes.js";
import { mapLeaves, type Tree } from "../util/tree.js";
import { weightsOf } from "./weights.js";

/** Positions of n draws: the weights' cumulated sum at (i + u)/n, for one u. Douc, Cappé & Moulines (2005), section 2.4. */
export function systematicRows(logWeights: ArrayLike<number>, n: number, seed: number): Int32Array {
  const { weights } = weightsOf(logWeights);
  const u = tf.tidy(() => standardUniform(namedKey(seedKey(seed), "resample"), []).dataSync()[0]!);
  const last = weights.findLastIndex((weight) => weight > 0);
  let position = 0;
  let cumulated = weights[0]!;
  return Int32Array.from(range(n), (i) => {
    while (position < last && cumulated <= (i + u) / n) cumulated += weights[++position]!;
    return position;
  });
}

/** Some rows of nested tensors. They are the caller's. */
export const rowsOf = <T>(trees: T, rows: Int32Array): T =>
  mapLeaves(trees as Tree<Tensor>, (all: Tensor) => tf.tidy(() => tf.gather(all, tf.tensor1d(rows, "int32")))) as T;
