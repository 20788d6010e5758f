import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

/** tan πt for 0 < t < ½, through cot π(½ − t) in the upper half: close to the pole, π·t has no digits left. */
export function tanHalfTurns(t: tf.Tensor): tf.Tensor {
  const distance = tf.sub(0.5, t);
  const tangent = tf.tan(tf.mul(Math.PI, tf.minimum(t, distance)));
  return where(tf.less(t, distance), tangent, tf.reciprocal(tangent));
}

const cauchyFamily = family({
  name: "cauchy",
  support: "real",
  parameters: ["loc", "scale"],
  // −log π − log s − log(1 + ((x − m)/s)²)
  logDensity: ({ loc, scale }, x) => {
    const standardized = tf.div(tf.sub(x, loc), scale);
    return tf.neg(tf.add(tf.log1p(tf.square(standardized)), tf.add(tf.log(scale), asTensor(Math.log(Math.PI)))));
  },
  draw: ({ loc, scale }, key, batch) => {
    const centred = tf.sub(standardUniform(key, batch), 0.5);
    return tf.add(loc, tf.mul(scale, tf.mul(tf.sign(centred), tanHalfTurns(tf.abs(centred)))));
  },
  // it has neither mean nor variance
});

/**
 * The Cauchy distribution.
 *
 * Offers reparam and reinforce.
 *
 * @param loc - median, any shape
 * @param scale - half of the interquartile range, > 0, broadcasts with `loc`
 * @example
 * ```ts
 * import { cauchy, run, sample } from "elbow";
 * const x = run(0, sample("x", cauchy([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const cauchy = (loc: TensorLike, scale: TensorLike): Distribution<Real, "reparam" | "reinforce"> =>
  distribution(cauchyFamily, [loc, scale]);
