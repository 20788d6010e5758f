// Small objectives with known optima, for tests of fit.
import * as tf from "@tensorflow/tfjs-core";
import { normal } from "../../../src/distributions/normal.js";
import { observe, sample } from "../../../src/dsl/effects.js";
import { gen } from "../../../src/dsl/gen.js";
import { objective } from "../../../src/inference/objective.js";
import { elbo } from "../../../src/inference/objectives/elbo.js";
import "../../../src/index.js";

/** μ ~ N(0, 1), y ~ N(μ, 1): for y = 2 the posterior is N(1, √½) and log p(y) = −log √(4π) − 1. */
export const conjugate = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});

export type NormalParameters = { readonly loc: tf.Tensor; readonly rho: tf.Tensor };

export const normalGuide = gen(function* (q: NormalParameters, _y: tf.Tensor) {
  yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
});

export const conjugateElbo = elbo(conjugate, normalGuide);
export const logEvidence = -0.5 * Math.log(4 * Math.PI) - 1;
export const start = (): NormalParameters => ({ loc: tf.scalar(0), rho: tf.scalar(0) });

/** Mean squared error of a line, and noise that depends on the seed. */
export const regression = objective(function* ({ w, b }: { w: tf.Tensor; b: tf.Tensor }, x: tf.Tensor, y: tf.Tensor) {
  const noise = yield* sample("noise", normal(w, 0.1));
  return tf.neg(tf.mean(tf.square(tf.sub(tf.add(tf.mul(noise, x), b), y))));
});

export const line = (): { w: tf.Tensor; b: tf.Tensor } => ({ w: tf.scalar(0), b: tf.scalar(0) });
export const xs = [0, 1, 2, 3, 4, 5, 6];
export const ys = xs.map((x) => 2 * x - 1);

/** The bits of all elements. */
export const bitsOf = (tensors: readonly tf.Tensor[]): number[][] =>
  tensors.map((tensor) => [...new Int32Array(Float32Array.from(tensor.dataSync()).buffer)]);
