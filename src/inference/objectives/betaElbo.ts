import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Choices } from "../../dsl/choices.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { interpret } from "../../dsl/interpret.js";
import { average } from "../../dsl/replicate.js";
import { simulateGuide } from "../../dsl/simulate.js";
import type { TensorLike } from "../../ir/lifted.js";
import { checkFunction } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";

/** What weighs the divergence: numbers, or scalars that may be others at every step (see {@link annealed}). */
export interface KlWeights {
  /** β. */
  readonly beta: TensorLike;
  /** C, nats that are free. @defaultValue 0, without the absolute value */
  readonly capacity?: TensorLike;
}

/** Options of {@link betaElbo}. */
export interface BetaElboOptions<P, D extends readonly unknown[]> {
  /** KL(q‖p(z)) in closed form, where there is one (see `kl`). @defaultValue estimated by the draws */
  readonly divergence?: (parameters: P, data: D) => Tensor;
  /** K, of which the mean is taken. @defaultValue 1 */
  readonly particles?: number;
}

/**
 * The ELBO with a weighted divergence, E_q log p(x | z) − β·KL(q‖p(z)), to be maximised; with a capacity C, E_q log p(x | z) −
 * β·|KL(q‖p(z)) − C|. What counts as the prior are the model's choices, as the likelihood its observations and factors.
 *
 * The weights are the first data argument: numbers, or scalars that change from step to step as `annealed` lets them. Value and
 * gradient are unbiased for every β. With a capacity they are where `divergence` is a closed form; else the divergence inside the
 * absolute value is the mean of K draws, and the objective is the expectation of that: a lower bound of the other, **not the same**.
 *
 * Higgins et al., "β-VAE" (2017), equation 4; Burgess et al., "Understanding Disentangling in β-VAE" (2018), equation 8.
 *
 * @returns an objective whose data are the weights, then the model's
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { betaElbo, gen, kl, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * type Q = { loc: tf.Tensor };
 * const guide = gen(function* (q: Q, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const at = { loc: tf.scalar(0.5) };
 * const value = await betaElbo(model, guide).estimate(0, at, { beta: 1 }, tf.scalar(1));
 * console.log(value.dataSync()[0].toFixed(4)); // => -1.5155
 * const divergence = (q: Q) => kl(normal(q.loc, Math.SQRT1_2), normal(0, 1));
 * const L = betaElbo(model, guide, { divergence });
 * const free = await L.estimate({ seed: 0, draws: 10_000 }, at, { beta: 4, capacity: 0.2216 }, tf.scalar(1));
 * // as many nats as the divergence has: what is left is E log N(y; mu, 1)
 * console.log(free.dataSync()[0].toFixed(1)); // => -1.3
 * ```
 */
export const betaElbo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: BetaElboOptions<GuideParameters<A>, D> = {},
): Objective<GuideParameters<A>, [weights: KlWeights, ...data: D]> => {
  checkPrograms("betaElbo", { model, guide });
  checkOptionNames("betaElbo", options, ["divergence", "particles"]);
  const { divergence, particles = 1 } = options;
  if (divergence !== undefined)
    checkFunction("betaElbo", "divergence", divergence, "Write { divergence: (parameters, data) => … }.");
  checkParticles("betaElbo", particles);
  return objective(function* (parameters: GuideParameters<A>, { beta, capacity }: KlWeights, ...data: D) {
    const { logLikelihood, difference } = yield* average(particles, function* () {
      const { choices, logDensity } = yield* simulateGuide(guide(...([parameters, ...data] as unknown as A)));
      const given = choices as Choices;
      // of all choices the prior, of observations and factors the likelihood
      const p = yield* interpret(model(...data), { given, countsAsGiven: () => false });
      return { logLikelihood: p.logGiven, difference: tf.sub(logDensity, p.logDrawn) };
    });
    const kl = divergence?.(parameters, data) ?? difference;
    const cost = capacity === undefined ? kl : tf.abs(tf.sub(kl, capacity));
    return tf.sub(logLikelihood, tf.mul(beta, cost));
  });
};
