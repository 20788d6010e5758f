import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Family, Relation } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { checkDistribution } from "./checkDistribution.js";
import { lowBelowHigh, real } from "./constraints.js";
import { type Distribution, distribution, type Interval, type SupportOf } from "./distribution.js";
import { atShare, logMass, pointWithin } from "./intervalMass.js";
import { normalFamily } from "./normal.js";
import { onSupport } from "./support.js";
import { isDiscrete } from "./tails.js";
import { type TruncationBounds, truncatedNormal } from "./truncatedNormal.js";
import { asFloat, checkScalar, split, withParameters } from "./wrapping.js";

/** Values of a variable that is kept within bounds: whole numbers stay what they are. */
export type WithinBounds<T> = SupportOf<T> extends "boolean" | "nonNegativeInteger" | "categoryIndex" ? T : Interval;

/** That the bounds are in order; those of whole numbers may be the same. */
export function boundsInOrder(inner: Family): Relation {
  const count = inner.parameterNames.length;
  const parameters = [count, count + 1];
  if (!isDiscrete(inner)) return { ...lowBelowHigh, parameters };
  return {
    name: "low ≤ high",
    parameters,
    accepts: (low, high) => low! <= high!,
    isMet: (low, high) => tf.lessEqual(low!, high!),
  };
}

/** The ends of the support: the bounds, or the wrapped distribution's own where these are nearer. */
function endsOf(inner: Family, own: readonly Tensor[], low: Tensor, high: Tensor): [Tensor, Tensor] {
  if (inner.bounds) {
    const [from, to] = inner.bounds(own);
    return [tf.maximum(low, from), tf.minimum(high, to)];
  }
  if (inner.support === "unitInterval") return [tf.maximum(low, 0), tf.minimum(high, 1)];
  const isPositive = inner.support === "positive" || inner.support === "nonNegative";
  return [isPositive ? tf.maximum(low, 0) : low, high];
}

/** @param isFixed - whether the bounds are plain numbers */
function within(inner: Family, isFixed: boolean): Family {
  const count = inner.parameterNames.length;
  const parts = (parameters: readonly Tensor[]) =>
    split(inner, parameters) as ReturnType<typeof split> & [unknown, Tensor, Tensor];
  const between = (value: Tensor, low: Tensor, high: Tensor, formula: (x: Tensor) => Tensor): Tensor => {
    const isInside = (x: Tensor) => tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high));
    return onSupport(value, isInside, pointWithin(low, high), formula);
  };
  const share = (parameters: readonly Tensor[], below: Tensor, above: Tensor): Tensor => {
    const [law, low, high] = parts(parameters);
    return atShare(law, low, high, below, above);
  };
  return {
    ...withParameters("truncated", inner, { low: real, high: real }, [boundsInOrder(inner)]),
    support: isDiscrete(inner) ? inner.support : "interval",
    isPathwise: inner.isPathwise,
    isScorable: inner.isScorable && isFixed,
    supportParameters: [...(inner.supportParameters ?? []), count, count + 1],
    ...(!isDiscrete(inner) && {
      bounds: (parameters) => {
        const [law, low, high] = parts(parameters);
        return endsOf(inner, law.parameters, low, high);
      },
    }),
    // log p(x) − log P(low ≤ X ≤ high)
    logDensity: (parameters, value) => {
      const [law, low, high] = parts(parameters);
      // the bounds are no constants here: a density that jumps when a random bound crosses x has no pathwise derivative
      return between(asFloat(value), low, high, (x) =>
        tf.sub(inner.logDensity(law.parameters, x), logMass(law, low, high)),
      );
    },
    draw: (parameters, key, batch) => {
      const u = standardUniform(key, batch);
      return share(parameters, u, tf.sub(1, u));
    },
    // they do not jump where a bound crosses x
    cdf: (parameters, value) => {
      const [law, low, high] = parts(parameters);
      const [from, to] = [stopGradient(low), stopGradient(high)];
      const logShare = (x: Tensor) => tf.sub(logMass(law, low, x), logMass(law, low, high));
      return where(tf.greaterEqual(stopGradient(value), to), 1, tf.exp(between(value, from, to, logShare)));
    },
    quantile: (parameters, p) => share(parameters, p, tf.sub(1, p)),
    ...(!isDiscrete(inner) && {
      logSurvival: (parameters, value) => {
        const [law, low, high] = parts(parameters);
        const [from, to] = [stopGradient(low), stopGradient(high)];
        const logShare = (x: Tensor) => tf.sub(logMass(law, x, high), logMass(law, low, high));
        return where(tf.lessEqual(stopGradient(value), from), 0, between(value, from, to, logShare));
      },
      upperQuantile: (parameters, q) => share(parameters, tf.sub(1, q), q),
    }),
  };
}

/**
 * A distribution of scalars, given that its value lies between two bounds: density p(x)/P(low ≤ X ≤ high) there.
 *
 * Draws are quantiles of a uniform number, and so move with parameters and bounds; the probability of the interval is
 * computed in the tail where it lies. In single precision that reaches intervals of probability 10⁻³⁷; for the normal
 * distribution it is {@link truncatedNormal}, which is exact further out. Whole numbers may be equal to the bounds.
 *
 * Offers reparam and reinforce where the distribution itself does; reinforce for plain numbers as bounds only, since no score
 * function sees a support that moves.
 *
 * @param of - a distribution with a distribution function and quantiles
 * @param bounds - ends of the interval, which broadcast with its batch shape
 * @throws ElbowError "wrapper" for a distribution of vectors, or without distribution function or quantiles
 * @example
 * ```ts
 * import { gamma, run, sample, truncated } from "elbow";
 * const x = run(0, sample("x", truncated(gamma([2, 3], 1), { low: 1, high: 4 })));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export function truncated<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  bounds: TruncationBounds<number>,
): Distribution<WithinBounds<T>, Extract<Offers, "reparam" | "reinforce">>;
export function truncated<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  bounds: TruncationBounds,
): Distribution<WithinBounds<T>, Extract<Offers, "reparam">>;
export function truncated(of: Distribution<Tensor, never>, bounds: TruncationBounds): Distribution<Tensor, never> {
  checkDistribution("truncated", of);
  checkOptionNames("truncated", bounds, ["low", "high"], "required");
  const { family, parameters, event } = of;
  if (family === normalFamily) return truncatedNormal(parameters[0]!, parameters[1]!, bounds);
  checkScalar("truncated", family, event, ["cdf", "quantile"]);
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = bounds;
  const isFixed = typeof low === "number" && typeof high === "number";
  const all: readonly TensorLike[] = [...parameters, low, high];
  return distribution(within(family, isFixed), all);
}
