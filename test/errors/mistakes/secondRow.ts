// Choices in a plate that draws its rows.
// The guide could not know which rows they belong to.
// @error subsample-choices
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe, plate, run, sample, simulate } from "elbow";

const row = gen(function* (y: tf.Tensor) {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z, 1), y);
});
const model = gen(function* (ys: tf.Tensor) {
  yield* plate("rows", (y: tf.Tensor) => row(y), ys, { subsample: 2 }); // <-
});
run(0, simulate(model(tf.zeros([5]))));
