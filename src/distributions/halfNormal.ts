import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { namedKey, standardNormal, standardUniform } from "../ops/random.js";
import { erfinv, logNdtr, ndtri } from "../ops/special.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { isNonNegative, onSupport } from "./support.js";

const halfLogTwoOverPi = 0.5 * Math.log(2 / Math.PI);

const halfNormalFamily = family({
  name: "halfNormal",
  support: "positive",
  parameters: ["scale"],
  // ½ log(2/π) − log s − ½(x/s)²
  logDensity: ({ scale }, value) =>
    onSupport(value, isNonNegative, 0, (x) =>
      tf.sub(tf.sub(asTensor(halfLogTwoOverPi), tf.log(scale)), tf.mul(0.5, tf.square(tf.div(x, scale)))),
    ),
  draw: ({ scale }, key, batch) => tf.mul(scale, tf.abs(standardNormal(key, batch))),
  // ∂/∂s E f = E [f(sM) − f(s|N|)] / s, M Maxwell, |N| = M·U, as for the scale of the normal
  weakDerivative: ({ scale }, _, key, batch) => {
    const squares = ["x", "y", "z"].map((axis) => tf.square(standardNormal(namedKey(key, axis), batch)));
    const maxwell = tf.sqrt(tf.addN(squares));
    const shrunk = tf.mul(maxwell, standardUniform(namedKey(key, "shrink"), batch));
    const full = tf.broadcastTo(scale, [...batch]);
    return {
      lanes: [tf.mul(scale, maxwell), tf.mul(scale, shrunk)],
      terms: [{ parameter: full, constant: tf.reciprocal(full), plus: 1, minus: 2 }],
    };
  },
  mean: ({ scale }) => tf.mul(scale, asTensor(Math.sqrt(2 / Math.PI))),
  variance: ({ scale }) => tf.mul(tf.square(scale), asTensor(1 - 2 / Math.PI)),
  // ½ log ½πe s²
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(0.5 - halfLogTwoOverPi)),
  // erf(x/(s√2))
  cdf: ({ scale }, value) =>
    onSupport(value, isNonNegative, 0, (x) => tf.erf(tf.mul(asTensor(Math.SQRT1_2), tf.div(x, scale))), 0),
  logSurvival: ({ scale }, value) =>
    onSupport(value, isNonNegative, 0, (x) => tf.add(asTensor(Math.LN2), logNdtr(tf.neg(tf.div(x, scale)))), 0),
  quantile: ({ scale }, p) => tf.mul(scale, tf.mul(asTensor(Math.SQRT2), erfinv(p))),
  upperQuantile: ({ scale }, q) => tf.mul(tf.neg(scale), ndtri(tf.mul(0.5, q))),
  constraints: { scale: positive },
});

/**
 * The half-normal distribution, of density √(2/π)·e^{−x²/2s²}/s for x ≥ 0: the absolute value of a normal variable of mean 0.
 *
 * Offers reparam, reinforce, muProp and measureValued.
 *
 * @param scale - standard deviation s of the normal variable, > 0, any shape
 * @example
 * ```ts
 * import { halfNormal, run, sample } from "elbow";
 * const x = run(0, sample("x", halfNormal([1, 2, 3])));
 * console.log(x.shape); // => [ 3 ]
 * ```
 */
export const halfNormal = (
  scale: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp" | "measureValued"> =>
  distribution(halfNormalFamily, [scale]);
