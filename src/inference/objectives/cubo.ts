import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { replicate } from "../../dsl/replicate.js";
import { checkNumber } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";
import { logMeanExp } from "./logMeanExp.js";
import { particle } from "./particle.js";

/** Options of {@link cubo}. */
export interface CuboOptions {
  /** n ≥ 1. @defaultValue 2 */
  readonly order?: number;
  /** K. @defaultValue 10 */
  readonly particles?: number;
}

/**
 * The χ upper bound of order n, CUBOₙ = (1/n) log E_q (p(x, z)/q(z))ⁿ ≥ log p(x), as (1/n) · E log (1/K) Σₖ wₖⁿ with K particles;
 * to be minimised.
 *
 * The logarithm of a mean of K weights lies below CUBOₙ and tends to it for K → ∞: with few particles it is **no upper bound**.
 * Value and gradient are unbiased for the mean over K particles. `forwardChi2` has no such bias.
 *
 * Dieng, Tran, Ranganath, Paisley & Blei, "Variational Inference via χ Upper Bound Minimization" (2017).
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { cubo, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const at = { seed: 0, draws: 100 };
 * const L = cubo(model, guide, { particles: 10_000 });
 * // ½ log E w² = log p(y) + ½ log (2/√3), above the log evidence, −1.5155
 * console.log((await L.estimate(at, { loc: tf.scalar(0.5) }, tf.scalar(1))).dataSync()[0].toFixed(2)); // => -1.44
 * ```
 */
export const cubo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: CuboOptions = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("cubo", { model, guide });
  checkOptionNames("cubo", options, ["order", "particles"]);
  const { order = 2, particles = 10 } = options;
  checkNumber("cubo", "order", order, "Write { order: 2 }.");
  checkParticles("cubo", particles);
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const { logJoint, logGuide } = yield* replicate(particles, () => particle(model, guide, parameters, data));
      return tf.div(logMeanExp(tf.mul(order, tf.sub(logJoint, logGuide))), order);
    },
    { direction: "minimize" },
  );
};
