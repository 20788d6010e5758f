// An observation in the guide.
// Its log density would count as that of a choice.
// @error observe-in-guide at y
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }, y: tf.Tensor) {
  const mu = yield* sample("mu", normal(q.loc, 1));
  yield* observe("y", normal(mu, 1), y); // <-
});
await fit(elbo(model, guide), { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
