// Data that are not given.
// @error not-a-tensor at y
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y); // <-
});
const guide = gen(function* (q: { loc: tf.Tensor; rho: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
});

const start = { loc: tf.scalar(0), rho: tf.scalar(0) };
// @ts-expect-error: Property 'data' is missing
await fit(elbo(model, guide), { parameters: start, steps: 10 });
