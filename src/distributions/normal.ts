import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { namedKey, standardNormal, standardUniform } from "../ops/random.js";
import { logNdtr, ndtr, ndtri } from "../ops/special.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** m + sε */
const fromNormal = ({ loc, scale }: Readonly<Record<"loc" | "scale", tf.Tensor>>, noise: tf.Tensor): tf.Tensor =>
  tf.add(loc, tf.mul(scale, noise));

/** (x − m)/s */
const standardized = ({ loc, scale }: Readonly<Record<"loc" | "scale", tf.Tensor>>, x: tf.Tensor): tf.Tensor =>
  tf.div(tf.sub(x, loc), scale);

export const normalFamily = family({
  name: "normal",
  support: "real",
  parameters: ["loc", "scale"],
  // log N(x; m, s) = −½((x − m)/s)² − log s − ½ log 2π
  logDensity: (parameters, x) =>
    tf.sub(
      tf.mul(-0.5, tf.square(standardized(parameters, x))),
      tf.add(tf.log(parameters.scale), asTensor(halfLogTwoPi)),
    ),
  draw: (parameters, key, batch) => fromNormal(parameters, standardNormal(key, batch)),
  fromNormal,
  // ∂/∂m E f = E [f(m + sW) − f(m − sW)] / (s√2π), W ~ Weibull(2, √2);
  // ∂/∂s E f = E [f(m + sM) − f(m + sN)] / s, M double-sided Maxwell, N = M·U (Mohamed et al. 2020, table 1)
  weakDerivative: ({ loc, scale }, _, key, batch) => {
    const weibull = tf.sqrt(tf.mul(-2, tf.log(standardUniform(namedKey(key, "weibull"), batch))));
    const squares = ["x", "y", "z"].map((axis) => tf.square(standardNormal(namedKey(key, axis), batch)));
    const sign = tf.sign(tf.sub(standardUniform(namedKey(key, "sign"), batch), 0.5));
    const maxwell = tf.mul(sign, tf.sqrt(tf.addN(squares)));
    const shrunk = tf.mul(maxwell, standardUniform(namedKey(key, "shrink"), batch));
    const at = (step: tf.Tensor) => tf.add(loc, tf.mul(scale, step));
    const ones = tf.ones([...batch]);
    return {
      lanes: [at(weibull), at(tf.neg(weibull)), at(maxwell), at(shrunk)],
      terms: [
        {
          parameter: tf.mul(loc, ones),
          constant: tf.div(asTensor(1 / Math.sqrt(2 * Math.PI)), tf.mul(scale, ones)),
          plus: 1,
          minus: 2,
        },
        { parameter: tf.mul(scale, ones), constant: tf.div(1, tf.mul(scale, ones)), plus: 3, minus: 4 },
      ],
    };
  },
  mean: ({ loc }) => loc,
  variance: ({ scale }) => tf.square(scale),
  // ½ log 2πe s²
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(halfLogTwoPi + 0.5)),
  cdf: (parameters, x) => ndtr(standardized(parameters, x)),
  logCdf: (parameters, x) => logNdtr(standardized(parameters, x)),
  logSurvival: (parameters, x) => logNdtr(tf.neg(standardized(parameters, x))),
  quantile: (parameters, p) => fromNormal(parameters, ndtri(p)),
  upperQuantile: (parameters, q) => fromNormal(parameters, tf.neg(ndtri(q))),
  constraints: { loc: finite, scale: positive },
});

/**
 * The normal distribution, of density e^{−(x − m)²/2s²}/(s√2π).
 *
 * Offers reparam, reinforce, muProp, measureValued and quadrature.
 *
 * @param loc - mean m, any shape
 * @param scale - standard deviation s > 0, broadcasts with `loc`
 * @returns a distribution of batch shape `loc` ∗ `scale` and scalar events
 * @example
 * ```ts
 * import { normal, run, sample } from "elbow";
 * const x = run(0, sample("x", normal([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const normal = (
  loc: TensorLike,
  scale: TensorLike,
): Distribution<Real, "reparam" | "reinforce" | "muProp" | "measureValued" | "quadrature"> =>
  distribution(normalFamily, [loc, scale]);
