import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptionNames } from "../../util/options.js";
import { builtIn, checkDecay, checkNonNegative, type Optimizer, type OptimizerStep } from "./optimizer.js";
import { checkLearningRate, type LearningRate, rateAt } from "./schedules.js";

export interface AdamOptions {
  /** α @defaultValue 0.01 */
  readonly learningRate?: LearningRate;
  /** Decay of the mean gradient. @defaultValue 0.9 */
  readonly beta1?: number;
  /** Decay of the mean squared gradient. @defaultValue 0.999 */
  readonly beta2?: number;
  /** @defaultValue 1e-8 */
  readonly epsilon?: number;
}

/** 1 − βᵗ without cancellation, for t = step + 1. */
const correction = (beta: number, step: Tensor): Tensor => {
  const t = tf.add(tf.cast(step, "float32"), 1);
  return beta === 0 ? tf.onesLike(t) : tf.neg(tf.expm1(tf.mul(Math.log(beta), t)));
};

/** The step α m̂ / (√v̂ + ε) and the next [m, v]: what adam and adamw share. */
export function adamStep(
  { gradient, slots, step }: Omit<OptimizerStep, "parameter">,
  { learningRate, beta1, beta2, epsilon }: Required<AdamOptions>,
): { readonly rate: Tensor; readonly change: Tensor; readonly slots: readonly Tensor[] } {
  const [mean, meanSquare] = slots;
  const m = tf.add(tf.mul(beta1, mean!), tf.mul(1 - beta1, gradient));
  const v = tf.add(tf.mul(beta2, meanSquare!), tf.mul(1 - beta2, tf.square(gradient)));
  // with m̂ = m/c₁ and v̂ = v/c₂: m̂/(√v̂ + ε) = (√c₂/c₁)·m/(√v + ε√c₂), which spares two divisions of whole tensors
  const rootC2 = tf.sqrt(correction(beta2, step));
  const rate = rateAt(learningRate, step);
  const scale = tf.div(tf.mul(rate, rootC2), correction(beta1, step));
  const change = tf.mul(scale, tf.div(m, tf.add(tf.sqrt(v), tf.mul(epsilon, rootC2))));
  return { rate, change, slots: [m, v] };
}

const adamOptions = ["learningRate", "beta1", "beta2", "epsilon"];

/** Fills in the defaults of the field. @throws ElbowError "option" for settings out of range */
export function adamSettings(where: string, options: AdamOptions): Required<AdamOptions> {
  checkOptionNames(where, options, [...adamOptions, ...(where === "adamw" ? ["weightDecay"] : [])]);
  const { learningRate = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkLearningRate(where, learningRate);
  checkDecay(where, "beta1", beta1);
  checkDecay(where, "beta2", beta2);
  checkNonNegative(where, "epsilon", epsilon);
  return { learningRate, beta1, beta2, epsilon };
}

/**
 * Adam, bias-corrected: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − α m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ),
 * v̂ = v/(1 − β₂ᵗ).
 *
 * Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.
 *
 * @throws ElbowError "option" for settings out of range
 * @example
 * ```ts
 * import { adam, cosineDecay } from "elbow";
 * const optimizer = adam({ learningRate: cosineDecay({ initial: 0.05, steps: 1000 }) });
 * console.log(optimizer.name); // => adam
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const settings = adamSettings("adam", options);
  return builtIn({
    name: "adam",
    init: (parameter) => [tf.zerosLike(parameter), tf.zerosLike(parameter)],
    update: ({ parameter, ...rest }) => {
      const { change, slots } = adamStep(rest, settings);
      return { parameter: tf.sub(parameter, change), slots };
    },
  });
}
