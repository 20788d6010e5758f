// A guide on another support.
// @error support-mismatch at tau
import * as tf from "@tensorflow/tfjs-core";
import { elbo, exponential, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const tau = yield* sample("tau", exponential(1)); // <-
  yield* observe("y", normal(0, tau), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  yield* sample("tau", normal(q.loc, 1));
});
// @ts-expect-error: "the supports of model and guide differ": { tau: { model: "positive"; guide: "real" } }
const objective = elbo(model, guide);
await fit(objective, { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
