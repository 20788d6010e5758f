import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

const exponentialDraw = (key: tf.Tensor, batch: readonly number[]): tf.Tensor =>
  tf.neg(tf.log(standardUniform(key, batch)));

const isNegative = (z: tf.Tensor): tf.Tensor => tf.less(stopGradient(z), 0);

/** ½eᶻ below 0, and ½ beyond. */
const lowerTail = (z: tf.Tensor): tf.Tensor => tf.mul(0.5, tf.exp(where(tf.lessEqual(stopGradient(z), 0), z, 0)));

const logStandardCdf = (z: tf.Tensor): tf.Tensor =>
  where(isNegative(z), tf.sub(z, asTensor(Math.LN2)), tf.log1p(tf.neg(lowerTail(tf.neg(z)))));

/** log 2p, or −log 2(1 − p) in the upper half */
function standardQuantile(p: tf.Tensor): tf.Tensor {
  const isLower = tf.less(stopGradient(p), 0.5);
  const logarithm = tf.log(tf.mul(2, where(isLower, p, tf.sub(1, p))));
  return where(isLower, logarithm, tf.neg(logarithm));
}

const laplaceFamily = family({
  name: "laplace",
  support: "real",
  parameters: ["loc", "scale"],
  // −|x − m|/b − log 2b
  logDensity: ({ loc, scale }, x) =>
    tf.neg(tf.add(tf.div(tf.abs(tf.sub(x, loc)), scale), tf.add(tf.log(scale), asTensor(Math.LN2)))),
  // the quantile of u: m − b·sign(v)·log(1 − 2|v|) at v = u − ½
  draw: ({ loc, scale }, key, batch) => {
    const v = tf.sub(standardUniform(key, batch), 0.5);
    return tf.sub(loc, tf.mul(scale, tf.mul(tf.sign(v), tf.log1p(tf.mul(-2, tf.abs(v))))));
  },
  // ∂/∂m E f = E [f(m + bE) − f(m − bE)]/2b, E ~ Exp(1);
  // ∂/∂b E f = E [f(m ± b(E + E′)) − f(m ± bE)]/b, both with the same sign
  weakDerivative: ({ loc, scale }, _, key, batch) => {
    const first = tf.mul(scale, exponentialDraw(namedKey(key, "first"), batch));
    const second = tf.mul(scale, exponentialDraw(namedKey(key, "second"), batch));
    const sign = tf.sign(tf.sub(standardUniform(namedKey(key, "sign"), batch), 0.5));
    const [m, b] = [loc, scale].map((each) => tf.broadcastTo(each, [...batch])) as [tf.Tensor, tf.Tensor];
    return {
      lanes: [
        tf.add(loc, first),
        tf.sub(loc, first),
        tf.add(loc, tf.mul(sign, tf.add(first, second))),
        tf.add(loc, tf.mul(sign, first)),
      ],
      terms: [
        { parameter: m, constant: tf.div(0.5, b), plus: 1, minus: 2 },
        { parameter: b, constant: tf.reciprocal(b), plus: 3, minus: 4 },
      ],
    };
  },
  mean: ({ loc, scale }) => tf.add(loc, tf.zerosLike(scale)),
  variance: ({ loc, scale }) => tf.add(tf.mul(2, tf.square(scale)), tf.zerosLike(loc)),
  // 1 + log 2b
  entropy: ({ scale }) => tf.add(tf.log(scale), asTensor(1 + Math.LN2)),
  cdf: ({ loc, scale }, x) => {
    const z = tf.div(tf.sub(x, loc), scale);
    return where(isNegative(z), lowerTail(z), tf.sub(1, lowerTail(tf.neg(z))));
  },
  logCdf: ({ loc, scale }, x) => logStandardCdf(tf.div(tf.sub(x, loc), scale)),
  logSurvival: ({ loc, scale }, x) => logStandardCdf(tf.div(tf.sub(loc, x), scale)),
  quantile: ({ loc, scale }, p) => tf.add(loc, tf.mul(scale, standardQuantile(p))),
  upperQuantile: ({ loc, scale }, q) => tf.sub(loc, tf.mul(scale, standardQuantile(q))),
  constraints: { loc: finite, scale: positive },
});

/**
 * The Laplace (double exponential) distribution, of density e^{−|x − m|/b}/2b.
 *
 * Offers reparam, reinforce, muProp and measureValued.
 *
 * @param loc - mean m, any shape
 * @param scale - b > 0, broadcasts with it
 * @example
 * ```ts
 * import { laplace, run, sample } from "elbow";
 * const x = run(0, sample("x", laplace([0, 10], 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const laplace = (
  loc: TensorLike,
  scale: TensorLike,
): Distribution<Real, "reparam" | "reinforce" | "muProp" | "measureValued"> =>
  distribution(laplaceFamily, [loc, scale]);
