import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { standardUniform } from "../ops/random.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

/** log(p/(1 − p)) */
const logit = (p: tf.Tensor): tf.Tensor => tf.sub(tf.log(p), tf.log1p(tf.neg(p)));

const logisticFamily = family({
  name: "logistic",
  support: "real",
  parameters: ["loc", "scale"],
  // log σ(z) + log σ(−z) − log s
  logDensity: ({ loc, scale }, x) => {
    const z = tf.div(tf.sub(x, loc), scale);
    return tf.neg(tf.add(tf.add(tf.softplus(z), tf.softplus(tf.neg(z))), tf.log(scale)));
  },
  // the quantile of u: m + s log(u/(1 − u))
  draw: ({ loc, scale }, key, batch) => tf.add(loc, tf.mul(scale, logit(standardUniform(key, batch)))),
  mean: ({ loc, scale }) => tf.add(loc, tf.zerosLike(scale)),
  // (πs)²/3
  variance: ({ loc, scale }) => tf.add(tf.mul(asTensor(Math.PI ** 2 / 3), tf.square(scale)), tf.zerosLike(loc)),
  // log s + 2
  entropy: ({ scale }) => tf.add(tf.log(scale), 2),
  // whose derivative, unlike that of σ, does not cancel far above
  cdf: ({ loc, scale }, x) => tf.exp(tf.neg(tf.softplus(tf.div(tf.sub(loc, x), scale)))),
  logCdf: ({ loc, scale }, x) => tf.neg(tf.softplus(tf.div(tf.sub(loc, x), scale))),
  logSurvival: ({ loc, scale }, x) => tf.neg(tf.softplus(tf.div(tf.sub(x, loc), scale))),
  quantile: ({ loc, scale }, p) => tf.add(loc, tf.mul(scale, logit(p))),
  upperQuantile: ({ loc, scale }, q) => tf.sub(loc, tf.mul(scale, logit(q))),
  constraints: { loc: finite, scale: positive },
});

/**
 * The logistic distribution, of distribution function σ((x − m)/s).
 *
 * Offers reparam, reinforce and muProp.
 *
 * @param loc - mean m, any shape
 * @param scale - s > 0, broadcasts with it; the standard deviation is πs/√3
 * @example
 * ```ts
 * import { logistic, run, sample } from "elbow";
 * const x = run(0, sample("x", logistic([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const logistic = (loc: TensorLike, scale: TensorLike): Distribution<Real, "reparam" | "reinforce" | "muProp"> =>
  distribution(logisticFamily, [loc, scale]);
