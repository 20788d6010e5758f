import * as tf from "@tensorflow/tfjs-core";
import { checkOptionNames } from "../../util/options.js";
import { builtIn, checkDecay, checkNonNegative, type Optimizer } from "./optimizer.js";
import { checkLearningRate, type LearningRate, rateAt } from "./schedules.js";

export interface RmspropOptions {
  /** @defaultValue 0.01 */
  readonly learningRate?: LearningRate;
  /** ρ, the share of the mean square that is kept from step to step. @defaultValue 0.9 */
  readonly decay?: number;
  /** @defaultValue 1e-8 */
  readonly epsilon?: number;
}

/**
 * RMSProp: v ← ρ v + (1 − ρ) g², θ ← θ − α g / (√v + ε).
 *
 * Tieleman & Hinton, "Lecture 6.5 — RMSProp" (2012).
 *
 * @throws ElbowError "option" for settings out of range
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkOptionNames("rmsprop", options, ["learningRate", "decay", "epsilon"]);
  const { learningRate = 0.01, decay = 0.9, epsilon = 1e-8 } = options;
  checkLearningRate("rmsprop", learningRate);
  checkDecay("rmsprop", "decay", decay);
  checkNonNegative("rmsprop", "epsilon", epsilon);
  return builtIn({
    name: "rmsprop",
    init: (parameter) => [tf.zerosLike(parameter)],
    update: ({ parameter, gradient, slots: [previous], step }) => {
      const meanSquare = tf.add(tf.mul(decay, previous!), tf.mul(1 - decay, tf.square(gradient)));
      const direction = tf.div(gradient, tf.add(tf.sqrt(meanSquare), epsilon));
      return { parameter: tf.sub(parameter, tf.mul(rateAt(learningRate, step), direction)), slots: [meanSquare] };
    },
  });
}
