import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { replicate } from "../../dsl/replicate.js";
import { checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";
import { logMeanExp } from "./logMeanExp.js";
import { particle } from "./particle.js";

/** Options of {@link renyi}. */
export interface RenyiOptions {
  /** α, any real number: 1 is the ELBO, 0 the importance-weighted bound. */
  readonly alpha: number;
  /** K. @defaultValue 10 */
  readonly particles?: number;
}

/**
 * The variational Rényi bound of K particles, 1/(1 − α) · E log (1/K) Σₖ wₖ^(1 − α) with wₖ = p(x, zₖ)/q(zₖ), to be maximised.
 *
 * For K → ∞ it tends to 1/(1 − α) · log E_q w^(1 − α), which is at most log p(x) for α ≥ 0 and at least that for α < 0. With
 * finitely many particles it lies below that limit for α < 1, above it for α > 1; value and gradient are unbiased for the bound
 * of K particles.
 *
 * Li & Turner, "Rényi Divergence Variational Inference" (2016); Daudel et al., "Alpha-divergence Variational
 * Inference Meets Importance Weighted Auto-Encoders" (2023).
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, renyi, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const L = renyi(model, guide, { alpha: 0.5 });
 * // the guide is the posterior: every α gives the log evidence
 * console.log((await L.estimate(0, { loc: tf.scalar(0.5) }, tf.scalar(1))).dataSync()[0].toFixed(4)); // => -1.5155
 * ```
 */
export const renyi = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: RenyiOptions,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("renyi", { model, guide });
  checkOptionNames("renyi", options, ["alpha", "particles"], "required");
  const { alpha, particles = 10 } = options;
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const { logJoint, logGuide } = yield* replicate(particles, () => particle(model, guide, parameters, data));
    const logWeights = tf.sub(logJoint, logGuide);
    if (alpha === 1) return tf.mean(logWeights);
    return tf.div(logMeanExp(tf.mul(1 - alpha, logWeights)), 1 - alpha);
  });
};
