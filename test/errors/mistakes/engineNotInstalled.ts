// An engine that is not installed.
// @error engine-unavailable
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu.mul(tf.onesLike(y)), 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor; rho: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
});

const start = { loc: tf.scalar(0), rho: tf.scalar(0) };
await fit(elbo(model, guide), { parameters: start, data: [tf.zeros([4])], steps: 10, engine: "tfjs:tensorflow" }); // <-
