// One binary choice per datum, an amortised guide and a decoder with a hidden layer: an ELBO that is a sum over data.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, type Distribution, enumerate, measureValued, objective, reinforce, sample } from "elbow";
import { derivedProgram } from "../../src/inference/objective.js";
import { prepare } from "../../src/inference/prepare.js";
import type { Program } from "../../src/ir/program.js";
import { normals } from "../harness/random.js";

const coins = (logits: Tensor) => bernoulli({ logits });
export type OnCoins = (distribution: ReturnType<typeof coins>) => Distribution<Tensor, never>;

/** Ways to estimate the choices; copies are as many lanes. */
export const strategies: Record<string, OnCoins> = {
  reinforce: (d) => reinforce(d),
  "reinforce, 2 copies": (d) => reinforce(d, { copies: 2 }),
  measureValued,
  enumerate,
};

/** Features of a datum, and hidden units: gradients per datum would take features × hidden elements each. */
export const [features, hidden] = [16, 24];

export type Weights = Readonly<Record<"guide" | "slope" | "offset" | "decoder", Tensor>>;

/** log p(x, z) − log q(z | x), one element per datum. */
function perDatum({ guide, slope, offset, decoder }: Weights, x: Tensor, z: Tensor): Tensor {
  const logits = tf.reshape(tf.matMul(x as tf.Tensor2D, guide as tf.Tensor2D), [-1]);
  const units = tf.tanh(tf.add(tf.mul(tf.expandDims(z, -1), slope), offset));
  const flat = tf.reshape(units, [-1, hidden]) as tf.Tensor2D;
  const mean = tf.matMul(flat, decoder as tf.Tensor2D);
  const logLikelihood = tf.mul(-0.5, tf.sum(tf.square(tf.sub(x, tf.reshape(mean, [...z.shape, features]))), -1));
  // log of ½ for the prior
  const logGuide = tf.sub(tf.mul(z, logits), tf.softplus(logits));
  return tf.sub(tf.sub(logLikelihood, Math.LN2), logGuide);
}

export const weights = (): Weights => ({
  guide: tf.tensor2d([...normals(1, features, 0.3)], [features, 1]),
  slope: tf.tensor1d([...normals(2, hidden)]),
  offset: tf.tensor1d([...normals(3, hidden)]),
  decoder: tf.tensor2d([...normals(4, hidden * features, 0.3)], [hidden, features]),
});

export const dataOf = (count: number): Tensor => tf.tensor2d([...normals(5, count * features)], [count, features]);

/** The estimator's value and gradient over [key, weights…, data]. */
export function gradientProgram(on: OnCoins, count: number): Program {
  const L = objective(function* (w: Weights, x: Tensor) {
    const logits = tf.reshape(tf.matMul(x as tf.Tensor2D, w.guide as tf.Tensor2D), [-1]);
    const z = yield* sample("z", on(coins(logits)));
    return tf.sum(perDatum(w, x, z));
  });
  return derivedProgram(prepare(L, weights(), [dataOf(count)]), "gradient", 1);
}

/** Value and gradient of the same cost at given choices: one pass forward and one back. */
export function onePassProgram(count: number): Program {
  const L = objective(function* (w: Weights, x: Tensor, z: Tensor) {
    return tf.sum(perDatum(w, x, z));
  });
  return derivedProgram(prepare(L, weights(), [dataOf(count), tf.zeros([count])]), "gradient", 1);
}
