// A disposed tensor.
// @error disposed-tensor
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, run, sample, simulate } from "elbow";

const scale = tf.scalar(1);
scale.dispose();
const model = gen(function* () {
  yield* sample("x", normal(0, scale)); // <-
});
run(0, simulate(model()));
