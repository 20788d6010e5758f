import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { applyEmitter } from "../ir/lifted.js";
import type { DType } from "../ir/program.js";
import type { SiteContext, Strategy } from "../ir/site.js";
import { trace } from "../ir/tracing.js";
import { withTwin } from "../transforms/antithetic.js";
import { checkOptionNames } from "../util/options.js";
import { checkCopies } from "./copies.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** Options of {@link reparam}. */
export interface ReparamOptions {
  /** Independent draws that are run side by side and averaged. @defaultValue 1, or 2 if they are antithetic */
  readonly copies?: number;
  /**
   * Draws come in pairs that share their noise, u and 1 − u (z and −z): where the cost is monotone in the noise, the
   * errors of a pair partly cancel; where it is linear in it, wholly. For an even number of copies, and distributions
   * drawn from uniform and normal numbers alone. @defaultValue false
   */
  readonly antithetic?: boolean;
}

/** The pathwise derivative: the draw is a differentiable function of the parameters and of fixed noise. */
export const reparamStrategy: Strategy = {
  name: "reparam",
  isUnbiased: true,
  isPathwise: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: ({ isPathwise }) =>
    isPathwise
      ? undefined
      : "its draws are not a differentiable function of its parameters; use reinforce, enumerate or measureValued",
  draw: ({ family, parameters, key, batch }) => ({ value: family.draw(parameters, key, batch), keep: {} }),
};

/** Makes the pathwise strategy with several draws side by side. */
export function reparamCopies(options: ReparamOptions): Strategy {
  checkOptionNames("reparam", options, ["copies", "antithetic"]);
  const { antithetic = false, copies = antithetic ? 2 : 1 } = options;
  checkCopies("reparam", copies);
  if (antithetic && copies % 2 !== 0)
    throw new ElbowError("option", {
      message: `reparam: antithetic copies come in pairs, and there are ${copies}`,
      hint: `Write { copies: ${copies + 1}, antithetic: true }.`,
    });
  if (copies === 1) return reparamStrategy;
  return {
    ...reparamStrategy,
    draw: (site) => {
      const { family, parameters, key, batch } = site;
      const value = antithetic ? drawPairs(site, copies / 2) : family.draw(parameters, key, [copies, ...batch]);
      return { value, lanes: copies, keep: {} };
    },
    contract: ({ cost }) => ({ estimate: tf.mean(cost, 0) }),
  };
}

/** Draws and their twins, [2·pairs, ...batch, ...event]. */
function drawPairs({ address, family, parameters, key, batch }: SiteContext, pairs: number): Tensor {
  const inputs = [key, ...parameters];
  const types = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as DType }));
  const draw = trace(types, (seed, ...rest) => [family.draw(rest, seed!, [pairs, ...batch])]);
  const drawn = applyEmitter((...variables) => {
    const both = withTwin(draw, variables);
    if (typeof both === "object") return [both.own[0]!, both.twin[0]!];
    const reason =
      both === "even"
        ? "its draws are even functions of their noise, so that both of a pair are the same"
        : "it is not drawn from uniform and normal numbers alone";
    throw new ElbowError("illegal-strategy", {
      message: `"${address}": ${family.name} has no antithetic pairs: ${reason}`,
      hint: `Write reparam(…, { copies: ${2 * pairs} }) for independent draws.`,
      at: { address },
    });
  }, inputs);
  return tf.concat(drawn, 0);
}

/**
 * Estimates a site by the pathwise derivative (reparameterization): exact for any order of derivative, low variance.
 * The value must reach the objective through continuous operations only; this is checked. One lane, or as many as there
 * are `copies`, whose costs are averaged; copies inside a loop have it unrolled.
 *
 * Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), section 2.4; antithetic pairs: Hammersley & Morton, "A new
 * Monte Carlo technique: antithetic variates" (1956).
 *
 * @throws ElbowError "option" for a number of copies that is not a positive integer, or odd with antithetic pairs;
 *   "illegal-strategy" for antithetic draws of a distribution that has none
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { normal, objective, reparam, sample } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }) {
 *   return (yield* sample("x", reparam(normal(m, 1), { antithetic: true }))).mul(3);
 * });
 * const value = await L.estimate(0, { m: tf.scalar(2) });
 * console.log(value.dataSync()[0]!.toFixed(3)); // => 6.000
 * ```
 */
export const reparam = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "reparam", "this distribution has no pathwise derivative; use reinforce, enumerate or measureValued">,
  options: ReparamOptions = {},
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, reparamCopies(options));
