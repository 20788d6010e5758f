import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { simulateGuide } from "../../dsl/simulate.js";
import type { Assess } from "../../dsl/verbEffects.js";
import { drive } from "../../dsl/verbs.js";
import { isTracing, trace } from "../../ir/tracing.js";
import { captureSource } from "../../util/location.js";
import { checkChoice, checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import type { Parameters } from "../prepare.js";
import { type AnalyticKl, contrast } from "./analyticKl.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached, firstOrderOnly } from "./detached.js";

/** The parameters of a guide: its first argument. */
export type GuideParameters<A extends readonly unknown[]> = A[0] extends Parameters ? A[0] : never;

/** Options of {@link elbo}. */
export interface ElboOptions {
  /**
   * How the gradient is estimated.
   *
   * - `"standard"`: as the strategies of the guide's choices say;
   * - `"stickingTheLanding"`: the same without the score of q, −∂ log q(z) at fixed z, whose expectation is zero: then the
   *   pathwise gradient has no variance where the guide is the posterior. First derivatives only. The guide's parameters
   *   must come in through its first argument, and it must have no factors of its own.
   *   Roeder, Wu & Duvenaud, "Sticking the Landing" (2017), equation 7.
   *
   * @defaultValue "standard"
   */
  readonly gradient?: "standard" | "stickingTheLanding";
  /**
   * Choices of which E_q[log p − log q] is computed as −KL(q‖p) instead of being estimated from their values: those at these
   * addresses (nested ones joined by "/"), or with `true` all for which `kl` has a closed form. The others are estimated, and so
   * are choices in loops and branches, and those whose distribution in the model depends on what the guide draws after them.
   * The gradient is unbiased all the same; what the divergence leaves no noise in has none.
   *
   * @defaultValue false
   */
  readonly analyticKl?: AnalyticKl;
}

/**
 * The evidence lower bound, E_q[log p(x, z) − log q(z)] ≤ log p(x).
 *
 * @param model - takes the data
 * @param guide - takes the parameters, then the data; must sample exactly the model's addresses
 * @throws ElbowError while tracing, if model and guide disagree about addresses or supports; "kl" if a choice that
 *   `analyticKl` lists has no closed form
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
  options: ElboOptions = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("elbo", { model, guide });
  checkOptionNames("elbo", options, ["gradient", "analyticKl"]);
  const { gradient = "standard", analyticKl = false } = options;
  checkChoice("elbo", "gradient", gradient, ["standard", "stickingTheLanding"]);
  if (analyticKl !== false) return analyticElbo(model, guide, gradient, analyticKl);
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const withParameters = (q: unknown) => guide(...([q, ...data] as unknown as A));
    const { choices, logDensity } = yield* simulateGuide(withParameters(parameters));
    const joint = yield* assess(model(...data), choices as unknown as Values<M>);
    if (gradient === "standard") return joint.sub(logDensity);
    const fixed = yield* assess(withParameters(detached(parameters)), choices as unknown as Values<G>);
    return firstOrderOnly(joint.sub(fixed), parameters, secondOrderMessage("stickingTheLanding"));
  });
};

/** The same with divergences of single choices in closed form. */
function analyticElbo<D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S>,
  gradient: "standard" | "stickingTheLanding",
  analyticKl: AnalyticKl,
): Objective<GuideParameters<A>, D> {
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const withParameters = (q: unknown) => guide(...([q, ...data] as unknown as A));
    const both = (decided?: ReadonlySet<string>) =>
      contrast(model(...data), withParameters(parameters), analyticKl, decided);
    const { choices, joint, logGuide, analytic } = yield* both(isTracing() ? undefined : decidedByTracing(both));
    if (gradient === "standard") return tf.sub(joint, logGuide);
    const fixed: Tensor = yield {
      kind: "assess",
      call: withParameters(detached(parameters)),
      choices,
      score: ({ address, logDensity }) => (analytic.has(address) ? tf.scalar(0) : logDensity()),
      source: captureSource(),
    } satisfies Assess;
    return firstOrderOnly(tf.sub(joint, fixed), parameters, secondOrderMessage("stickingTheLanding"));
  });
}

/** Which choices are treated analytically is seen in a recording: for runs on real tensors, it is made on the side. */
function decidedByTracing(both: () => ReturnType<typeof contrast>): ReadonlySet<string> {
  let analytic: ReadonlySet<string> = new Set();
  trace([{ shape: [2], dtype: "int32" }], (key) => {
    analytic = drive(both(), key!).analytic;
    return [];
  });
  return analytic;
}

/** What is said where a surrogate is differentiated twice. */
export const secondOrderMessage = (gradient: string): string =>
  `a second derivative of an objective with the gradient "${gradient}" was asked for; what it leaves out is zero for first derivatives only (use the standard gradient)`;
