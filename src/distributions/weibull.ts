import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as deviance from "../ir/primitives/deviance.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { lgamma, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { isPositive, onSupport } from "./support.js";

/** Euler's constant. */
const eulerGamma = 0.5772156649015329;

const logCentralBinomial = lifted((x) => deviance.logCentralBinomial(x!));

const isZero = (x: tf.Tensor): tf.Tensor => tf.equal(x, 0);

type Parameters = Readonly<Record<"shape" | "scale", tf.Tensor>>;

/** (x/l)ᵏ */
const hazard = ({ shape, scale }: Parameters, x: tf.Tensor): tf.Tensor =>
  tf.exp(tf.mul(shape, tf.log(tf.div(x, scale))));

/** l·h^{1/k} */
const atHazard = ({ shape, scale }: Parameters, h: tf.Tensor): tf.Tensor =>
  tf.exp(tf.add(tf.log(scale), tf.div(tf.log(h), shape)));

const weibullFamily = family({
  name: "weibull",
  support: "positive",
  parameters: ["shape", "scale"],
  // log(k/l) + (k − 1) log(x/l) − (x/l)ᵏ
  logDensity: ({ shape, scale }, value) => {
    const volume = tf.sub(tf.log(shape), tf.log(scale));
    // at 0 it is finite for k = 1 alone
    const atZero = (x: tf.Tensor) => {
      const excess = tf.sub(shape, 1);
      const power = tf.sub(xlogy(excess, x), tf.mul(excess, tf.log(scale)));
      return tf.sub(tf.add(volume, power), tf.div(x, scale));
    };
    const inside = (x: tf.Tensor) => {
      const logRatio = tf.log(tf.div(x, scale));
      return tf.sub(tf.add(volume, tf.mul(tf.sub(shape, 1), logRatio)), tf.exp(tf.mul(shape, logRatio)));
    };
    return where(
      isZero(stopGradient(value)),
      onSupport(value, isZero, 1, atZero),
      onSupport(value, isPositive, 1, inside),
    );
  },
  // l·E^{1/k} of an exponential variable E
  draw: (parameters, key, batch) => atHazard(parameters, tf.neg(tf.log(standardUniform(key, batch)))),
  // l·Γ(1 + 1/k)
  mean: ({ shape, scale }) => tf.mul(scale, tf.exp(lgamma(tf.add(1, tf.reciprocal(shape))))),
  // l²(Γ(1 + 2/k) − Γ(1 + 1/k)²)
  variance: ({ shape, scale }) => {
    const inverse = tf.reciprocal(shape);
    const mean = tf.mul(scale, tf.exp(lgamma(tf.add(1, inverse))));
    return tf.mul(tf.square(mean), tf.expm1(logCentralBinomial(inverse)));
  },
  // γ(1 − 1/k) + log(l/k) + 1
  entropy: ({ shape, scale }) =>
    tf.add(tf.mul(asTensor(eulerGamma), tf.sub(1, tf.reciprocal(shape))), tf.add(tf.log(tf.div(scale, shape)), 1)),
  cdf: (parameters, value) =>
    onSupport(value, isPositive, 1, (x) => tf.neg(tf.expm1(tf.neg(hazard(parameters, x)))), 0),
  logSurvival: (parameters, value) => onSupport(value, isPositive, 1, (x) => tf.neg(hazard(parameters, x)), 0),
  quantile: (parameters, p) => atHazard(parameters, tf.neg(tf.log1p(tf.neg(p)))),
  upperQuantile: (parameters, q) => atHazard(parameters, tf.neg(tf.log(q))),
  constraints: { shape: positive, scale: positive },
});

/**
 * The Weibull distribution, of density (k/l)(x/l)^{k−1}e^{−(x/l)ᵏ}.
 *
 * Offers reparam, reinforce and muProp.
 *
 * @param shape - k > 0, any shape
 * @param scale - l > 0, broadcasts with it
 * @example
 * ```ts
 * import { run, sample, weibull } from "elbow";
 * const lifetime = run(0, sample("lifetime", weibull([1, 2], 10)));
 * console.log(lifetime.shape); // => [ 2 ]
 * ```
 */
export const weibull = (
  shape: TensorLike,
  scale: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp"> => distribution(weibullFamily, [shape, scale]);
