// Counts that are no whole numbers.
// @error observed-value at n
import * as tf from "@tensorflow/tfjs-core";
import { exponential, gen, observe, poisson, run, sample, simulate } from "elbow";

const model = gen(function* (n: number[]) {
  const rate = yield* sample("rate", exponential(1));
  yield* observe("n", poisson(rate.mul(tf.ones([3]))), n); // <-
});
run(0, simulate(model([3, 2.5, 4])));
