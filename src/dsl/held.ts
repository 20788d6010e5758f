import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";

/**
 * The same program with draws that no derivative goes through: one draw each, whatever the strategies of its choices. Its log
 * density still moves with the parameters, at fixed draws. For objectives that weigh draws as they are, as those of wake phases do:
 * choices that would be enumerated or scored run in a single lane.
 *
 * Programs that estimate densities (`marginal`, `normalize`) draw by strategies of their own within it.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { enumerate, flip, gen, held, objective, sample, simulate } from "elbow";
 * const guide = gen(function* (q: { logit: tf.Tensor }) {
 *   yield* sample("b", enumerate(flip(tf.sigmoid(q.logit))));
 * });
 * // E ∂ log q(b) is zero, and b·∂ log q(b) is the score function estimate of ∂ E b
 * const L = objective(function* (q: { logit: tf.Tensor }) {
 *   const { choices, logDensity } = yield* simulate(held(guide(q)));
 *   return tf.mul(choices.b, logDensity);
 * });
 * const { logit } = await L.gradEstimate({ seed: 0, draws: 100_000 }, { logit: tf.scalar(0) });
 * console.log(Math.abs(logit.dataSync()[0] - 0.25) < 0.01); // => true
 * ```
 */
export function held<C, R>(program: Call<C, R>): Call<C, R> {
  checkCall("held", program);
  return {
    name: program.name,
    start: program.start,
    execute: (meaning, execute) => execute(program, { ...meaning, isHeld: true }),
  };
}
