// NaN in the middle of a fit.
// The step, the equation with its operands, and its line.
// @error non-finite
import * as tf from "@tensorflow/tfjs-core";
import { fit, objective, sgd } from "elbow";

const L = objective(function* (p: { x: tf.Tensor }) {
  return tf.log(p.x); // <-
});
const start = { x: tf.scalar(0.25) };
await fit(L, { parameters: start, steps: 10, optimizer: sgd({ learningRate: 0.1 }), direction: "minimize" });
