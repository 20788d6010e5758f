import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { logGammaDraws } from "../ops/samplers.js";
import { gammainc, gammaincc } from "../ops/special.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { digammaRemainder, logGammaQuantile, logGammaUpperQuantile, stirlingPart } from "./gammaParts.js";
import { logPoissonTerm } from "./saddlePoint.js";
import { isPositive, onSupport } from "./support.js";

const isAbove = (shape: tf.Tensor, least: number): tf.Tensor => tf.greater(stopGradient(shape), least);

const inverseGammaFamily = family({
  name: "inverseGamma",
  support: "positive",
  parameters: ["shape", "scale"],
  // a log b − (a + 1) log x − b/x − log Γ(a), as log(a/x) + log (b/x)ᵃe^{−b/x}/Γ(a + 1)
  logDensity: ({ shape, scale }, value) =>
    onSupport(value, isPositive, 1, (x) =>
      tf.add(tf.sub(tf.log(shape), tf.log(x)), logPoissonTerm(shape, tf.div(scale, x))),
    ),
  // b over a gamma variable, which moves with its shape at a fixed quantile
  draw: ({ shape, scale }, key, batch) => tf.exp(tf.sub(tf.log(scale), logGammaDraws(key, batch, shape))),
  // b/(a − 1); infinite for a ≤ 1
  mean: ({ shape, scale }) => {
    const safe = where(isAbove(shape, 1), shape, 2);
    return where(isAbove(shape, 1), tf.div(scale, tf.sub(safe, 1)), Number.POSITIVE_INFINITY);
  },
  // b²/((a − 1)²(a − 2)); infinite for a ≤ 2, undefined for a ≤ 1
  variance: ({ shape, scale }) => {
    const safe = where(isAbove(shape, 2), shape, 3);
    const finite = tf.div(tf.square(tf.div(scale, tf.sub(safe, 1))), tf.sub(safe, 2));
    return where(isAbove(shape, 2), finite, where(isAbove(shape, 1), Number.POSITIVE_INFINITY, Number.NaN));
  },
  // a + log b + log Γ(a) − (1 + a)ψ(a), by what log Γ and ψ differ from their first terms
  entropy: ({ shape, scale }) =>
    tf.add(
      tf.sub(tf.log(scale), tf.mul(1.5, tf.log(shape))),
      tf.add(stirlingPart(shape), tf.mul(tf.add(1, shape), digammaRemainder(shape))),
    ),
  cdf: ({ shape, scale }, value) => onSupport(value, isPositive, 1, (x) => gammaincc(shape, tf.div(scale, x)), 0),
  logSurvival: ({ shape, scale }, value) =>
    onSupport(value, isPositive, 1, (x) => tf.log(gammainc(shape, tf.div(scale, x))), 0),
  quantile: ({ shape, scale }, p) => tf.mul(scale, tf.exp(tf.neg(logGammaUpperQuantile(p, shape)))),
  upperQuantile: ({ shape, scale }, q) => tf.mul(scale, tf.exp(tf.neg(logGammaQuantile(q, shape)))),
  constraints: { shape: positive, scale: positive },
});

/**
 * The inverse gamma distribution, of density bᵃx^{−a−1}e^{−b/x}/Γ(a): 1/x is a gamma variable of shape a and rate b.
 *
 * Offers reparam (implicit, through the gamma variable), reinforce and muProp.
 *
 * @param shape - a > 0, any shape
 * @param scale - b > 0, broadcasts with it
 * @example
 * ```ts
 * import { inverseGamma, run, sample } from "elbow";
 * const variance = run(0, sample("variance", inverseGamma([2, 3], 1)));
 * console.log(variance.shape); // => [ 2 ]
 * ```
 */
export const inverseGamma = (
  shape: TensorLike,
  scale: TensorLike,
): Distribution<Positive, "reparam" | "reinforce" | "muProp"> => distribution(inverseGammaFamily, [shape, scale]);
