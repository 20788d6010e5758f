import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { checkDistribution } from "./checkDistribution.js";
import { real } from "./constraints.js";
import { type Distribution, distribution } from "./distribution.js";
import { logFrom, logUpTo, pointWithin } from "./intervalMass.js";
import { onSupport } from "./support.js";
import { isDiscrete } from "./tails.js";
import { boundsInOrder, type WithinBounds } from "./truncated.js";
import type { TruncationBounds } from "./truncatedNormal.js";
import { asFloat, checkScalar, split, withParameters } from "./wrapping.js";

/** @param isFixed - whether the bounds are plain numbers */
function clipped(inner: Family, isFixed: boolean): Family {
  const count = inner.parameterNames.length;
  const parts = (parameters: readonly Tensor[]) =>
    split(inner, parameters) as ReturnType<typeof split> & [unknown, Tensor, Tensor];
  const clip = (x: Tensor, low: Tensor, high: Tensor) => tf.minimum(tf.maximum(x, low), high);
  return {
    ...withParameters("censored", inner, { low: real, high: real }, [boundsInOrder(inner)]),
    support: isDiscrete(inner) ? inner.support : "interval",
    // draws are, but their density jumps from the inside to the bounds
    isPathwise: false,
    isScorable: inner.isScorable && isFixed,
    supportParameters: [...(inner.supportParameters ?? []), count, count + 1],
    logDensity: (parameters, given) => {
      const [law, low, high] = parts(parameters);
      const value = asFloat(given);
      const at = stopGradient(value);
      const isInside = (x: Tensor) => tf.logicalAnd(tf.greater(x, low), tf.less(x, high));
      const between = onSupport(value, isInside, pointWithin(low, high), (x) => inner.logDensity(law.parameters, x));
      const atHigh = where(tf.equal(at, high), logFrom(law, high), between);
      return where(tf.equal(at, low), logUpTo(law, low), atHigh);
    },
    draw: (parameters, key, batch) => {
      const [law, low, high] = parts(parameters);
      return clip(inner.draw(law.parameters, key, batch), low, high);
    },
    cdf: (parameters, value) => {
      const [law, low, high] = parts(parameters);
      const isBelow = tf.less(stopGradient(value), low);
      return where(isBelow, 0, where(tf.greaterEqual(stopGradient(value), high), 1, inner.cdf!(law.parameters, value)));
    },
    ...(inner.quantile && {
      quantile: (parameters, p) => {
        const [law, low, high] = parts(parameters);
        return clip(inner.quantile!(law.parameters, p), low, high);
      },
    }),
  };
}

/**
 * A distribution of scalars seen by an instrument of limited range: what is below `low` reads `low`, and what is above
 * `high` reads `high`.
 *
 * Its log density is that of the distribution inside, log P(X ≤ low) at the lower bound and log P(X ≥ high) at the upper one
 * (a density with respect to lengths inside and to counts at the bounds), and −∞ beyond. Give bounds of ∞ to data that are
 * not censored on a side.
 *
 * Offers reinforce where the distribution itself does, and the bounds are plain numbers. There is no reparam: draws would
 * move continuously, but log densities of them jump at the bounds.
 *
 * @param of - a distribution with a distribution function
 * @param bounds - ends of the range, which broadcast with its batch shape
 * @throws ElbowError "wrapper" for a distribution of vectors, or without distribution function
 * @example
 * ```ts
 * import { censored, exponential, logDensity } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * // a lifetime of 2, and one of at least 3
 * const lifetimes = censored(exponential(1), { high: 3 });
 * console.log(logDensity(lifetimes, tf.tensor1d([2, 3])).arraySync()); // => [ -2, -3 ]
 * ```
 */
export function censored<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  bounds: TruncationBounds<number>,
): Distribution<WithinBounds<T>, Extract<Offers, "reinforce">>;
export function censored<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  bounds: TruncationBounds,
): Distribution<WithinBounds<T>, never>;
export function censored(of: Distribution<Tensor, never>, bounds: TruncationBounds): Distribution<Tensor, never> {
  checkDistribution("censored", of);
  checkOptionNames("censored", bounds, ["low", "high"], "required");
  const { family, parameters, event } = of;
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = bounds;
  checkScalar("censored", family, event, ["cdf"]);
  const isFixed = typeof low === "number" && typeof high === "number";
  return distribution(clipped(family, isFixed), [...parameters, low, high]);
}
