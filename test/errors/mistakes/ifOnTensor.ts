// A JavaScript comparison of a traced tensor.
// So are x + 1 and Math.exp(x). An `if (x)` alone cannot be seen: every object is true.
// @error read-traced at x
import * as tf from "@tensorflow/tfjs-core";
import { normal, objective, sample } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", normal(p.loc, 1));
  // @ts-expect-error: Operator '>' cannot be applied to types 'Real' and 'number'
  return x > 0 ? x : x.mul(2); // <-
});
await L.estimate(0, { loc: tf.scalar(0) });
