// An observation without yield*.
// It would be made and never run: a model without its data.
// @error forgotten-yield at y
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe, run, sample, simulate } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  observe("y", normal(mu, 1), y); // <-
});
run(0, simulate(model(tf.scalar(1))));
