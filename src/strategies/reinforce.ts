import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Contraction, Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** A baseline that follows the mean cost: b ← decay·b + (1 − decay)·mean cost, carried from step to step. */
export interface DecayingMean {
  readonly decay: number;
}

export interface ReinforceOptions {
  /**
   * What is subtracted from the cost; it must not depend on this site's value. A number or a tensor that broadcasts to
   * the leaf (for a leaf that mixes the site's elements, a tensor of the batch shape is summed over them), or a
   * decaying mean of past costs.
   *
   * @defaultValue the leave-one-out mean if there are copies, else 0
   */
  readonly baseline?: TensorLike | DecayingMean;
  /** Independent draws that are run side by side and averaged; each is the baseline of the others. @defaultValue 1 */
  readonly copies?: number;
}

const isDecayingMean = (baseline: ReinforceOptions["baseline"]): baseline is DecayingMean =>
  typeof baseline === "object" && !(baseline instanceof tf.Tensor) && "decay" in baseline;

/** Makes the score-function strategy. */
export function reinforceStrategy({ baseline, copies = 1 }: ReinforceOptions = {}): Strategy {
  if (!Number.isInteger(copies) || copies < 1)
    throw new ElbowError("option", { message: `reinforce: copies must be a positive integer, and is ${copies}` });
  const decay = isDecayingMean(baseline) ? baseline.decay : undefined;
  const given = baseline === undefined || isDecayingMean(baseline) ? undefined : asTensor(baseline);
  return {
    name: "reinforce",
    isUnbiased: true,
    isPathwise: false,
    maximumOrder: Number.POSITIVE_INFINITY,
    ...(given && { operands: [given] }),
    ...(decay !== undefined && { initialState: 0 }),
    objection: ({ isScorable }) =>
      isScorable ? undefined : "its support moves with its parameters, which the score function misses; use reparam",
    draw: ({ family, parameters, key, batch, operands }) => {
      const many = copies > 1 ? [copies, ...batch] : batch;
      const value = stopGradient(family.draw(parameters, key, many));
      const logDensity = family.logDensity(parameters, value);
      const [fixed] = operands;
      const keep = {
        logDensity,
        ...(fixed && { baseline: copies > 1 ? tf.broadcastTo(fixed, [copies, ...fixed.shape]) : fixed }),
      };
      return copies > 1 ? { value, lanes: copies, keep } : { value, keep };
    },
    contract: (contraction) => contract(contraction, copies, decay),
  };
}

/** (s − b)·exp(ℓ − sg ℓ) + b, averaged over copies. */
function contract(
  { cost, keep, state }: Contraction,
  copies: number,
  decay: number | undefined,
): { estimate: Tensor; state?: Tensor } {
  const logDensity = keep.logDensity!;
  const score = tf.exp(tf.sub(logDensity, stopGradient(logDensity)));
  const leaveOneOut = () => tf.div(tf.sub(tf.sum(cost, 0, true), cost), copies - 1);
  const baseline = stopGradient(state ?? keep.baseline ?? (copies > 1 ? leaveOneOut() : tf.scalar(0)));
  const estimates = tf.add(tf.mul(tf.sub(cost, baseline), score), baseline);
  const estimate = copies > 1 ? tf.mean(estimates, 0) : estimates;
  if (decay === undefined || !state) return { estimate };
  const next = tf.add(tf.mul(decay, state), tf.mul(1 - decay, tf.mean(cost)));
  return { estimate, state: stopGradient(next) };
}

/**
 * Estimates a site by the score function (REINFORCE, likelihood ratio): any distribution whose support is fixed, any
 * cost, any order of derivative; high variance without a baseline. `copies` draws cost as many lanes.
 *
 * Williams, "Simple statistical gradient-following algorithms" (1992); leave-one-out: Kool et al. (2019).
 *
 * @throws ElbowError "option" for a number of copies that is not a positive integer
 */
export const reinforce = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "reinforce", "this distribution has no score function with fixed support; use reparam">,
  options: ReinforceOptions = {},
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, reinforceStrategy(options));
