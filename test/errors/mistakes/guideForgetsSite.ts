// A guide that forgets a choice of the model.
// Elsewhere the prior would stand in for it, silently.
// @error missing-choice at tau
import * as tf from "@tensorflow/tfjs-core";
import { elbo, exponential, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  const tau = yield* sample("tau", exponential(1)); // <-
  yield* observe("y", normal(mu, tau), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, 1));
});
// @ts-expect-error: "the guide does not sample the model's address": "tau"
const objective = elbo(model, guide);
await fit(objective, { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
