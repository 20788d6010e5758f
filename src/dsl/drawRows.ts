// Row numbers of random subsets.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { loop } from "../ops/control.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { range } from "../util/shapes.js";

/** Row numbers up to here are exact in single precision. */
export const mostRows = 2 ** 24;

/**
 * Uniform row numbers below the given counts, one each. A uniform number has 2²³ values: of counts that are not small
 * against that it would favour some rows, so it picks one of about √n blocks, and another one the row inside.
 */
function uniformRows(key: Tensor, counts: readonly number[]): Tensor {
  const sizes = counts.map((count) => Math.ceil(Math.sqrt(count)));
  const [u, v] = ["block", "row"].map((name) => standardUniform(namedKey(key, name), [counts.length]));
  const shares = counts.map((count, i) => count / sizes[i]!);
  const last = shares.map((share) => Math.ceil(share) - 1);
  const block = tf.minimum(tf.floor(tf.mul(u!, tf.tensor1d(shares))), tf.tensor1d(last));
  const first = tf.mul(block, tf.tensor1d(sizes));
  const size = tf.minimum(tf.tensor1d(sizes), tf.sub(tf.tensor1d([...counts]), first));
  return tf.add(first, tf.minimum(tf.floor(tf.mul(v!, size)), tf.sub(size, 1)));
}

/**
 * Numbers of `size` rows out of `total`, int32: independent ones, or those of a uniformly random subset. A subset grows row
 * by row: the i-th is uniform among the first total − size + i + 1, or the last of these if it is in the subset already.
 *
 * Floyd's algorithm: Bentley & Floyd, "Programming pearls: a sample of brilliance" (1987).
 */
export function drawRows(key: Tensor, total: number, size: number, replace: boolean): Tensor {
  if (replace) return tf.cast(uniformRows(key, new Array<number>(size).fill(total)), "int32");
  const lasts = range(size).map((i) => total - size + i);
  const places = tf.tensor1d(range(size));
  const { carry } = loop(
    ([chosen], [place, last, row]) => {
      const isTaken = tf.any(tf.equal(chosen!, row!));
      return { carry: [where(tf.equal(places, place!), where(isTaken, last!, row!), chosen!)], outputs: [] };
    },
    [tf.fill([size], -1)],
    [
      places,
      tf.tensor1d(lasts),
      uniformRows(
        key,
        lasts.map((last) => last + 1),
      ),
    ],
  );
  return tf.cast(carry[0]!, "int32");
}
