// Compiled, never run: what the types of fit accept and refuse.
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, minibatches, normal, objective, observe, sample } from "elbow";

const parameters = { loc: tf.scalar(0) };
const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* (q: typeof parameters, _y: tf.Tensor) {
  yield* sample("mu", normal(q.loc, 1));
});
const withData = elbo(model, guide);
const withoutData = objective(function* (x: tf.Tensor) {
  return tf.square(x);
});
const y = tf.scalar(1);
const steps = 10;

export const results = {
  tuple: fit(withData, { parameters, data: [y], steps }),
  batches: fit(withData, { parameters, data: minibatches([y], { size: 1 }), steps }),
  iterable: fit(withData, { parameters, data: new Set<[tf.Tensor]>([[y]]), steps }),
  none: fit(withoutData, { parameters: y, steps }),
};
export const found: Promise<{ readonly parameters: { loc: tf.Tensor } }> = results.tuple;

// @ts-expect-error the objective takes data
fit(withData, { parameters, steps });
// @ts-expect-error one tensor too many
fit(withData, { parameters, data: [y, y], steps });
// @ts-expect-error a tuple is needed
fit(withData, { parameters, data: y, steps });
// @ts-expect-error parameters of another structure
fit(withData, { parameters: { scale: y }, data: [y], steps });
// @ts-expect-error there is no such direction
fit(withoutData, { parameters: y, steps, direction: "up" });
