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
import { particle } from "./particle.js";
import type { QWakeOptions } from "./qWake.js";

/**
 * The symmetric divergence KL(q‖p(· | x)) + KL(p(· | x)‖q) = E_q log (q(z)/p(x, z)) + E_p(z | x) log (p(x, z)/q(z)), to be minimised: the
 * evidence cancels.
 *
 * The first part is estimated as the strategies of the guide's choices say. The draws of the second part are those of `qWake`:
 * of a posterior that is given, or resampled particles of the guide, with the **bias** that comes with these; no derivative goes
 * through them.
 *
 * Jeffreys, "An Invariant Form for the Prior Probability in Estimation Problems" (1946).
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, sample, symmetricKl } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const posterior = (y: tf.Tensor) => guide({ loc: y.mul(0.5) }, y);
 * const L = symmetricKl(model, guide, { posterior });
 * // two normals of variance ½ at a distance of ½: 2·½·¼/½
 * const value = await L.estimate({ seed: 0, draws: 100_000 }, { loc: tf.scalar(0) }, tf.scalar(1));
 * console.log(Math.abs(value.dataSync()[0]! - 0.5) < 0.02); // => true
 * ```
 */
export const symmetricKl = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: QWakeOptions<M, NoInfer<D>> = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("symmetricKl", { model, guide });
  checkOptionNames("symmetricKl", options, ["particles", "posterior"]);
  const { particles = 10, posterior } = options;
  checkParticles("symmetricKl", particles);
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const reverse = yield* particle(model, guide, parameters, data);
      const q = (phi: unknown) => guide(...([phi, ...data] as unknown as A));
      const algorithm = importanceSampling({ particles, proposal: () => held(q(detached(parameters))) });
      const drawnFrom = posterior?.(...data) ?? normalize(model(...data), { algorithm, pick: enumerate });
      const { choices } = yield* simulate(drawnFrom);
      const logJoint = yield* assess(model(...data), choices as unknown as Values<M>);
      const forward = tf.sub(logJoint, yield* assess(q(parameters), choices as unknown as Values<G>));
      return tf.add(tf.sub(reverse.logGuide, reverse.logJoint), forward);
    },
    { direction: "minimize" },
  );
};
