// An objective that returns a vector.
// @error objective-value
import * as tf from "@tensorflow/tfjs-core";
import { normal, objective, sample } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", normal(p.loc, 1));
  return x.square();
});
await L.estimate(0, { loc: tf.zeros([3]) }); // <-
