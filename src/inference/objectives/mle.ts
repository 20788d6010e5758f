import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkOptionNames } from "../../util/options.js";
import type { Algorithm } from "../marginal/algorithm.js";
import { checkAlgorithm } from "../marginal/checkAlgorithm.js";
import { exactEnumeration } from "../marginal/exactEnumeration.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";

/** Options of {@link mle}. */
export interface MleOptions {
  /**
   * Sums or integrates out the choices of the model, if it has any. @defaultValue exactEnumeration(), for models whose choices
   * are all observed or have finitely many values
   */
  readonly algorithm?: Algorithm;
}

/**
 * The log likelihood log p_θ(x) of a model's parameters, to be maximised: its maximum is the maximum likelihood estimate.
 *
 * Exact where the algorithm is, without randomness. With importance sampling it is the lower bound E log p̂_θ(x) ≤ log p_θ(x), which
 * rises to it with the particles; value and gradient are unbiased for that bound.
 *
 * @param model - takes the parameters, then the data
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, gen, mle, normal, observe, sample } from "elbow";
 * const model = gen(function* (p: { logit: tf.Tensor }, x: tf.Tensor) {
 *   const side = yield* sample("side", flip(tf.sigmoid(p.logit)));
 *   yield* observe("x", normal(side.mul(2), 1), x);
 * });
 * const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
 * const value = await mle(model).estimate(0, { logit: tf.scalar(0) }, tf.scalar(0.5));
 * console.log(Math.abs(value.dataSync()[0]! - Math.log(0.5 * density(0.5) + 0.5 * density(-1.5))) < 1e-5); // => true
 * ```
 */
export const mle = <
  A extends readonly [unknown, ...unknown[]],
  M,
  R,
  D extends readonly unknown[] = A extends readonly [unknown, ...infer Rest] ? Rest : never,
>(
  model: GenerativeFunction<A, M, R>,
  options: MleOptions = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("mle", { model });
  checkOptionNames("mle", options, ["algorithm"]);
  const { algorithm = exactEnumeration() } = options;
  checkAlgorithm("mle", algorithm);
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    return yield* algorithm.density({ program: model(...([parameters, ...data] as unknown as A)), kept: {} });
  });
};
