// Data of the wrong event shape.
// @error value-shape at y
import * as tf from "@tensorflow/tfjs-core";
import { gen, multivariateNormal, observe, run, simulate } from "elbow";

const model = gen(function* () {
  yield* observe("y", multivariateNormal(tf.zeros([3]), { covariance: tf.eye(3) }), [1, 2]); // <-
});
run(0, simulate(model()));
