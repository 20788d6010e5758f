// A misspelt address in the guide.
// The compiler refuses it, and names the address. Programs without types are checked when they are traced.
// @error missing-choice at tau
import * as tf from "@tensorflow/tfjs-core";
import { elbo, exponential, fit, gen, logNormal, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const tau = yield* sample("tau", exponential(1)); // <-
  yield* observe("y", normal(0, tau), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  yield* sample("tua", logNormal(q.loc, 1));
});
// @ts-expect-error: "the guide does not sample the model's address": "tau"
const objective = elbo(model, guide);
await fit(objective, { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
