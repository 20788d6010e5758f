import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import * as shapeParts from "../ir/primitives/gammaShapeParts.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { gammainc, gammaincc, lgamma, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { digammaRemainder, logGammaQuantile, logGammaUpperQuantile, stirlingPart } from "./gammaParts.js";
import { logPoissonTerm } from "./saddlePoint.js";
import { isPositive, onSupport } from "./support.js";

const gammaShapeMass = lifted((a) => shapeParts.gammaShapeMass(a!));
const logGammaShapeAbove = lifted((a, u) => shapeParts.logGammaShapeAbove(a!, u!));
const logGammaShapeBelow = lifted((a, u) => shapeParts.logGammaShapeBelow(a!, u!));

const isZero = (x: tf.Tensor): tf.Tensor => tf.equal(x, 0);

export const gammaFamily = family({
  name: "gamma",
  support: "positive",
  parameters: ["shape", "rate"],
  // a log λ + (a − 1) log x − λx − log Γ(a), as log(a/x) + log (λx)ᵃe^{−λx}/Γ(a + 1)
  logDensity: ({ shape, rate }, value) => {
    const atZero = (x: tf.Tensor) =>
      tf.sub(tf.add(tf.mul(shape, tf.log(rate)), xlogy(tf.sub(shape, 1), x)), tf.add(tf.mul(rate, x), lgamma(shape)));
    const inside = (x: tf.Tensor) => tf.add(tf.sub(tf.log(shape), tf.log(x)), logPoissonTerm(shape, tf.mul(rate, x)));
    return where(
      isZero(stopGradient(value)),
      onSupport(value, isZero, 1, atZero),
      onSupport(value, isPositive, 1, inside),
    );
  },
  // implicit reparameterization: a draw moves with its shape at a fixed quantile
  draw: ({ shape, rate }, key, batch) => tf.exp(tf.sub(logGammaDraws(key, batch, shape), tf.log(rate))),
  // ∂/∂λ E f = (a/λ)·E [f(X) − f(X + E)], E ~ Exp(λ); ∂/∂a E f = c·E [f(X⁺) − f(X⁻)] for draws of the positive and the
  // negative part of (log λx − ψ(a))·p, by their quantiles at one uniform number, and their mass c
  weakDerivative: ({ shape, rate }, value, key, batch) => {
    const [a, rates] = [shape, rate].map((each) => tf.broadcastTo(stopGradient(each), [...batch])) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const u = standardUniform(namedKey(key, "part"), batch);
    const exponential = tf.neg(tf.log(standardUniform(namedKey(key, "longer"), batch)));
    const scaled = (logarithm: tf.Tensor) => tf.exp(tf.sub(logarithm, tf.log(rates)));
    return {
      lanes: [
        scaled(logGammaShapeAbove(a, u)),
        scaled(logGammaShapeBelow(a, u)),
        tf.add(value, tf.div(exponential, rates)),
      ],
      terms: [
        { parameter: tf.broadcastTo(shape, [...batch]), constant: gammaShapeMass(a), plus: 1, minus: 2 },
        { parameter: tf.broadcastTo(rate, [...batch]), constant: tf.div(a, rates), plus: 0, minus: 3 },
      ],
    };
  },
  mean: ({ shape, rate }) => tf.div(shape, rate),
  variance: ({ shape, rate }) => tf.div(shape, tf.square(rate)),
  // a − log λ + log Γ(a) + (1 − a)ψ(a), by what log Γ and ψ differ from their first terms
  entropy: ({ shape, rate }) =>
    tf.add(
      tf.sub(tf.mul(0.5, tf.log(shape)), tf.log(rate)),
      tf.sub(stirlingPart(shape), tf.mul(tf.sub(1, shape), digammaRemainder(shape))),
    ),
  cdf: ({ shape, rate }, value) => onSupport(value, isPositive, 1, (x) => gammainc(shape, tf.mul(rate, x)), 0),
  logSurvival: ({ shape, rate }, value) =>
    onSupport(value, isPositive, 1, (x) => tf.log(gammaincc(shape, tf.mul(rate, x))), 0),
  quantile: ({ shape, rate }, p) => tf.div(tf.exp(logGammaQuantile(p, shape)), rate),
  upperQuantile: ({ shape, rate }, q) => tf.div(tf.exp(logGammaUpperQuantile(q, shape)), rate),
  constraints: { shape: positive, rate: positive },
});

/**
 * The gamma distribution, of density λᵃxᵃ⁻¹e^{−λx}/Γ(a).
 *
 * Offers reparam (implicit: Figurnov, Mohamed & Mnih 2018), reinforce, muProp and measureValued.
 *
 * @param shape - a > 0, any shape
 * @param rate - λ > 0, broadcasts with it
 * @example
 * ```ts
 * import { gamma, run, sample } from "elbow";
 * const x = run(0, sample("x", gamma([0.5, 5], 2)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const gamma = (
  shape: TensorLike,
  rate: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp" | "measureValued"> =>
  distribution(gammaFamily, [shape, rate]);
