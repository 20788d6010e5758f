// A program where an objective belongs.
// @error not-an-objective
import * as tf from "@tensorflow/tfjs-core";
import { fit, gen, normal, observe, sample } from "elbow";

const model = gen(function* (q: { scale: tf.Tensor }, y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, q.scale));
  yield* observe("y", normal(mu, 1), y);
});

// @ts-expect-error: Argument of type 'GenerativeFunction<…>' is not assignable to parameter of type 'Objective<…>'
await fit(model, { parameters: { scale: tf.scalar(1) }, data: [tf.scalar(0)], steps: 10 }); // <-
