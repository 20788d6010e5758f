// Distributions that are drawn as they are, but scored otherwise: with some elements left out, or by a multiple.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Constraint, Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { checkDistribution } from "./checkDistribution.js";
import { nonNegative, real } from "./constraints.js";
import { type Distribution, distribution } from "./distribution.js";
import { asFloat, split, withParameters } from "./wrapping.js";

/** A point of the support, far from where densities have no derivative; NaN where only the family knows one. */
const points: Readonly<Record<string, number>> = {
  real: 0,
  positive: 1,
  nonNegative: 1,
  unitInterval: 0.5,
  interval: 0.5,
  boolean: 0,
  nonNegativeInteger: 0,
  categoryIndex: 0,
};

/**
 * The family with one more parameter, of the batch shape, that enters its scores only.
 *
 * @param score - the log density from that parameter, the value and the family's own log density
 */
function scoredBy(
  wrapper: string,
  inner: Family,
  [name, constraint]: readonly [string, Constraint],
  score: (weight: Tensor, value: Tensor, own: (x: Tensor) => Tensor) => Tensor,
  expected: (weight: Tensor, entropy: Tensor) => Tensor,
): Family {
  const { bounds, mean, variance, entropy, cdf, quantile, logCdf, logSurvival, upperQuantile } = inner;
  const ofInner =
    <A extends readonly unknown[], R>(rule: (parameters: readonly Tensor[], ...rest: A) => R) =>
    (parameters: readonly Tensor[], ...rest: A): R =>
      rule(split(inner, parameters)[0].parameters, ...rest);
  return {
    ...withParameters(wrapper, inner, { [name]: constraint }),
    support: inner.support,
    isPathwise: inner.isPathwise,
    // its density is not that of the draws, which a score function would take it for
    isScorable: false,
    ...(inner.supportParameters && { supportParameters: inner.supportParameters }),
    logDensity: (parameters, value) => {
      const [law, weight] = split(inner, parameters);
      return score(weight!, asFloat(value), (x) => inner.logDensity(law.parameters, x));
    },
    draw: ofInner(inner.draw),
    ...(bounds && { bounds: ofInner(bounds) }),
    ...(mean && { mean: ofInner(mean) }),
    ...(variance && { variance: ofInner(variance) }),
    ...(cdf && { cdf: ofInner(cdf) }),
    ...(quantile && { quantile: ofInner(quantile) }),
    ...(logCdf && { logCdf: ofInner(logCdf) }),
    ...(logSurvival && { logSurvival: ofInner(logSurvival) }),
    ...(upperQuantile && { upperQuantile: ofInner(upperQuantile) }),
    ...(entropy && {
      entropy: (parameters) => {
        const [law, weight] = split(inner, parameters);
        return expected(weight!, entropy(law.parameters));
      },
    }),
  };
}

/** The mask, true where the density counts, with axes for the event. */
function spread(mask: Tensor, like: Tensor, eventRank: number): Tensor {
  const ones = new Array<number>(eventRank).fill(1);
  return tf.greater(tf.add(tf.reshape(mask, [...mask.shape, ...ones]), tf.zerosLike(like)), 0.5);
}

const maskedFamily = (inner: Family, eventRank: number): Family =>
  scoredBy(
    "masked",
    inner,
    ["mask", real],
    (mask, value, own) => {
      const point = inner.support === "simplex" ? 1 / (value.shape.at(-1) ?? 1) : points[inner.support];
      // what is masked may be anything, NaN too: the density does not see it
      const seen = point === undefined ? value : where(spread(mask, value, eventRank), value, point);
      return where(tf.greater(mask, 0.5), own(seen), 0);
    },
    (mask, entropy) => where(tf.greater(mask, 0.5), entropy, 0),
  );

const scaledFamily = (inner: Family): Family =>
  scoredBy(
    "scaled",
    inner,
    ["factor", nonNegative],
    (factor, value, own) => {
      const density = own(value);
      // a factor of 0 leaves the support as it is
      const isReal = tf.isFinite(stopGradient(density));
      return where(isReal, tf.mul(factor, where(isReal, density, 0)), density);
    },
    (factor, entropy) => tf.mul(factor, entropy),
  );

/**
 * A distribution that is not scored where a mask is false: log density 0 there, whatever the value is (NaN for what is
 * missing, say), with derivatives of 0.
 *
 * Draws are those of the distribution itself, masked or not. Offers reparam where the distribution does; no estimator may use
 * the density as that of the draws, which it no longer is, so that discrete distributions can be observed but not drawn with a
 * gradient.
 *
 * @param of - any distribution
 * @param mask - booleans (or 0 and 1) that broadcast with its batch shape, true where it counts
 * @example
 * ```ts
 * import { logDensity, masked, uniform } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * const y = masked(uniform(0, [0.5, 0.5]), tf.tensor1d([true, false], "bool"));
 * console.log(logDensity(y, tf.tensor1d([0.25, NaN])).dataSync()[1]); // => 0
 * ```
 */
export function masked<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  mask: TensorLike | readonly boolean[],
): Distribution<T, Extract<Offers, "reparam">> {
  checkDistribution("masked", of);
  const { family, parameters, event } = of;
  return distribution(maskedFamily(family, event.length), [
    ...parameters,
    asTensor(mask as TensorLike, "float32", "masked: the mask"),
  ]);
}

/**
 * A distribution whose log density counts by a factor: N/n for a minibatch of n data out of N, or an inverse temperature.
 *
 * Draws are those of the distribution itself, without the factor. Objectives see the scaled density: an ELBO whose guide is
 * scaled is no bound any more. Offers reparam where the distribution does; no estimator may use the density as that of the
 * draws, which it no longer is.
 *
 * @param of - any distribution
 * @param factor - ≥ 0, broadcasts with its batch shape; with 0 the density is 1 on the whole support
 * @example
 * ```ts
 * import { exponential, logDensity, scaled } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * console.log(logDensity(scaled(exponential(1), 10), tf.scalar(2)).arraySync()); // => -20
 * ```
 */
export function scaled<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  factor: TensorLike,
): Distribution<T, Extract<Offers, "reparam">> {
  checkDistribution("scaled", of);
  return distribution(scaledFamily(of.family), [...of.parameters, factor]);
}
