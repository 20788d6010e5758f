// An operation of tfjs on shapes that do not fit.
// @error tensor-operation
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* (x: tf.Tensor2D) {
  const w = yield* sample("w", normal(tf.zeros([3, 1]), 1));
  yield* sample("y", normal(tf.matMul(x, w as tf.Tensor2D), 1)); // <-
});
run(0, simulate(model(tf.zeros([5, 4]))));
