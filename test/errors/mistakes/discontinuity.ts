// A pathwise value through a comparison.
// So it is for floor, round, argMax and their kind: the gradient would be biased, silently.
// @error discontinuous at x
import * as tf from "@tensorflow/tfjs-core";
import { normal, objective, reparam, sample, where } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", reparam(normal(p.loc, 1))); // <-
  return where(x.greater(0), 1, 0);
});
await L.gradEstimate(0, { loc: tf.scalar(0) });
