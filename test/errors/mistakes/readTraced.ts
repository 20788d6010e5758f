// Reading the value of a traced tensor.
// Objectives are recorded once, on tensors without values.
// @error read-traced at x
import * as tf from "@tensorflow/tfjs-core";
import { normal, objective, sample } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", normal(p.loc, 1));
  const [value] = x.dataSync(); // <-
  return x.mul(value!);
});
await L.estimate(0, { loc: tf.scalar(0) });
