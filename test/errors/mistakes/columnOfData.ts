// A column of data under a vector of means.
// Elsewhere this broadcasts to an N × N matrix of densities, silently.
// @error value-shape at y
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe, run, sample, simulate } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(tf.zeros([4]), 1));
  yield* observe("y", normal(mu, 1), y); // <-
});
run(0, simulate(model(tf.zeros([4, 1]))));
