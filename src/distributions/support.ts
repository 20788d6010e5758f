// Densities that vanish outside a support: −∞ there, and never NaN, neither the value nor a derivative.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assumeContinuous } from "../ops/marks.js";
import { where } from "../ops/where.js";

/**
 * `logDensity(x)` where `isInside` holds, −∞ elsewhere. Outside, the formula sees `filler` instead of x, a point of the
 * support: its derivative there is finite, so that it does not turn into 0 · ∞ = NaN.
 *
 * A value never crosses the border of a support that is its own, so the jump there is vouched for: without that, no
 * reparameterized value could be scored by a density on a part of the line.
 */
export function onSupport(
  isInside: Tensor,
  x: Tensor,
  filler: Tensor | number,
  logDensity: (x: Tensor) => Tensor,
): Tensor {
  const inside = assumeContinuous(isInside);
  return where(inside, logDensity(where(inside, x, filler)), Number.NEGATIVE_INFINITY);
}

/** Whether x is 0, 1, 2, … */
export const isCount = (x: Tensor): Tensor =>
  tf.logicalAnd(tf.logicalAnd(tf.greaterEqual(x, 0), tf.isFinite(x)), tf.equal(x, tf.floor(x)));

/** log p, with a zero derivative at p = 0, where it is −∞. */
export function logProbability(p: Tensor): Tensor {
  const isPositive = assumeContinuous(tf.greater(p, 0));
  return where(isPositive, tf.log(where(isPositive, p, 1)), Number.NEGATIVE_INFINITY);
}

/** log(1 − p), with a zero derivative at p = 1, where it is −∞. */
export function logComplement(p: Tensor): Tensor {
  const isBelowOne = assumeContinuous(tf.less(p, 1));
  return where(isBelowOne, tf.log1p(tf.neg(where(isBelowOne, p, 0))), Number.NEGATIVE_INFINITY);
}
