// A checkpoint of another run.
// @error checkpoint-mismatch
import { tmpdir } from "node:os";
import { join } from "node:path";
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
const settings = { parameters: start, data: [tf.zeros([4])] as [tf.Tensor], steps: 10 };
const file = join(tmpdir(), "another.json");
await fit(elbo(model, guide), { ...settings, checkpoint: { file, every: 10 } });
await fit(elbo(model, guide), { ...settings, seed: 1, resume: file }); // <-
