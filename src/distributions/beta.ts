import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { lifted } from "../ir/lifted.js";
import * as quantiles from "../ir/primitives/quantiles.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { betainc, lgamma, xlog1py, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type UnitInterval } from "./distribution.js";
import { digammaRemainder, stirlingPart } from "./gammaParts.js";
import { logBinomialTerm } from "./saddlePoint.js";
import { onSupport, onUnitInterval } from "./support.js";

const betaQuantile = lifted((p, a, b) => quantiles.betaQuantile(p!, a!, b!));

const isInside = (x: tf.Tensor): tf.Tensor => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1));
const isEnd = (x: tf.Tensor): tf.Tensor => tf.logicalOr(tf.equal(x, 0), tf.equal(x, 1));

const betaFamily = family({
  name: "beta",
  support: "unitInterval",
  parameters: ["alpha", "beta"],
  // (α − 1) log x + (β − 1) log(1 − x) − log B(α, β)
  logDensity: ({ alpha, beta }, value) => {
    const logBeta = tf.sub(tf.add(lgamma(alpha), lgamma(beta)), lgamma(tf.add(alpha, beta)));
    const atEnd = (x: tf.Tensor) =>
      tf.sub(tf.add(xlogy(tf.sub(alpha, 1), x), xlog1py(tf.sub(beta, 1), tf.neg(x))), logBeta);
    const inside = (x: tf.Tensor) => {
      const y = tf.sub(1, x);
      const volume = tf.sub(tf.add(tf.log(alpha), tf.log(beta)), tf.log(tf.add(alpha, beta)));
      return tf.add(tf.sub(volume, tf.add(tf.log(x), tf.log1p(tf.neg(x)))), logBinomialTerm(alpha, beta, x, y));
    };
    return where(
      isEnd(stopGradient(value)),
      onSupport(value, isEnd, 0.5, atEnd),
      onSupport(value, isInside, 0.5, inside),
    );
  },
  // X/(X + Y) for gamma variables X and Y, from their logarithms
  draw: ({ alpha, beta }, key, batch) =>
    tf.sigmoid(
      tf.sub(logGammaDraws(namedKey(key, "alpha"), batch, alpha), logGammaDraws(namedKey(key, "beta"), batch, beta)),
    ),
  mean: ({ alpha, beta }) => tf.div(alpha, tf.add(alpha, beta)),
  variance: ({ alpha, beta }) => {
    const total = tf.add(alpha, beta);
    return tf.div(tf.mul(alpha, beta), tf.mul(tf.square(total), tf.add(total, 1)));
  },
  // log B(α, β) − (α − 1)ψ(α) − (β − 1)ψ(β) + (α + β − 2)ψ(α + β), by what log Γ and ψ differ from their first terms
  entropy: ({ alpha, beta }) => {
    const total = tf.add(alpha, beta);
    const stirling = tf.sub(tf.add(stirlingPart(alpha), stirlingPart(beta)), stirlingPart(total));
    const volume = tf.sub(tf.mul(0.5, tf.add(tf.log(alpha), tf.log(beta))), tf.mul(1.5, tf.log(total)));
    const pull = (x: tf.Tensor, n: number) => tf.mul(tf.sub(x, n), digammaRemainder(x));
    return tf.add(tf.add(volume, stirling), tf.sub(tf.add(pull(alpha, 1), pull(beta, 1)), pull(total, 2)));
  },
  cdf: ({ alpha, beta }, value) => onUnitInterval(value, 0, 1, (x) => betainc(alpha, beta, x)),
  logSurvival: ({ alpha, beta }, value) =>
    onUnitInterval(value, 0, Number.NEGATIVE_INFINITY, (x) => tf.log(betainc(beta, alpha, tf.sub(1, x)))),
  quantile: ({ alpha, beta }, p) => betaQuantile(p, alpha, beta),
  upperQuantile: ({ alpha, beta }, q) => tf.sub(1, betaQuantile(q, beta, alpha)),
  constraints: { alpha: positive, beta: positive },
});

/**
 * The beta distribution on the unit interval, of density x^{α−1}(1 − x)^{β−1}/B(α, β).
 *
 * Offers reparam (implicit, through two gamma variables), reinforce and muProp.
 *
 * @param alpha - > 0, any shape
 * @param beta - > 0, broadcasts with it
 * @example
 * ```ts
 * import { beta, run, sample } from "elbow";
 * const p = run(0, sample("p", beta([1, 10], 10)));
 * console.log(p.shape); // => [ 2 ]
 * ```
 */
export const beta = (
  alpha: TensorLike,
  beta: TensorLike,
): Distribution<UnitInterval, "reparam" | "reinforce" | "muProp"> => distribution(betaFamily, [alpha, beta]);
