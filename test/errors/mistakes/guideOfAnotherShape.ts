// A guide whose choice has another shape.
// The compiler does not know shapes; the table of sites does.
// @error value-shape at z
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const z = yield* sample("z", normal(tf.zeros([8]), 1)); // <-
  yield* observe("y", normal(z.sum(), 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }) {
  yield* sample("z", normal(q.loc, 1));
});
await fit(elbo(model, guide), { parameters: { loc: tf.scalar(0) }, data: [tf.scalar(1)], steps: 10 });
