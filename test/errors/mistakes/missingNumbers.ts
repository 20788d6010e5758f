// NaN among the data.
// @error non-finite-input
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, meanField, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu.mul(tf.onesLike(y)), 1), y);
});
const { guide, parameters } = meanField(model, [tf.zeros([3])]);
const y = tf.tensor1d([1, Number.NaN, 3]);
await fit(elbo(model, guide), { parameters, data: [y], steps: 10 }); // <-
