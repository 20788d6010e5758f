import * as tf from "@tensorflow/tfjs-core";
import { checkOptionNames } from "../../util/options.js";
import { builtIn, checkDecay, type Optimizer } from "./optimizer.js";
import { checkLearningRate, type LearningRate, rateAt } from "./schedules.js";

export interface MomentumOptions {
  /** @defaultValue 0.01 */
  readonly learningRate?: LearningRate;
  /** μ, the share of the velocity that is kept from step to step. @defaultValue 0.9 */
  readonly momentum?: number;
  /** Whether the step looks ahead along the velocity. @defaultValue false */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum: v ← μ v + g, θ ← θ − α v; with `nesterov`, θ ← θ − α (g + μ v).
 *
 * Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).
 *
 * @throws ElbowError "option" for a learning rate that is not positive or a momentum outside [0, 1)
 */
export function momentum(options: MomentumOptions = {}): Optimizer {
  checkOptionNames("momentum", options, ["learningRate", "momentum", "nesterov"]);
  const { learningRate = 0.01, momentum: mu = 0.9, nesterov = false } = options;
  checkLearningRate("momentum", learningRate);
  checkDecay("momentum", "momentum", mu);
  return builtIn({
    name: nesterov ? "nesterov" : "momentum",
    init: (parameter) => [tf.zerosLike(parameter)],
    update: ({ parameter, gradient, slots: [previous], step }) => {
      const velocity = tf.add(tf.mul(mu, previous!), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(mu, velocity)) : velocity;
      return { parameter: tf.sub(parameter, tf.mul(rateAt(learningRate, step), direction)), slots: [velocity] };
    },
  });
}
