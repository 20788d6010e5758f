import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { held } from "../../dsl/held.js";
import { replicate } from "../../dsl/replicate.js";
import { ElbowError } from "../../errors.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";
import { particle } from "./particle.js";

/** Options of {@link logVariance}. */
export interface LogVarianceOptions<G, D extends readonly unknown[]> {
  /** K ≥ 2. @defaultValue 10 */
  readonly particles?: number;
  /** r, what the particles are drawn from. @defaultValue the guide, its parameters held constant */
  readonly reference?: (...data: D) => Call<G, unknown>;
}

/**
 * The log-variance divergence, ½·Var_r(log q(z) − log p(x, z)) over draws of a reference r that no derivative goes through, to
 * be minimised; by the unbiased sample variance of K particles. It is zero where q is the posterior.
 *
 * Where r is q itself its gradient is that of KL(q‖p), so minus that of the ELBO, and the estimate is the score function with the
 * other particles as baseline (VarGrad): no pathwise derivatives, and none where q is the posterior.
 *
 * Richter, Boustati, Nüsken, Ruiz & Akyıldız, "VarGrad: A Low-Variance Gradient Estimator for Variational Inference" (2020).
 *
 * @throws ElbowError "option" for fewer than two particles
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, logVariance, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const { loc } = await logVariance(model, guide).gradEstimate(0, { loc: tf.scalar(0.5) }, tf.scalar(1));
 * console.log(Math.abs(loc.dataSync()[0]) < 1e-5); // => true
 * ```
 */
export const logVariance = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: LogVarianceOptions<G, NoInfer<D>> = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("logVariance", { model, guide });
  checkOptionNames("logVariance", options, ["particles", "reference"]);
  const { particles = 10, reference } = options;
  checkParticles("logVariance", particles);
  if (particles < 2)
    throw new ElbowError("option", {
      message: `logVariance: a variance needs two particles, and there is ${particles}`,
    });
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const drawnFrom = held(reference?.(...data) ?? guide(...([detached(parameters), ...data] as unknown as A)));
      const { logJoint, logGuide } = yield* replicate(particles, () =>
        particle(model, guide, parameters, data, drawnFrom),
      );
      const difference = tf.sub(logGuide, logJoint);
      const squares = tf.square(tf.sub(difference, tf.mean(difference)));
      return tf.div(tf.sum(squares), 2 * (particles - 1));
    },
    { direction: "minimize" },
  );
};
