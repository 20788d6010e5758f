import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkNumber } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";
import { particle } from "./particle.js";

/** Options of {@link forwardChi2}. */
export interface ForwardChi2Options {
  /**
   * c, what log p(x) is taken to be. With the wrong one the divergence is one of p(x, z)/eᶜ, which has the same minimum; it only
   * must not be so wrong that the weights overflow. @defaultValue 0, which is right for a model without observations
   */
  readonly logEvidence?: number;
}

/**
 * The forward χ² divergence, χ²(p‖q) = E_q (p(x, z)/(eᶜ·q(z)))² − 1 with c = log p(x), to be minimised.
 *
 * Unbiased, value and gradient. Its variance is a fourth moment of the weights: it is finite only where the guide has
 * tails that are heavier than those of the posterior, so start from a wide guide.
 *
 * "Forward χ² Divergence Based Variational Importance Sampling" (2024); Dieng et al. (2017).
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { forwardChi2, gen, normal, sample } from "elbow";
 * const target = gen(function* () {
 *   yield* sample("z", normal(0, 1));
 * });
 * const guide = gen(function* (q: { scale: tf.Tensor }) {
 *   yield* sample("z", normal(0, q.scale));
 * });
 * const value = await forwardChi2(target, guide).estimate({ seed: 0, draws: 100_000 }, { scale: tf.scalar(2) });
 * // E_q (p/q)² = s²/√(2s² − 1) = 4/√7 for a scale s of 2
 * console.log(value.dataSync()[0].toFixed(2)); // => 0.51
 * ```
 */
export const forwardChi2 = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: ForwardChi2Options = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("forwardChi2", { model, guide });
  checkOptionNames("forwardChi2", options, ["logEvidence"]);
  const { logEvidence = 0 } = options;
  checkNumber("forwardChi2", "logEvidence", logEvidence, "Write { logEvidence: -10 }.");
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const { logJoint, logGuide } = yield* particle(model, guide, parameters, data);
      return tf.sub(tf.exp(tf.mul(2, tf.sub(tf.sub(logJoint, logGuide), logEvidence))), 1);
    },
    { direction: "minimize" },
  );
};
