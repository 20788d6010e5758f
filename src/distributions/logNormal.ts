import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { standardNormal } from "../ops/random.js";
import { logNdtr, ndtr, ndtri } from "../ops/special.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { isPositive, onSupport } from "./support.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** e^{m + sε} */
const fromNormal = ({ loc, scale }: Readonly<Record<"loc" | "scale", tf.Tensor>>, noise: tf.Tensor): tf.Tensor =>
  tf.exp(tf.add(loc, tf.mul(scale, noise)));

/** (log x − m)/s */
const standardized = ({ loc, scale }: Readonly<Record<"loc" | "scale", tf.Tensor>>, x: tf.Tensor): tf.Tensor =>
  tf.div(tf.sub(tf.log(x), loc), scale);

const logNormalFamily = family({
  name: "logNormal",
  support: "positive",
  parameters: ["loc", "scale"],
  // −½((log x − m)/s)² − log x − log s − ½ log 2π
  logDensity: ({ loc, scale }, value) =>
    onSupport(value, isPositive, 1, (x) => {
      const logX = tf.log(x);
      const standardized = tf.div(tf.sub(logX, loc), scale);
      const logVolume = tf.add(tf.add(logX, tf.log(scale)), asTensor(halfLogTwoPi));
      return tf.sub(tf.mul(-0.5, tf.square(standardized)), logVolume);
    }),
  draw: (parameters, key, batch) => fromNormal(parameters, standardNormal(key, batch)),
  fromNormal,
  mean: ({ loc, scale }) => tf.exp(tf.add(loc, tf.mul(0.5, tf.square(scale)))),
  // (e^{s²} − 1)·e^{2m + s²}
  variance: ({ loc, scale }) => {
    const squared = tf.square(scale);
    return tf.mul(tf.expm1(squared), tf.exp(tf.add(tf.mul(2, loc), squared)));
  },
  // m + ½ log 2πe s²
  entropy: ({ loc, scale }) => tf.add(loc, tf.add(tf.log(scale), asTensor(halfLogTwoPi + 0.5))),
  cdf: (parameters, value) => onSupport(value, isPositive, 1, (x) => ndtr(standardized(parameters, x)), 0),
  logCdf: (parameters, value) => onSupport(value, isPositive, 1, (x) => logNdtr(standardized(parameters, x))),
  logSurvival: (parameters, value) =>
    onSupport(value, isPositive, 1, (x) => logNdtr(tf.neg(standardized(parameters, x))), 0),
  quantile: (parameters, p) => fromNormal(parameters, ndtri(p)),
  upperQuantile: (parameters, q) => fromNormal(parameters, tf.neg(ndtri(q))),
  constraints: { loc: finite, scale: positive },
});

/**
 * The log-normal distribution, of density e^{−(log x − m)²/2s²}/(xs√2π): the exponential of a normal variable.
 *
 * Offers reparam, reinforce, muProp and quadrature.
 *
 * @param loc - mean m of the logarithm, any shape
 * @param scale - standard deviation s of the logarithm, > 0, broadcasts with `loc`
 * @example
 * ```ts
 * import { logNormal, run, sample } from "elbow";
 * const x = run(0, sample("x", logNormal([0, 1], 0.5)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const logNormal = (
  loc: TensorLike,
  scale: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp" | "quadrature"> =>
  distribution(logNormalFamily, [loc, scale]);
