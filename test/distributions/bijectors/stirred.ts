import * as tf from "@tensorflow/tfjs-core";
import { foldIn, seedKey, standardNormal } from "../../../src/ops/random.js";
import { mapLeaves, type Tree } from "../../../src/util/tree.js";

/** Starting values far from the identity. */
export function stirred<P extends object>(parameters: P, seed = 5, scale = 0.7): P {
  let part = 0;
  return mapLeaves(parameters as Tree<tf.Tensor>, (leaf) =>
    tf.add(leaf, tf.mul(scale, standardNormal(foldIn(seedKey(seed), part++), leaf.shape))),
  ) as P;
}
