import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Interval } from "./distribution.js";
import { onSupport } from "./support.js";

type Parameters = Readonly<Record<"scale" | "alpha", tf.Tensor>>;

/** −α log(x/s), the logarithm of P(X > x) */
const logAbove = ({ scale, alpha }: Parameters, x: tf.Tensor): tf.Tensor =>
  tf.neg(tf.mul(alpha, tf.log(tf.div(x, scale))));

/** The x of log P(X > x) = l. */
const atLogSurvival = ({ scale, alpha }: Parameters, l: tf.Tensor): tf.Tensor =>
  tf.mul(scale, tf.exp(tf.neg(tf.div(l, alpha))));

const isAbove = (alpha: tf.Tensor, least: number): tf.Tensor => tf.greater(stopGradient(alpha), least);

/** @param isScorable - whether the least value is fixed */
const paretoFamily = (isScorable: boolean): Family => {
  const onTail = (
    value: tf.Tensor,
    scale: tf.Tensor,
    formula: (x: tf.Tensor) => tf.Tensor,
    outside?: number,
  ): tf.Tensor => onSupport(value, (x) => tf.greaterEqual(x, scale), scale, formula, outside);
  return family({
    name: "pareto",
    support: "interval",
    parameters: ["scale", "alpha"],
    // log α/x − α log(x/s)
    // the scale is no constant here: a density that jumps when a random bound crosses x has no pathwise derivative
    logDensity: (parameters, value) =>
      onTail(value, parameters.scale, (x) => tf.add(tf.log(tf.div(parameters.alpha, x)), logAbove(parameters, x))),
    draw: (parameters, key, batch) => atLogSurvival(parameters, tf.log(standardUniform(key, batch))),
    isScorable,
    supportParameters: ["scale"],
    bounds: ({ scale }) => [scale, tf.fill(scale.shape, Number.POSITIVE_INFINITY)],
    // αs/(α − 1); infinite for α ≤ 1
    mean: ({ scale, alpha }) => {
      const safe = where(isAbove(alpha, 1), alpha, 2);
      return where(isAbove(alpha, 1), tf.div(tf.mul(safe, scale), tf.sub(safe, 1)), Number.POSITIVE_INFINITY);
    },
    // αs²/((α − 1)²(α − 2)); infinite for α ≤ 2
    variance: ({ scale, alpha }) => {
      const safe = where(isAbove(alpha, 2), alpha, 3);
      const finite = tf.div(tf.mul(safe, tf.square(tf.div(scale, tf.sub(safe, 1)))), tf.sub(safe, 2));
      return where(isAbove(alpha, 2), finite, Number.POSITIVE_INFINITY);
    },
    // log s/α + 1 + 1/α
    entropy: ({ scale, alpha }) => tf.add(tf.log(tf.div(scale, alpha)), tf.add(1, tf.reciprocal(alpha))),
    cdf: (parameters, value) =>
      onTail(value, stopGradient(parameters.scale), (x) => tf.neg(tf.expm1(logAbove(parameters, x))), 0),
    logSurvival: (parameters, value) =>
      onTail(value, stopGradient(parameters.scale), (x) => logAbove(parameters, x), 0),
    quantile: (parameters, p) => atLogSurvival(parameters, tf.log1p(tf.neg(p))),
    upperQuantile: (parameters, q) => atLogSurvival(parameters, tf.log(q)),
    constraints: { scale: positive, alpha: positive },
  });
};

const withFixedScale = paretoFamily(true);
const withScale = paretoFamily(false);

/**
 * The Pareto distribution, of density αsᵅ/xᵅ⁺¹ for x ≥ s.
 *
 * Offers reparam, and for a plain number as scale also reinforce and muProp, since no score function sees a support that
 * moves.
 *
 * @param scale - least value s > 0, any shape
 * @param alpha - > 0, broadcasts with it; the mean is infinite for α ≤ 1
 * @example
 * ```ts
 * import { pareto, run, sample } from "elbow";
 * const x = run(0, sample("x", pareto(1, [2, 3])));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export function pareto(scale: number, alpha: TensorLike): Distribution<Interval, "reparam" | "reinforce" | "muProp">;
export function pareto(scale: TensorLike, alpha: TensorLike): Distribution<Interval, "reparam">;
export function pareto(scale: TensorLike, alpha: TensorLike): Distribution<Interval, "reparam"> {
  return distribution(typeof scale === "number" ? withFixedScale : withScale, [scale, alpha]);
}
