import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { held } from "../../dsl/held.js";
import { simulate } from "../../dsl/simulate.js";
import { enumerate } from "../../strategies/enumerate.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { importanceSampling } from "../marginal/importanceSampling.js";
import { normalize } from "../marginal/normalize.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";

/** Options of {@link pWake}. */
export interface PWakeOptions {
  /** N. @defaultValue 10 */
  readonly particles?: number;
}

/**
 * The wake phase of a model, E −log p_θ(z, x) over draws z of its posterior, to be minimised: its gradient at θ is that of
 * −log p_θ(x). No derivative goes through the draws.
 *
 * The draws are those of `normalize`, importance resampling of N particles of a guide, and which of them is picked is summed over:
 * Σᵢ w̃ᵢ·(−log p_θ(zᵢ, x)) with self-normalised weights. **Biased** towards the guide for finite N unless this is the posterior; the
 * gradient is unbiased for what N particles give, which is that of the importance-weighted bound of N particles.
 *
 * Bornschein & Bengio, "Reweighted Wake-Sleep" (2015).
 *
 * @param model - takes the parameters, then the data
 * @param guide - takes the data
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, pWake, sample } from "elbow";
 * const model = gen(function* (p: { loc: tf.Tensor }, x: tf.Tensor) {
 *   const z = yield* sample("z", normal(p.loc, 1));
 *   yield* observe("x", normal(z, 0.5), x);
 * });
 * const posterior = gen(function* (x: tf.Tensor) {
 *   yield* sample("z", normal(x.mul(0.8), Math.sqrt(0.2)));
 * });
 * const L = pWake(model, posterior);
 * const { loc } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { loc: tf.scalar(0) }, tf.scalar(1.2));
 * console.log(Math.abs(loc.dataSync()[0]! + 0.96) < 0.02); // => true
 * ```
 */
export const pWake = <A extends readonly [unknown, ...unknown[]], M, R, D extends readonly unknown[], G, S>(
  model: GenerativeFunction<A, M, R>,
  guide: GenerativeFunction<D, G, S> & Covers<M, G>,
  options: PWakeOptions = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("pWake", { model, guide });
  checkOptionNames("pWake", options, ["particles"]);
  const { particles = 10 } = options;
  checkParticles("pWake", particles);
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const p = (theta: unknown) => model(...([theta, ...data] as unknown as A));
      const algorithm = importanceSampling({ particles, proposal: () => held(guide(...data)) });
      const { choices } = yield* simulate(normalize(p(detached(parameters)), { algorithm, pick: enumerate }));
      return tf.neg(yield* assess(p(parameters), choices as unknown as Values<M>));
    },
    { direction: "minimize" },
  );
};
