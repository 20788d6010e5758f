import type { Tensor } from "@tensorflow/tfjs-core";
import type { Effect, Effects } from "../dsl/effects.js";
import { type Minibatch, minibatchOf } from "../dsl/minibatch.js";
import { checkFunction, checkInteger } from "../util/expected.js";
import { type Objective, objective } from "./objective.js";
import type { Parameters } from "./prepare.js";

/**
 * An objective of whole data that is estimated from some of its rows: the body sums costs of rows with `batch.sum`, which
 * scales them to the whole. For {@link fit} with `minibatches(data, { size })`, which walks the rows; given the whole data,
 * it is the whole objective.
 *
 * @param total - rows of the whole data, N
 * @param body - (parameters, batch) ↦ scalar; `batch.rows` are the data arguments, `batch.scale` is N/m
 * @throws ElbowError "minibatch" when it is given more rows than that, or tensors that differ in their rows
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, fit, minibatches, minibatchObjective, normal, logDensity, reparam, sample } from "elbow";
 * const y = Array.from({ length: 100 }, (_, i) => 2 + Math.sin(i));
 * // mu ~ N(0, 1), y_i ~ N(mu, 1): the posterior mean is Σ y/101
 * const L = minibatchObjective(100, function* (q: { loc: tf.Tensor }, { rows: [y], sum }) {
 *   const mu = yield* sample("mu", reparam(normal(q.loc, 0.1)));
 *   return logDensity(normal(0, 1), mu).add(sum(logDensity(normal(mu, 1), y)));
 * });
 * const { parameters } = await fit(L, {
 *   parameters: { loc: tf.scalar(0) },
 *   data: minibatches([y], { size: 10 }),
 *   steps: 3000,
 *   optimizer: adam({ learningRate: 0.01 }),
 * });
 * console.log(Math.abs(parameters.loc.dataSync()[0]! - 1.98) < 0.1); // => true
 * ```
 */
export const minibatchObjective = <
  P extends Parameters,
  D extends readonly [Tensor, ...Tensor[]] = [Tensor],
  E extends Effect = Effect,
>(
  total: number,
  body: (parameters: P, batch: Minibatch<D>) => Effects<E, Tensor>,
): Objective<P, D> => {
  checkInteger("minibatchObjective", "the number of rows", total, 1);
  checkFunction(
    "minibatchObjective",
    "the objective",
    body,
    "Write minibatchObjective(N, function* (parameters, batch) { … }).",
  );
  return objective(function* (parameters: P, ...data: D) {
    return yield* body(parameters, minibatchOf(total, data) as Minibatch<D>);
  });
};
