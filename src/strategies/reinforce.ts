import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { type Baseline, baselineRule } from "./baselines.js";
import { checkCopies } from "./copies.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

export interface ReinforceOptions {
  /**
   * What is subtracted from the cost; it is known before the choice is made, and so cannot depend on it.
   *
   * - a number or a tensor that broadcasts to the batch shape (for a leaf that mixes the site's elements, those of a
   *   tensor are summed);
   * - `{ decay }`: a decaying mean of past costs, one for every leaf;
   * - `learned(tensor)`: a prediction that `fit` trains;
   * - `"leaveOneOut"`: the mean cost of the other copies (RLOO);
   * - `"optimal"`: the constant of least variance, E[f‖s‖²]/E[‖s‖²] for the score s in the distribution's parameters,
   *   estimated from the other copies.
   *
   * @defaultValue "leaveOneOut" if there are copies, else 0
   */
  readonly baseline?: Baseline;
  /** Independent draws that are run side by side and averaged. @defaultValue 1 */
  readonly copies?: number;
}

/** Makes the score-function strategy. */
export function reinforceStrategy(options: ReinforceOptions = {}): Strategy {
  checkOptionNames("reinforce", options, ["baseline", "copies"]);
  const { baseline, copies = 1 } = options;
  checkCopies("reinforce", copies);
  const rule = baselineRule(baseline, copies);
  return {
    name: "reinforce",
    isUnbiased: true,
    isPathwise: false,
    isAdditive: true,
    maximumOrder: Number.POSITIVE_INFINITY,
    ...(rule.operand && { operands: [rule.operand], operandEventRanks: [0] }),
    ...(rule.initialState !== undefined && { initialState: rule.initialState }),
    objection: ({ isScorable }) =>
      isScorable ? undefined : "its support moves with its parameters, which the score function misses; use reparam",
    draw: (site) => {
      const { family, parameters, key, batch } = site;
      const value = stopGradient(family.draw(parameters, key, copies > 1 ? [copies, ...batch] : batch));
      const keep = { logDensity: family.logDensity(parameters, value), ...rule.keep?.(site, value) };
      return copies > 1 ? { value, lanes: copies, keep } : { value, keep };
    },
    // (s − b)·exp(ℓ − sg ℓ) + b, averaged over copies
    contract: (contraction) => {
      const { cost, keep } = contraction;
      const { baseline: value, ...carried } = rule.of(contraction);
      const logDensity = keep.logDensity!;
      const score = tf.exp(tf.sub(logDensity, stopGradient(logDensity)));
      const fixed = stopGradient(value);
      // an infinite cost has no derivative, and must not turn that of lanes into NaN which another site weighs with zero
      const isOrdinary = tf.isFinite(stopGradient(cost));
      const rest = where(isOrdinary, fixed, cost);
      const estimates = tf.add(tf.mul(where(isOrdinary, tf.sub(cost, fixed), 0), score), rest);
      return { estimate: copies > 1 ? tf.mean(estimates, 0) : estimates, ...carried };
    },
  };
}

/**
 * Estimates a site by the score function (REINFORCE, likelihood ratio): (s − b)·exp(ℓ − sg ℓ) + b for the cost s, the log
 * density ℓ and a baseline b. Any distribution whose support is fixed, any cost, any order of derivative; high variance
 * without a baseline. `copies` draws cost as many lanes.
 *
 * VarGrad, the gradient of half the variance of log q(z)/p(z) over copies at fixed z, is the leave-one-out estimate of
 * the ELBO whose log q stands under `stopGradient`: the term it leaves out, E ∂ log q(z), is zero and only adds noise.
 *
 * Williams, "Simple statistical gradient-following algorithms" (1992), theorem 1; leave-one-out: Kool, van Hoof & Welling,
 * "Buy 4 REINFORCE samples, get a baseline for free!" (2019); the optimal constant: Greensmith, Bartlett & Baxter, "Variance
 * reduction techniques for gradient estimates in reinforcement learning" (2004); VarGrad: Richter, Boustati, Nüsken, Ruiz &
 * Akyildiz, "VarGrad: a low-variance gradient estimator for variational inference" (2020).
 *
 * @throws ElbowError "option" for a number of copies that is not a positive integer, a decay outside [0, 1), or a baseline
 *   made of other copies where there are none; "baseline-shape" for a baseline that does not broadcast to the batch shape
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, objective, reinforce, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("x", reinforce(flip(p), { copies: 4 }))).mul(2);
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { p: tf.scalar(0.5) });
 * console.log(Math.abs(p.dataSync()[0]! - 2) < 0.1); // => true
 * ```
 */
export const reinforce = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "reinforce", "this distribution has no score function with fixed support; use reparam">,
  options: ReinforceOptions = {},
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, reinforceStrategy(options));
