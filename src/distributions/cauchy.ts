import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

/** A number in a trace stays a double only through `asTensor`. */
const pi = (): tf.Tensor => asTensor(Math.PI);

/** tan πt for 0 < t < ½, through cot π(½ − t) in the upper half: close to the pole, π·t has no digits left. */
export function tanHalfTurns(t: tf.Tensor): tf.Tensor {
  const isLower = tf.less(stopGradient(t), 0.25);
  const tangent = tf.tan(tf.mul(pi(), where(isLower, t, tf.sub(0.5, t))));
  return where(isLower, tangent, tf.reciprocal(tangent));
}

/** cot πt for 0 < t < 1, from whichever end is nearer. */
export function cotHalfTurns(t: tf.Tensor): tf.Tensor {
  const isUpper = tf.greater(stopGradient(t), 0.5);
  const cotangent = tf.reciprocal(tf.tan(tf.mul(pi(), where(isUpper, tf.sub(1, t), t))));
  return where(isUpper, tf.neg(cotangent), cotangent);
}

/** ½ + arctan(z)/π; far below, arctan(1/|z|)/π, which does not cancel */
function standardCdf(z: tf.Tensor): tf.Tensor {
  const isLow = tf.less(stopGradient(z), -1);
  const below = tf.atan(tf.reciprocal(tf.neg(where(isLow, z, -1))));
  return where(isLow, tf.div(below, pi()), tf.add(0.5, tf.div(tf.atan(where(isLow, 0, z)), pi())));
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
  // log 4πs
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(Math.log(4 * Math.PI))),
  cdf: ({ loc, scale }, x) => standardCdf(tf.div(tf.sub(x, loc), scale)),
  logSurvival: ({ loc, scale }, x) => tf.log(standardCdf(tf.div(tf.sub(loc, x), scale))),
  quantile: ({ loc, scale }, p) => tf.sub(loc, tf.mul(scale, cotHalfTurns(p))),
  upperQuantile: ({ loc, scale }, q) => tf.add(loc, tf.mul(scale, cotHalfTurns(q))),
  constraints: { loc: finite, scale: positive },
  // it has neither mean nor variance
});

/**
 * The Cauchy distribution, of density s/(π(s² + (x − m)²)); it has neither mean nor variance.
 *
 * Offers reparam and reinforce.
 *
 * @param loc - median m, any shape
 * @param scale - half of the interquartile range, s > 0, broadcasts with `loc`
 * @example
 * ```ts
 * import { cauchy, run, sample } from "elbow";
 * const x = run(0, sample("x", cauchy([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const cauchy = (loc: TensorLike, scale: TensorLike): Distribution<Real, "reparam" | "reinforce"> =>
  distribution(cauchyFamily, [loc, scale]);
