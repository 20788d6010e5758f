// Learning rates that change from step to step. They are functions of the traced step, so they live inside the
// compiled step and cost no round trip.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { withSource } from "../../ir/builder.js";
import { asTensor } from "../../ir/lifted.js";
import { checkArray } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { checkNonNegative, checkPositive, checkSetting } from "./optimizer.js";

/** The rate at a step: a float32 scalar, from the number of steps taken before, a float32 scalar. */
export type Schedule = (step: Tensor) => Tensor;

/** A fixed learning rate, or one that depends on the step. */
export type LearningRate = number | Schedule;

/** The rate at an int32 step. @throws ElbowError "option" for a number that is not positive and finite */
export function rateAt(learningRate: LearningRate, step: Tensor): Tensor {
  // a schedule may be the user's
  if (typeof learningRate === "function") return withSource(undefined, () => learningRate(tf.cast(step, "float32")));
  return asTensor(learningRate);
}

/** Checks a learning rate when an optimizer is made, where the user's line is still on the stack. */
export function checkLearningRate(where: string, learningRate: LearningRate): void {
  if (typeof learningRate === "number") checkPositive(where, "learningRate", learningRate);
}

/** The same rate at every step. */
export function constant(rate: number): Schedule {
  checkPositive("constant", "rate", rate);
  return () => asTensor(rate);
}

export interface ExponentialDecayOptions {
  /** The rate at step 0. */
  readonly initial: number;
  /** The factor by which the rate falls over `every` steps. */
  readonly factor: number;
  readonly every: number;
  /** Whether it falls at once after `every` steps instead of a little at each. @defaultValue false */
  readonly staircase?: boolean;
}

/** initial · factor^(step / every). @throws ElbowError "option" */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  checkOptionNames(
    "exponentialDecay",
    options,
    ["initial", "factor", "every", "staircase"],
    ["initial", "factor", "every"],
  );
  const { initial, factor, every, staircase = false } = options;
  checkPositive("exponentialDecay", "initial", initial);
  checkPositive("exponentialDecay", "factor", factor);
  checkPositive("exponentialDecay", "every", every);
  return (step) => {
    const turns = tf.div(step, every);
    // factorˣ = exp(x log factor)
    return tf.mul(initial, tf.exp(tf.mul(Math.log(factor), staircase ? tf.floor(turns) : turns)));
  };
}

export interface CosineDecayOptions {
  /** The rate at step 0. */
  readonly initial: number;
  /** The number of steps after which the final rate is reached; it stays there. */
  readonly steps: number;
  /** @defaultValue 0 */
  readonly final?: number;
}

/** final + (initial − final)·(1 + cos(π·step/steps))/2. Loshchilov & Hutter (2017), without restarts. @throws ElbowError "option" */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  checkOptionNames("cosineDecay", options, ["initial", "steps", "final"], ["initial", "steps"]);
  const { initial, steps, final = 0 } = options;
  checkPositive("cosineDecay", "initial", initial);
  checkPositive("cosineDecay", "steps", steps);
  checkNonNegative("cosineDecay", "final", final);
  return (step) => {
    const angle = tf.mul(Math.PI, tf.minimum(tf.div(step, steps), 1));
    return tf.add(final, tf.mul((initial - final) / 2, tf.add(1, tf.cos(angle))));
  };
}

export interface LinearWarmupOptions {
  /** The number of steps over which the rate grows; the first step has 1/steps of it. */
  readonly steps: number;
  /** The rate that is reached, or a schedule, which starts at its own step 0 when the warmup has ended. */
  readonly to: LearningRate;
}

/** Grows linearly, then goes on with another rate: to(max(step − steps, 0)) · min((step + 1)/steps, 1). @throws ElbowError "option" */
export function linearWarmup(options: LinearWarmupOptions): Schedule {
  checkOptionNames("linearWarmup", options, ["steps", "to"], ["steps", "to"]);
  const { steps, to } = options;
  checkPositive("linearWarmup", "steps", steps);
  checkLearningRate("linearWarmup", to);
  return (step) => {
    const after = typeof to === "number" ? asTensor(to) : to(tf.maximum(tf.sub(step, steps), 0));
    return tf.mul(after, tf.minimum(tf.div(tf.add(step, 1), steps), 1));
  };
}

export interface PiecewiseOptions {
  /** Increasing steps at which the rate changes. */
  readonly boundaries: readonly number[];
  /** One rate more than there are boundaries; `rates[i]` holds from step `boundaries[i − 1]` on. */
  readonly rates: readonly number[];
}

/**
 * Constant between given steps.
 *
 * @throws ElbowError "option"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { piecewise } from "elbow";
 * const rate = piecewise({ boundaries: [100], rates: [0.5, 0.25] });
 * console.log(rate(tf.scalar(99)).dataSync()[0], rate(tf.scalar(100)).dataSync()[0]); // => 0.5 0.25
 * ```
 */
export function piecewise(options: PiecewiseOptions): Schedule {
  checkOptionNames("piecewise", options, ["boundaries", "rates"], ["boundaries", "rates"]);
  const { boundaries, rates } = options;
  checkArray("piecewise", "boundaries", boundaries, "Write { boundaries: [1000], rates: [0.1, 0.01] }.");
  checkArray("piecewise", "rates", rates, "Write { boundaries: [1000], rates: [0.1, 0.01] }.");
  const isIncreasing = boundaries.every((boundary, i) => i === 0 || boundary > boundaries[i - 1]!);
  checkSetting(isIncreasing, "piecewise", "boundaries", "increasing", boundaries);
  checkSetting(rates.length === boundaries.length + 1, "piecewise", "rates", "one more than the boundaries", rates);
  for (const rate of rates) checkNonNegative("piecewise", "every rate", rate);
  return (step) =>
    boundaries.reduce<Tensor>(
      (rate, boundary, i) => tf.where(tf.greaterEqual(step, boundary), asTensor(rates[i + 1]!), rate),
      asTensor(rates[0]!),
    );
}
