import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { SiteContext, Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { checkCount, checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { combinations, finiteObjection, probabilityTable, voidless } from "./finiteSupport.js";
import { selection } from "./selection.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** Options of {@link topK}. */
export interface TopKOptions {
  /** How many of the most probable values are summed over. */
  readonly k: number;
}

/** One-hot, [K, ...batch]: a value that the mask leaves open, drawn in proportion to its weight. */
function drawOpen(weight: Tensor, isOpen: Tensor, { key, batch }: SiteContext): Tensor {
  const open = tf.mul(weight, isOpen);
  const reached = where(tf.greater(open, 0), tf.cumsum(open, 0), 0);
  const isBeyond = tf.greater(reached, tf.mul(standardUniform(key, batch), tf.max(reached, 0)));
  const count = weight.shape[0]!;
  const order = tf.reshape(tf.tensor1d(range(count)), [count, ...batch.map(() => 1)]);
  return tf.cast(tf.equal(order, tf.min(where(isBeyond, order, count - 1), 0)), "float32");
}

/** The k most probable values and one of the rest, with weights p_s and p_r/q_r for r drawn with q_r = p_r/Σ p_rest. */
export function topKStrategy(options: TopKOptions): Strategy {
  checkOptionNames("topK", options, ["k"], "required");
  const { k } = options;
  checkCount("topK", "k", k);
  return {
    name: "topK",
    isUnbiased: true,
    isPathwise: false,
    maximumOrder: Number.POSITIVE_INFINITY,
    objection: finiteObjection,
    draw: (site) => {
      const { values, probability } = probabilityTable(site);
      const count = values.shape[0]!;
      const isExact = k >= count;
      const { lanes, spread, product } = combinations("topK", isExact ? count : k + 1, site);
      if (isExact) return { value: spread(values), lanes, keep: { weight: product(probability) } };
      const fixed = stopGradient(probability);
      const top = selection(fixed, k);
      const isOpen = tf.sub(1, tf.sum(tf.cast(top.isChosen, "float32"), 0));
      const rest = drawOpen(fixed, isOpen, site);
      const pick = (table: Tensor): Tensor => tf.sum(tf.mul(rest, table), 0);
      const drawn = pick(fixed);
      const mass = tf.sum(tf.mul(fixed, isOpen), 0);
      // p(r; φ)·Σ p_rest/p_r: the mass of the rest in value, and an importance weight when φ moves
      const scale = where(tf.greater(drawn, 0), tf.div(mass, where(tf.greater(drawn, 0), drawn, 1)), 0);
      const append = (table: Tensor, last: Tensor): Tensor => tf.concat([top.of(table), tf.expandDims(last, 0)]);
      return {
        value: spread(append(values, pick(values))),
        lanes,
        keep: { weight: product(append(probability, tf.mul(pick(probability), scale))) },
      };
    },
    // Σ w_s f(s)
    contract: ({ cost, keep }) => ({ estimate: tf.sum(tf.mul(keep.weight!, voidless(keep.weight!, cost)), 0) }),
  };
}

/**
 * Estimates a site by the exact sum over its k most probable values and one draw from the rest, weighed by their
 * probability: k + 1 lanes (K if k ≥ K, which is enumeration). Where most of the mass is on few of many values, nearly all
 * variance is gone. Of M elements that a cost mixes all (k + 1)ᴹ combinations are taken.
 *
 * For every finite support, unbiased for any cost and any order of derivative.
 *
 * Liu, Regier, Tripuraneni, Jordan & McAuliffe, "Rao-Blackwellized Stochastic Gradients for Discrete Distributions"
 * (2019).
 *
 * @throws ElbowError "option" for a k that is not a positive integer; "too-many-lanes" beyond 65536 lanes
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { categorical, objective, sample, topK } from "elbow";
 * const L = objective(function* ({ l }: { l: tf.Tensor }) {
 *   return (yield* sample("z", topK(categorical({ logits: l }), { k: 3 }))).sub(2).square();
 * });
 * const { l } = await L.gradEstimate({ seed: 0, draws: 100 }, { l: tf.linspace(-2, 2, 10) });
 * console.log(l.shape); // => [ 10 ]
 * ```
 */
export const topK = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "topK", "topK needs a distribution with finite support; use reinforce">,
  options: TopKOptions,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, topKStrategy(options));
