// Modules for tests of the command line, as texts.

/** A conjugate model with its guide, data and truth: what a user's file looks like. */
export const model = `import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, gen, normal, observe, sample } from "elbow";

export const data: [Tensor] = [tf.scalar(2)];
export const parameters = { loc: tf.scalar(0), logScale: tf.scalar(0) };
export const model = gen(function* conjugate(y: Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
export const guide = gen(function* (q: typeof parameters) {
  yield* sample("mu", normal(q.loc, tf.exp(q.logScale)));
});
export const fit = { steps: 300, optimizer: adam({ learningRate: 0.05 }), reportEvery: 50 };
export const truth = { mu: { mean: 1, sd: Math.SQRT1_2 } };
console.log("the model was loaded");
`;

/** An objective of its own, with a summary; also valid JavaScript. */
export const objective = `import * as tf from "@tensorflow/tfjs-core";
import { objective as make } from "elbow";

export const parameters = { x: tf.tensor1d([0, 0]) };
export const objective = make(function* ({ x }) {
  return tf.neg(tf.sum(tf.square(tf.sub(x, tf.tensor1d([1, -1])))));
});
export const summary = ({ parameters, steps }) => ({ steps, x: parameters.x });
`;

/** Its objective is no number from the first step on. */
export const failing = `import * as tf from "@tensorflow/tfjs-core";
import { objective as make } from "elbow";

export const parameters = tf.scalar(-1);
export const objective = make(function* (x: tf.Tensor) {
  return tf.log(x);
});
`;

/** Estimates its gradient with bias, and says so. */
export const biased = `import * as tf from "@tensorflow/tfjs-core";
import { flip, objective as make, sample, straightThrough } from "elbow";

export const parameters = { p: tf.scalar(0.2) };
export const objective = make(function* ({ p }) {
  return tf.square(tf.add(1, yield* sample("b", straightThrough(flip(p)))));
});
`;
