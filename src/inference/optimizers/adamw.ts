import * as tf from "@tensorflow/tfjs-core";
import { type AdamOptions, adamSettings, adamStep } from "./adam.js";
import { builtIn, checkNonNegative, type Optimizer } from "./optimizer.js";

export interface AdamwOptions extends AdamOptions {
  /** λ @defaultValue 0.01 */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay: θ ← θ − α (m̂ / (√v̂ + ε) + λ θ).
 *
 * Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2.
 *
 * @throws ElbowError "option" for settings out of range
 */
export function adamw(options: AdamwOptions = {}): Optimizer {
  const settings = adamSettings("adamw", options);
  const { weightDecay = 0.01 } = options;
  checkNonNegative("adamw", "weightDecay", weightDecay);
  return builtIn({
    name: "adamw",
    init: (parameter) => [tf.zerosLike(parameter), tf.zerosLike(parameter)],
    update: ({ parameter, ...rest }) => {
      const { rate, change, slots } = adamStep(rest, settings);
      const decayed = tf.mul(parameter, tf.sub(1, tf.mul(rate, weightDecay)));
      return { parameter: tf.sub(decayed, change), slots };
    },
  });
}
