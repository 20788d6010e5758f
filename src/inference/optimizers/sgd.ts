import * as tf from "@tensorflow/tfjs-core";
import { checkOptionNames } from "../../util/options.js";
import { builtIn, type Optimizer } from "./optimizer.js";
import { checkLearningRate, type LearningRate, rateAt } from "./schedules.js";

export interface SgdOptions {
  /** @defaultValue 0.01 */
  readonly learningRate?: LearningRate;
}

/**
 * Stochastic gradient descent: θ ← θ − α g.
 *
 * @throws ElbowError "option" for a learning rate that is not positive
 * @example
 * ```ts
 * import { sgd } from "elbow";
 * console.log(sgd({ learningRate: 0.1 }).name); // => sgd
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptionNames("sgd", options, ["learningRate"]);
  const { learningRate = 0.01 } = options;
  checkLearningRate("sgd", learningRate);
  return builtIn({
    name: "sgd",
    init: () => [],
    update: ({ parameter, gradient, step }) => ({
      parameter: tf.sub(parameter, tf.mul(rateAt(learningRate, step), gradient)),
      slots: [],
    }),
  });
}
