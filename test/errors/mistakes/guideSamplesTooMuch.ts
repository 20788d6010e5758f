// A guide that samples what the model observes.
// @error unknown-address at y
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  const mu = yield* sample("mu", normal(q.loc, 1));
  yield* sample("y", normal(mu, 1)); // <-
});
// @ts-expect-error: "the guide samples an address that the model does not have": "y"
const objective = elbo(model, guide);
await fit(objective, { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
