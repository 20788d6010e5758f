import type { Tensor } from "@tensorflow/tfjs-core";
import { checkFunction } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import type { Tree } from "../../util/tree.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import type { Parameters } from "../prepare.js";
import { type FilterProblem, type ParticleFilterOptions, particleFilter } from "../smc/particleFilter.js";
import { checkResampling } from "../smc/resampling.js";

/**
 * The filtering variational objective, E log Ẑ_N ≤ log p(y), for the evidence estimate Ẑ_N of a particle filter: the bound of
 * a sequence that `iwelbo` is of a whole. It trains models and proposals, whatever of them has parameters.
 *
 * Its gradient has a term for the resampling, which is scored by default: unbiased. `resampling: { gradient: "dropped" }` leaves it
 * out, as the papers do for its variance: **biased**.
 *
 * Maddison et al., "Filtering Variational Objectives" (2017); Le et al., "Auto-Encoding Sequential Monte Carlo" (2018);
 * Naesseth et al., "Variational Sequential Monte Carlo" (2018).
 *
 * @param problem - takes the parameters, then the data; gives model, observations and, if there is one, a proposal
 * @throws ElbowError "option"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { fivo, normal } from "elbow";
 * const L = fivo(
 *   ({ a }: { a: tf.Tensor }, observations: tf.Tensor) => ({
 *     model: {
 *       initial: () => normal(0, 1),
 *       transition: (z: tf.Tensor) => normal(tf.mul(z, a), 0.5),
 *       observation: (z: tf.Tensor) => normal(z, 0.8),
 *     },
 *     observations,
 *   }),
 *   { particles: 100 },
 * );
 * const value = await L.estimate({ seed: 0, draws: 100 }, { a: tf.scalar(0.9) }, tf.tensor1d([0.5, 0.9, 0.2]));
 * console.log(Math.abs(value.dataSync()[0]! + 3.4416) < 0.03); // => true
 * ```
 */
export function fivo<
  P extends Parameters,
  D extends readonly unknown[],
  S extends Tree<Tensor> = Tensor,
  Y extends Tree<Tensor> = Tensor,
>(problem: (parameters: P, ...data: D) => FilterProblem<S, Y>, options: ParticleFilterOptions): Objective<P, D> {
  checkFunction(
    "fivo",
    "the problem",
    problem,
    "Write fivo((parameters, ...data) => ({ model, observations }), { particles }).",
  );
  checkOptionNames("fivo", options, ["particles", "resampling"], ["particles"]);
  checkParticles("fivo", options.particles);
  checkResampling(options.resampling ?? {});
  return objective(function* (parameters: P, ...data: D) {
    const { logEvidence } = yield* particleFilter(problem(parameters, ...data), options);
    return logEvidence;
  });
}
