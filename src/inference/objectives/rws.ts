import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { held } from "../../dsl/held.js";
import { replicate } from "../../dsl/replicate.js";
import { simulateGuide } from "../../dsl/simulate.js";
import { stopGradient } from "../../ops/marks.js";
import { checkOptionNames } from "../../util/options.js";
import { checkObjective } from "../checkObjective.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";
import { logMeanExp } from "./logMeanExp.js";

/** Options of {@link rws}. */
export interface RwsOptions<P> {
  /** N. @defaultValue 10 */
  readonly particles?: number;
  /**
   * An objective of the guide's parameters in the place of its wake phase, given the model's parameters as its data:
   * `sleep(model that draws its data, guide, …)` for wake–sleep. @defaultValue the guide's wake phase, for wake–wake
   */
  // biome-ignore lint/suspicious/noExplicitAny: parameters of whatever guide it is of
  readonly sleep?: Objective<any, [P]>;
}

/**
 * Reweighted wake-sleep, to be minimised: the model learns from −log (1/N) Σᵢ wᵢ with wᵢ = p_θ(zᵢ, x)/q(zᵢ) at fixed particles zᵢ of the
 * guide, and the guide from the same particles, −Σᵢ w̃ᵢ·log q(zᵢ) with self-normalised weights (wake–wake), or from dreams of the model
 * (wake–sleep). No particle is picked: the sums run over all of them.
 *
 * The model's gradient is that of the importance-weighted bound of N particles. The guide's wake phase is **biased** as `qWake` is;
 * its sleep phase is not.
 *
 * A particle is a run of the whole guide with one weight: rows of data that have choices of their own would share it, and few
 * particles would count. Rows with weights of their own are a matter of `replicate`, `held` and a softmax, as in models/air.ts.
 *
 * Bornschein & Bengio, "Reweighted Wake-Sleep" (2015); Le et al., "Revisiting Reweighted Wake-Sleep" (2019).
 *
 * @param model - takes its parameters, then the data
 * @param guide - takes its parameters, then the data
 * @returns an objective of `{ model, guide }`, the parameters of both
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, rws, sample } from "elbow";
 * const model = gen(function* (p: { loc: tf.Tensor }, x: tf.Tensor) {
 *   const z = yield* sample("z", normal(p.loc, 1));
 *   yield* observe("x", normal(z, 0.5), x);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _x: tf.Tensor) {
 *   yield* sample("z", normal(q.loc, Math.sqrt(0.2)));
 * });
 * const L = rws(model, guide, { particles: 20 });
 * const at = { model: { loc: tf.scalar(0) }, guide: { loc: tf.scalar(0.96) } };
 * const { model: theta, guide: phi } = await L.gradEstimate({ seed: 0, draws: 10_000 }, at, tf.scalar(1.2));
 * console.log(theta.loc.dataSync()[0].toFixed(1), Math.abs(phi.loc.dataSync()[0]) < 0.05); // => -1.0 true
 * ```
 */
export const rws = <
  B extends readonly [unknown, ...unknown[]],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
  D extends readonly unknown[] = A extends readonly [unknown, ...infer Rest] ? Rest : never,
>(
  model: GenerativeFunction<B, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: RwsOptions<GuideParameters<B>> = {},
): Objective<{ model: GuideParameters<B>; guide: GuideParameters<A> }, D> => {
  checkPrograms("rws", { model, guide });
  checkOptionNames("rws", options, ["particles", "sleep"]);
  const { particles = 10, sleep } = options;
  checkParticles("rws", particles);
  if (sleep !== undefined) checkObjective("rws: sleep", sleep);
  return objective(
    function* (parameters: { model: GuideParameters<B>; guide: GuideParameters<A> }, ...data: D) {
      const p = model(...([parameters.model, ...data] as unknown as B));
      const q = (phi: unknown) => guide(...([phi, ...data] as unknown as A));
      const { logWeights, logGuide } = yield* replicate(particles, function* () {
        const { choices, logDensity } = yield* simulateGuide(held(q(detached(parameters.guide))));
        const logJoint = yield* assess(p, choices as unknown as Values<M>);
        const logGuide = yield* assess(q(parameters.guide), choices as unknown as Values<G>);
        return { logWeights: tf.sub(logJoint, logDensity), logGuide };
      });
      const wakeOfModel = tf.neg(logMeanExp(logWeights));
      if (sleep)
        return tf.add(wakeOfModel, (yield* sleep.body(parameters.guide, detached(parameters.model))) as Tensor);
      const weights = tf.softmax(stopGradient(logWeights));
      return tf.sub(wakeOfModel, tf.sum(tf.mul(weights, logGuide)));
    },
    { direction: "minimize" },
  );
};
