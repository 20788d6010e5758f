import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import { controlVariate } from "../../dsl/baseline.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { replicate } from "../../dsl/replicate.js";
import { simulateGuide } from "../../dsl/simulate.js";
import { ElbowError } from "../../errors.js";
import { stopGradient } from "../../ops/marks.js";
import { logSoftmax, logSumExp } from "../../ops/special.js";
import { checkChoice, checkCount, checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached, firstOrderOnly, pathwiseOnly } from "./detached.js";
import { type GuideParameters, secondOrderMessage } from "./elbo.js";
import { boundsWithoutEach, type LeftOut } from "./vimco.js";

/** Options of {@link iwelbo}. */
export interface IwelboOptions {
  /**
   * How the gradient is estimated.
   *
   * - `"standard"`: as the strategies of the guide's choices say. Of pathwise choices, its signal falls against its noise
   *   as 1/√K;
   * - `"dreg"`: doubly reparameterized, Σ_k w̃_k²·∂z_k·∂_z (log p(x, z_k) − log q(z_k)) for the normalised weights w̃: unbiased,
   *   with a signal that grows as √K. Tucker, Lawson, Gu & Maddison, "Doubly Reparameterized Gradient Estimators for Monte
   *   Carlo Objectives" (2019), equation 8;
   * - `"stickingTheLanding"`: w̃_k in place of w̃_k². **Biased** for K > 1. Roeder, Wu & Duvenaud, "Sticking the Landing"
   *   (2017), section 5.
   *
   * The last two take first derivatives only and choices that are all pathwise; the guide's parameters must come in through
   * its first argument.
   *
   * @defaultValue "standard"
   */
  readonly gradient?: "standard" | "dreg" | "stickingTheLanding";
  /**
   * What is subtracted from the bound for the score of each particle's choices, besides their own baselines.
   *
   * - `"plain"`: nothing;
   * - `"vimco"`: the bound without this particle, L₋ₖ, with the geometric mean of the other weights in its place; unbiased,
   *   for standard gradients. Mnih & Rezende, "Variational Inference for Monte Carlo Objectives" (2016), equation 11;
   * - `"vimcoArithmetic"`: the same with the arithmetic mean, equation 12.
   *
   * @defaultValue "plain"
   */
  readonly score?: "plain" | "vimco" | "vimcoArithmetic";
}

/** The mean that stands in for a particle that is left out. */
const leftOut: Readonly<Record<string, LeftOut>> = { vimco: "geometric", vimcoArithmetic: "arithmetic" };

/**
 * The importance-weighted bound of K particles, E log (1/K) Σ_k p(x, z_k)/q(z_k): at least the ELBO, at most log p(x). The
 * particles run side by side: the size of the program does not depend on their number.
 *
 * Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8.
 *
 * @param model - takes the data
 * @param guide - takes the parameters, then the data; must sample exactly the model's addresses
 * @param particles - K ≥ 1
 * @throws ElbowError "option" for options that do not fit together; while tracing, "not-pathwise" for a doubly
 *   reparameterized gradient of choices that are not pathwise
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, iwelbo, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const L = iwelbo(model, guide, 100, { gradient: "dreg" });
 * const value = await L.estimate({ seed: 0, draws: 1000 }, { loc: tf.scalar(0.5) }, tf.scalar(1));
 * const logEvidence = -0.25 - 0.5 * Math.log(4 * Math.PI);
 * console.log(Math.abs(value.dataSync()[0]! - logEvidence) < 0.01); // => true
 * ```
 */
export const iwelbo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  particles: number,
  options: IwelboOptions = {},
): Objective<GuideParameters<A>, D> => {
  checkPrograms("iwelbo", { model, guide });
  checkOptionNames("iwelbo", options, ["gradient", "score"]);
  const { gradient = "standard", score = "plain" } = options;
  checkOptions(particles, gradient, score);
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const withParameters = (q: unknown) => guide(...([q, ...data] as unknown as A));
    const logWeights = yield* replicate(particles, function* () {
      const { choices, logDensity } = yield* simulateGuide(withParameters(parameters));
      const joint = yield* assess(model(...data), choices as unknown as Values<M>);
      if (gradient === "standard") return joint.sub(logDensity);
      return joint.sub(yield* assess(withParameters(detached(parameters)), choices as unknown as Values<G>));
    });
    const bound = gradient === "dreg" ? doublyReparameterized(logWeights) : importanceBound(logWeights);
    const mean = leftOut[score];
    if (mean !== undefined) return controlVariate(bound, boundsWithoutEach(logWeights, mean), logWeights);
    if (gradient === "standard") return bound;
    return firstOrderOnly(pathwiseOnly(bound), parameters, secondOrderMessage(gradient));
  });
};

/** log (1/K) Σ_k w_k */
const importanceBound = (logWeights: Tensor): Tensor => tf.sub(logSumExp(logWeights), Math.log(logWeights.shape[0]!));

/** The bound with the derivative Σ_k w̃_k²·∂ log w_k, for log weights that do not have the score of q. */
function doublyReparameterized(logWeights: Tensor): Tensor {
  const fixed = stopGradient(logWeights);
  const squares = tf.exp(tf.mul(2, logSoftmax(fixed)));
  return tf.add(importanceBound(fixed), tf.sum(tf.mul(squares, tf.sub(logWeights, fixed))));
}

function checkOptions(particles: number, gradient: string, score: string): void {
  checkChoice("iwelbo", "gradient", gradient, ["standard", "dreg", "stickingTheLanding"]);
  checkChoice("iwelbo", "score", score, ["plain", "vimco", "vimcoArithmetic"]);
  const refuse = (message: string) => {
    throw new ElbowError("option", { message: `iwelbo: ${message}` });
  };
  checkCount("iwelbo", "particles", particles);
  if (score === "plain") return;
  if (particles < 2) refuse(`the score "${score}" is made of the other particles, and there is one`);
  if (gradient !== "standard") refuse(`the gradient "${gradient}" has no score that "${score}" could control`);
}
