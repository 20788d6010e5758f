// Data outside the support.
// It is seen before the first step of a fit, in plates too.
// @error observed-value at y
import * as tf from "@tensorflow/tfjs-core";
import { elbo, exponential, fit, gamma, gen, meanField, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const rate = yield* sample("rate", exponential(1));
  yield* observe("y", gamma(2, rate.mul(tf.onesLike(y))), y); // <-
});
const { guide, parameters } = meanField(model, [tf.ones([3])]);
await fit(elbo(model, guide), { parameters, data: [tf.tensor1d([1, -1, 3])], steps: 10 });
