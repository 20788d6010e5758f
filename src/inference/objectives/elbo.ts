import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { assess, simulate, type Values } from "../../dsl/verbs.js";
import { type Objective, objective } from "../objective.js";
import type { Parameters } from "../prepare.js";

/** The parameters of a guide: its first argument. */
export type GuideParameters<A extends readonly unknown[]> = A[0] extends Parameters ? A[0] : never;

/**
 * The evidence lower bound, E_q[log p(x, z) − log q(z)] ≤ log p(x).
 *
 * @param model - takes the data
 * @param guide - takes the parameters, then the data; must sample exactly the model's addresses
 * @throws ElbowError while tracing, if model and guide disagree about addresses or supports
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { elbo, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const L = elbo(model, guide);
 * const value = await L.estimate(0, { loc: tf.scalar(0.5) }, tf.scalar(1));
 * console.log(value.dataSync()[0].toFixed(4)); // => -1.5155
 * ```
 */
export const elbo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
): Objective<GuideParameters<A>, D> =>
  objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const { choices, logDensity } = yield* simulate(guide(...([parameters, ...data] as unknown as A)));
    return (yield* assess(model(...data), choices as unknown as Values<M>)).sub(logDensity);
  });
