import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { standardUniform } from "../ops/random.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";
import { log1mExp } from "./tails.js";

/** Euler's constant, the mean of the standard Gumbel distribution. */
const eulerGamma = 0.5772156649015329;

/** e^{−(x − m)/s} */
const hazard = ({ loc, scale }: Readonly<Record<"loc" | "scale", tf.Tensor>>, x: tf.Tensor): tf.Tensor =>
  tf.exp(tf.div(tf.sub(loc, x), scale));

const gumbelFamily = family({
  name: "gumbel",
  support: "real",
  parameters: ["loc", "scale"],
  // −z − e^{−z} − log s
  logDensity: ({ loc, scale }, x) => {
    const z = tf.div(tf.sub(x, loc), scale);
    return tf.neg(tf.add(tf.add(z, tf.exp(tf.neg(z))), tf.log(scale)));
  },
  // m − s log E of an exponential variable E
  draw: ({ loc, scale }, key, batch) => tf.sub(loc, tf.mul(scale, tf.log(tf.neg(tf.log(standardUniform(key, batch)))))),
  mean: ({ loc, scale }) => tf.add(loc, tf.mul(asTensor(eulerGamma), scale)),
  // (πs)²/6
  variance: ({ loc, scale }) => tf.add(tf.mul(asTensor(Math.PI ** 2 / 6), tf.square(scale)), tf.zerosLike(loc)),
  // log s + γ + 1
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(eulerGamma + 1)),
  cdf: (parameters, x) => tf.exp(tf.neg(hazard(parameters, x))),
  logCdf: (parameters, x) => tf.neg(hazard(parameters, x)),
  logSurvival: (parameters, x) => log1mExp(tf.neg(hazard(parameters, x))),
  quantile: ({ loc, scale }, p) => tf.sub(loc, tf.mul(scale, tf.log(tf.neg(tf.log(p))))),
  upperQuantile: ({ loc, scale }, q) => tf.sub(loc, tf.mul(scale, tf.log(tf.neg(tf.log1p(tf.neg(q)))))),
  constraints: { loc: finite, scale: positive },
});

/**
 * The Gumbel distribution (of maxima), of distribution function e^{−e^{−(x − m)/s}}.
 *
 * Offers reparam, reinforce and muProp.
 *
 * @param loc - mode m, any shape
 * @param scale - s > 0, broadcasts with it
 * @example
 * ```ts
 * import { gumbel, run, sample } from "elbow";
 * const x = run(0, sample("x", gumbel([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const gumbel = (loc: TensorLike, scale: TensorLike): Distribution<Real, "reparam" | "reinforce" | "muProp"> =>
  distribution(gumbelFamily, [loc, scale]);
