import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** x in value, with the derivative of the mean. */
export const straightThroughStrategy: Strategy = {
  name: "straightThrough",
  isUnbiased: false,
  isPathwise: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: ({ mean }) => (mean ? undefined : "it has no mean to take the derivative from"),
  draw: ({ family, parameters, key, batch, event }) => {
    const mean = tf.broadcastTo(family.mean!(parameters), [...batch, ...event]);
    const drawn = stopGradient(family.draw(parameters, key, batch));
    return { value: tf.add(drawn, tf.sub(mean, stopGradient(mean))), keep: {} };
  },
};

/**
 * BIASED. Estimates a site by the straight-through derivative: the cost sees the drawn value, whose derivative is taken to
 * be that of its mean: f'(b)·∂E[b]. One lane, little variance, and right only for costs that are linear in the value.
 *
 * The value must reach the cost through continuous operations, which is checked; a category is its index here, so the cost
 * must mean something between the indices.
 *
 * Bengio, Léonard & Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
 * Computation" (2013).
 *
 * @throws ElbowError "discontinuous" where the value reaches the cost through a comparison, an index or a discrete density
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, objective, sample, straightThrough } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("b", straightThrough(flip(p)))).mul(3);
 * });
 * const { p } = await L.gradEstimate(0, { p: tf.scalar(0.25) });
 * console.log(p.dataSync()[0]); // => 3
 * ```
 */
export const straightThrough = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "straightThrough", "straightThrough is for coins and categories; use reparam or reinforce">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, straightThroughStrategy);
