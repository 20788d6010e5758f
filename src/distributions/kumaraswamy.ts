import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as curvature from "../ir/primitives/lgammaCurvature.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { betaln, digamma, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type UnitInterval } from "./distribution.js";
import { onSupport, onUnitInterval } from "./support.js";
import { log1mExp } from "./tails.js";

const lgammaCurvature = lifted((x, h) => curvature.lgammaCurvature(x!, h!));

/** Euler's constant. */
const eulerGamma = 0.5772156649015329;

type Parameters = Readonly<Record<"a" | "b", tf.Tensor>>;

/** log(1 − xᵃ) */
const logRest = (a: tf.Tensor, x: tf.Tensor): tf.Tensor => log1mExp(tf.mul(a, tf.log(x)));

/** The x of log P(X > x) = l: (1 − e^{l/b})^{1/a} */
const atLogSurvival = ({ a, b }: Parameters, l: tf.Tensor): tf.Tensor => tf.exp(tf.div(log1mExp(tf.div(l, b)), a));

/** log b·B(1 + 1/a, b) */
const logMean = ({ a, b }: Parameters): tf.Tensor => tf.add(tf.log(b), betaln(tf.add(1, tf.reciprocal(a)), b));

const kumaraswamyFamily = family({
  name: "kumaraswamy",
  support: "unitInterval",
  parameters: ["a", "b"],
  // log ab + (a − 1) log x + (b − 1) log(1 − xᵃ)
  logDensity: ({ a, b }, value) => {
    const volume = tf.add(tf.log(a), tf.log(b));
    const atZero = (x: tf.Tensor) => tf.add(volume, xlogy(tf.sub(a, 1), x));
    const atOne = (x: tf.Tensor) => tf.add(volume, xlogy(tf.sub(b, 1), tf.sub(1, x)));
    const inside = (x: tf.Tensor) =>
      tf.add(volume, tf.add(tf.mul(tf.sub(a, 1), tf.log(x)), tf.mul(tf.sub(b, 1), logRest(a, x))));
    const at = stopGradient(value);
    const is = (end: number) => (x: tf.Tensor) => tf.equal(x, end);
    const between = onUnitInterval(value, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, inside);
    const belowOne = where(tf.equal(at, 0), onSupport(value, is(0), 0.5, atZero), between);
    return where(tf.equal(at, 1), onSupport(value, is(1), 0.5, atOne), belowOne);
  },
  draw: (parameters, key, batch) => atLogSurvival(parameters, tf.log(standardUniform(key, batch))),
  mean: (parameters) => tf.exp(logMean(parameters)),
  // b·B(1 + 2/a, b) − (b·B(1 + 1/a, b))², from the logarithm of their ratio
  variance: (parameters) => {
    const step = tf.reciprocal(parameters.a);
    const one = tf.onesLike(step);
    const logRatio = tf.sub(lgammaCurvature(one, step), lgammaCurvature(tf.add(one, parameters.b), step));
    return tf.mul(tf.exp(tf.mul(2, logMean(parameters))), tf.expm1(logRatio));
  },
  // 1 − 1/b + (1 − 1/a)(ψ(b + 1) + γ) − log ab
  entropy: ({ a, b }) => {
    const harmonic = tf.add(digamma(tf.add(b, 1)), asTensor(eulerGamma));
    const spread = tf.add(tf.sub(1, tf.reciprocal(b)), tf.mul(tf.sub(1, tf.reciprocal(a)), harmonic));
    return tf.sub(spread, tf.add(tf.log(a), tf.log(b)));
  },
  // 1 − (1 − xᵃ)ᵇ
  cdf: ({ a, b }, value) => onUnitInterval(value, 0, 1, (x) => tf.neg(tf.expm1(tf.mul(b, logRest(a, x))))),
  logSurvival: ({ a, b }, value) => onUnitInterval(value, 0, Number.NEGATIVE_INFINITY, (x) => tf.mul(b, logRest(a, x))),
  quantile: (parameters, p) => atLogSurvival(parameters, tf.log1p(tf.neg(p))),
  upperQuantile: (parameters, q) => atLogSurvival(parameters, tf.log(q)),
  constraints: { a: positive, b: positive },
});

/**
 * The Kumaraswamy distribution on the unit interval, of density ab·x^{a − 1}(1 − xᵃ)^{b − 1}: like a beta distribution, with
 * a distribution function and quantiles in closed form.
 *
 * Offers reparam, reinforce and muProp.
 *
 * @param a - > 0, any shape
 * @param b - > 0, broadcasts with it
 * @example
 * ```ts
 * import { kumaraswamy, run, sample } from "elbow";
 * const p = run(0, sample("p", kumaraswamy([1, 2], 5)));
 * console.log(p.shape); // => [ 2 ]
 * ```
 */
export const kumaraswamy = (
  a: TensorLike,
  b: TensorLike,
): Distribution<UnitInterval, "reparam" | "reinforce" | "muProp"> => distribution(kumaraswamyFamily, [a, b]);
