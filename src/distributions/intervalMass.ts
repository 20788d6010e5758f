// How likely a scalar variable is to fall into an interval, to full precision where both ends are in one tail; and where it is
// if it does. Whole-numbered variables have both ends in the interval.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { isDiscrete, log1mExp, logCdfOf, logSurvivalOf, upperQuantileOf } from "./tails.js";

/** A scalar family with its parameters. */
export interface Law {
  readonly family: Family;
  readonly parameters: readonly Tensor[];
}

/** A formula at an end of an interval; what it is where that end is infinite has no derivative. */
function atEnd(end: Tensor, formula: (end: Tensor) => Tensor, atInfinity: number): Tensor {
  const isReal = tf.isFinite(stopGradient(end));
  return where(isReal, formula(where(isReal, end, 0.5)), atInfinity);
}

/** The largest value that is below an interval: the whole number before its end, or the end. */
const justBelow = (family: Family, low: Tensor): Tensor => (isDiscrete(family) ? tf.sub(tf.ceil(low), 1) : low);

/** log P(X < low), P(X ≤ low) for continuous X; −∞ for an infinite end. */
export const logBelow = ({ family, parameters }: Law, low: Tensor): Tensor =>
  atEnd(low, (end) => logCdfOf(family, parameters, justBelow(family, end)), Number.NEGATIVE_INFINITY);

/** log P(X ≥ low); 0 for an infinite end. */
export const logFrom = ({ family, parameters }: Law, low: Tensor): Tensor =>
  atEnd(low, (end) => logSurvivalOf(family, parameters, justBelow(family, end)), 0);

/** log P(X ≤ high); 0 for an infinite end. */
export const logUpTo = ({ family, parameters }: Law, high: Tensor): Tensor =>
  atEnd(high, (end) => logCdfOf(family, parameters, end), 0);

/** log P(X > high); −∞ for an infinite end. */
export const logBeyond = ({ family, parameters }: Law, high: Tensor): Tensor =>
  atEnd(high, (end) => logSurvivalOf(family, parameters, end), Number.NEGATIVE_INFINITY);

/** log(eˣ − eʸ) for y ≤ x */
const logDifference = (x: Tensor, y: Tensor): Tensor => tf.add(x, log1mExp(tf.sub(y, x)));

/** Whether there is less below the interval's upper end than above its lower one: then differences are taken there. */
const isLower = (law: Law, low: Tensor, high: Tensor): Tensor =>
  tf.lessEqual(stopGradient(logUpTo(law, high)), stopGradient(logFrom(law, low)));

/** log P(low ≤ X ≤ high), from the tail that holds less. */
export const logMass = (law: Law, low: Tensor, high: Tensor): Tensor =>
  where(
    isLower(law, low, high),
    logDifference(logUpTo(law, high), logBelow(law, low)),
    logDifference(logFrom(law, low), logBeyond(law, high)),
  );

/** The x in [low, high] below which there is the share `below` of the interval's probability, and above it `above`. */
export function atShare(law: Law, low: Tensor, high: Tensor, below: Tensor, above: Tensor): Tensor {
  const mass = tf.exp(logMass(law, low, high));
  const fromBelow = tf.add(tf.exp(logBelow(law, low)), tf.mul(below, mass));
  const fromAbove = tf.add(tf.exp(logBeyond(law, high)), tf.mul(above, mass));
  const lower = isLower(law, low, high);
  const x = isDiscrete(law.family)
    ? law.family.quantile!(law.parameters, fromBelow)
    : where(
        lower,
        law.family.quantile!(law.parameters, where(lower, fromBelow, 0.5)),
        upperQuantileOf(law.family, law.parameters, where(lower, 0.5, fromAbove)),
      );
  // no rounding may lead out of the interval
  return tf.add(x, stopGradient(tf.sub(tf.minimum(tf.maximum(x, low), high), x)));
}

/** A point of the interval, far from its ends if it is long. */
export function pointWithin(low: Tensor, high: Tensor): Tensor {
  const [a, b] = [low, high].map((end) => stopGradient(end)) as [Tensor, Tensor];
  const [isLow, isHigh] = [tf.isFinite(a), tf.isFinite(b)];
  const from = where(isLow, a, tf.sub(where(isHigh, b, 1), 1));
  const to = where(isHigh, b, tf.add(where(isLow, a, 0), 1));
  return tf.add(tf.mul(0.5, from), tf.mul(0.5, to));
}
