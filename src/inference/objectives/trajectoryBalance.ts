import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";
import { particle } from "./particle.js";

/** Options of {@link trajectoryBalance}. */
export interface TrajectoryBalanceOptions<G, D extends readonly unknown[]> {
  /** What trajectories are drawn from: off-policy. @defaultValue the guide, its parameters held constant: on-policy */
  readonly behavior?: (...data: D) => Call<G, unknown>;
}

/**
 * Trajectory balance, E (log Z + log P_F(τ) − log R(x) − log P_B(τ | x))² over trajectories τ of a behavior that no derivative
 * goes through, to be minimised. The guide is the forward policy P_F; the model is the reward times the backward policy, log R
 * as a factor. It is zero where P_F is proportional to the model, and then log Z is the log evidence.
 *
 * Malkin, Jain, Bengio, Sun & Bengio, "Trajectory Balance: Improved Credit Assignment in GFlowNets" (2022).
 *
 * @returns an objective of `{ logZ, guide }`: log Z is trained with the guide's parameters
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { factor, flip, gen, sample, trajectoryBalance } from "elbow";
 * // R(0) = 1, R(1) = 3; the model's coin has no backward policy to choose, so its ½ is taken out of the reward
 * const reward = gen(function* () {
 *   const x = yield* sample("x", flip(0.5));
 *   yield* factor("R", x.mul(Math.log(3)).add(Math.LN2));
 * });
 * const policy = gen(function* (q: { logit: tf.Tensor }) {
 *   yield* sample("x", flip(tf.sigmoid(q.logit)));
 * });
 * const L = trajectoryBalance(reward, policy);
 * const solved = { logZ: tf.scalar(Math.log(4)), guide: { logit: tf.scalar(Math.log(3)) } };
 * console.log((await L.estimate({ seed: 0, draws: 100 }, solved)).dataSync()[0] < 1e-6); // => true
 * ```
 */
export const trajectoryBalance = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: TrajectoryBalanceOptions<G, NoInfer<D>> = {},
): Objective<{ logZ: Tensor; guide: GuideParameters<A> }, D> => {
  checkPrograms("trajectoryBalance", { model, guide });
  checkOptionNames("trajectoryBalance", options, ["behavior"]);
  const { behavior } = options;
  return objective(
    function* (parameters: { logZ: Tensor; guide: GuideParameters<A> }, ...data: D) {
      const drawnFrom = behavior?.(...data) ?? guide(...([detached(parameters.guide), ...data] as unknown as A));
      const { logJoint, logGuide } = yield* particle(model, guide, parameters.guide, data, drawnFrom);
      return tf.square(tf.sub(tf.add(parameters.logZ, logGuide), logJoint));
    },
    { direction: "minimize" },
  );
};
