import { assess, type Values } from "../../dsl/assess.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkFunction } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";

/** Options of {@link mapEstimate}. */
export interface MapOptions<P, M> {
  /** The values of the choices, from parameters that may be any real numbers. @defaultValue the parameters themselves */
  readonly values?: (parameters: P) => Values<M>;
}

/**
 * The log density of values and data, log p(x, z(θ)), to be maximised: its maximum is the posterior mode (maximum a posteriori).
 * No randomness, unless the model has densities that are estimated.
 *
 * The mode is that of the density in the model's own coordinates, whatever `values` computes them from: no Jacobian enters.
 *
 * @param model - takes the data; the parameters are the values of its choices, nested as they are
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, fit, gamma, gen, mapEstimate, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   const tau = yield* sample("tau", gamma(3, 1));
 *   yield* observe("y", normal(mu.mul(tf.onesLike(y)), tf.pow(tau, -0.5).mul(tf.onesLike(y))), y);
 * });
 * const values = ({ mu, logTau }: { mu: tf.Tensor; logTau: tf.Tensor }) => ({ mu, tau: tf.exp(logTau) });
 * const { parameters } = await fit(mapEstimate(model, { values }), {
 *   parameters: { mu: tf.scalar(0), logTau: tf.scalar(0) },
 *   data: [tf.tensor1d([1, 1])],
 *   steps: 1000,
 *   optimizer: adam({ learningRate: 0.02 }),
 * });
 * const { mu, tau } = values(parameters);
 * // mu = 2τ/(1 + 2τ), and 3/τ = 1 + (1 − mu)²
 * const [m, t] = [mu.dataSync()[0], tau.dataSync()[0]];
 * console.log(Math.abs(m - (2 * t) / (1 + 2 * t)) < 0.01, Math.abs(3 / t - 1 - (1 - m) ** 2) < 0.01); // => true true
 * ```
 */
export const mapEstimate = <D extends readonly unknown[], M, R, P extends object = Values<M>>(
  model: GenerativeFunction<D, M, R>,
  options: MapOptions<P, M> = {},
): Objective<P, D> => {
  checkPrograms("mapEstimate", { model });
  checkOptionNames("mapEstimate", options, ["values"]);
  const { values = (parameters) => parameters as unknown as Values<M> } = options;
  checkFunction("mapEstimate", "values", values, "Write { values: (parameters) => ({ address: parameters.x }) }.");
  return objective(function* (parameters: P, ...data: D) {
    return yield* assess(model(...data), values(parameters));
  });
};
