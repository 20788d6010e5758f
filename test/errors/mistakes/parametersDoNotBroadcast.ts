// Parameters of a distribution that do not broadcast.
// @error shape
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* () {
  yield* sample("x", normal(tf.zeros([2]), tf.ones([3]))); // <-
});
run(0, simulate(model()));
