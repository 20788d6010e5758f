// A second derivative that an estimator does not have.
// @error derivative-order
import * as tf from "@tensorflow/tfjs-core";
import { measureValued, normal, objective, sample } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", measureValued(normal(p.loc, 1)));
  return x.square();
});
await L.hvpEstimate(0, { loc: tf.scalar(0) }, { loc: tf.scalar(1) }); // <-
