// Densities that vanish outside a support: −∞ there, and never NaN, neither the value nor a derivative.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";

/**
 * `formula(x)` where `isInside(x)` holds, −∞ (or what is given) elsewhere. Outside, the formula sees `filler` instead of x, a point of the
 * support: its derivative there is finite, so that it does not turn into 0 · ∞ = NaN.
 *
 * The condition sees x as a constant: a reparameterized value does not cross the border of its own support, and so may be
 * scored by a density on a part of the line although the density jumps there.
 */
export function onSupport(
  x: Tensor,
  isInside: (x: Tensor) => Tensor,
  filler: Tensor | number,
  formula: (x: Tensor) => Tensor,
  outside: number = Number.NEGATIVE_INFINITY,
): Tensor {
  const inside = isInside(stopGradient(x));
  return where(inside, formula(where(inside, x, filler)), outside);
}

/** `formula(x)` for 0 < x < 1, and a constant on either side. */
export const onUnitInterval = (x: Tensor, below: number, above: number, formula: (x: Tensor) => Tensor): Tensor =>
  where(
    tf.greaterEqual(stopGradient(x), 1),
    above,
    onSupport(x, (at) => tf.logicalAnd(tf.greater(at, 0), tf.less(at, 1)), 0.5, formula, below),
  );

export const isPositive = (x: Tensor): Tensor => tf.greater(x, 0);

export const isNonNegative = (x: Tensor): Tensor => tf.greaterEqual(x, 0);

/** Whether x is 0, 1, 2, … */
export const isCount = (x: Tensor): Tensor =>
  tf.logicalAnd(tf.logicalAnd(tf.greaterEqual(x, 0), tf.isFinite(x)), tf.equal(x, tf.floor(x)));

/** log p, with a zero derivative at p = 0, where it is −∞. */
export const logProbability = (p: Tensor): Tensor => onSupport(p, isPositive, 1, tf.log);

/** log(1 − p), with a zero derivative at p = 1, where it is −∞. */
export const logComplement = (p: Tensor): Tensor =>
  onSupport(
    p,
    (x) => tf.less(x, 1),
    0,
    (x) => tf.log1p(tf.neg(x)),
  );
