// Both tails of a scalar law, as logarithms and by quantiles from above; with what every family has where one of these is
// not stated.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { logComplement, logProbability, onSupport } from "./support.js";

/** log(1 − eˣ) for x ≤ 0, exact near 0 and far below; −∞ with a zero derivative at 0. */
export const log1mExp = (x: Tensor): Tensor =>
  onSupport(
    x,
    (at) => tf.less(at, 0),
    -1,
    (y) => {
      const isNear = tf.greater(stopGradient(y), -Math.LN2);
      const near = tf.log(tf.neg(tf.expm1(where(isNear, y, -Math.LN2))));
      return where(isNear, near, tf.log1p(tf.neg(tf.exp(where(isNear, -1, y)))));
    },
  );

/** Whether values are whole numbers, so that the distribution function jumps. */
export const isDiscrete = ({ support }: Family): boolean =>
  support === "boolean" || support === "nonNegativeInteger" || support === "categoryIndex";

/** log P(X ≤ x) */
export const logCdfOf = (of: Family, parameters: readonly Tensor[], x: Tensor): Tensor =>
  of.logCdf?.(parameters, x) ?? logProbability(of.cdf!(parameters, x));

/** log P(X > x) */
export const logSurvivalOf = (of: Family, parameters: readonly Tensor[], x: Tensor): Tensor =>
  of.logSurvival?.(parameters, x) ?? logComplement(of.cdf!(parameters, x));

/** The x with P(X > x) = q. */
export const upperQuantileOf = (of: Family, parameters: readonly Tensor[], q: Tensor): Tensor =>
  of.upperQuantile?.(parameters, q) ?? of.quantile!(parameters, tf.sub(1, q));
