import type { Tensor } from "@tensorflow/tfjs-core";
import { asked } from "../../dsl/asked.js";
import { assess, type Values } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { simulateGuide } from "../../dsl/simulate.js";
import { checkData } from "../checkData.js";
import { checkPrograms } from "./checkPrograms.js";

/** A draw with what model and guide say about it. */
export type Particle = {
  /** log p(x, z). */
  readonly logJoint: Tensor;
  /** log q(z). */
  readonly logGuide: Tensor;
  /** log density of z under the program that it was drawn from: the guide, unless another one was given. */
  readonly logProposal: Tensor;
};

/**
 * Draws z from a guide, or from a proposal in its place, and scores it under model and guide: what most objectives start with.
 *
 * @param model - takes the data
 * @param guide - takes the parameters, then the data
 * @param proposal - samples the addresses of the guide @defaultValue the guide at the same parameters
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, objective, observe, particle, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * // the ELBO, once more
 * const L = objective(function* (q: { loc: tf.Tensor }, y: tf.Tensor) {
 *   const { logJoint, logGuide } = yield* particle(model, guide, q, [y]);
 *   return tf.sub(logJoint, logGuide);
 * });
 * const value = await L.estimate(0, { loc: tf.scalar(0.5) }, tf.scalar(1));
 * console.log(value.dataSync()[0].toFixed(4)); // => -1.5155
 * ```
 */
export const particle = asked("particle", function* particle<
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
>(model: GenerativeFunction<D, M, R>, guide: GenerativeFunction<A, G, S>, parameters: A[0], data: D, proposal?: Call<G, unknown>): Effects<
  Effect,
  Particle
> {
  checkPrograms(
    "particle",
    { model, guide },
    "Write particle(model, guide, parameters, data), both programs without arguments.",
  );
  checkData("particle", data);
  const q = guide(...([parameters, ...data] as unknown as A));
  const { choices, logDensity } = yield* simulateGuide(proposal ?? q);
  const logJoint = yield* assess(model(...data), choices as unknown as Values<M>);
  const logGuide = proposal ? yield* assess(q, choices as unknown as Values<G>) : logDensity;
  return { logJoint, logGuide, logProposal: logDensity };
});
