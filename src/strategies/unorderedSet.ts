import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import type { Drawn, SiteContext, Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { combinations, finiteObjection, probabilityTable, voidless } from "./finiteSupport.js";
import { selection } from "./selection.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";
import { subsetProbabilities } from "./subsetProbabilities.js";

/** Options of {@link unorderedSet}. */
export interface UnorderedSetOptions {
  /** How many values are drawn without replacement. */
  readonly k: number;
}

/** A set of one has nothing to make a baseline of, and sets beyond the largest size have too many subsets. */
const smallestSet = 2;
const largestSet = 8;

/** Stands for probability zero where values that cannot be drawn have to fill up a set. */
const leastProbability = 1e-30;

/** The first axis last, and back. */
const toLast = (x: Tensor): Tensor => tf.transpose(x, [...range(x.rank).slice(1), 0]);
const toFirst = (x: Tensor): Tensor => tf.transpose(x, [x.rank - 1, ...range(x.rank).slice(0, -1)]);

function drawSet(site: SiteContext, k: number): Drawn {
  const { values, probability } = probabilityTable(site);
  const count = values.shape[0]!;
  const size = Math.min(k, count);
  const { lanes, spread, product } = combinations("unorderedSet", size, site);
  if (size === count) {
    const weight = product(probability);
    return { value: spread(values), lanes, keep: { weight, control: tf.zerosLike(weight) } };
  }
  const fixed = stopGradient(probability);
  // Gumbel-top-k: the order of log p − log(−log u) is one of draws without replacement
  const uniform = toFirst(standardUniform(site.key, [...site.batch, count]));
  const gumbel = tf.neg(tf.log(tf.neg(tf.log(uniform))));
  const isPossible = tf.greater(fixed, 0);
  const rank = where(isPossible, tf.add(tf.log(where(isPossible, fixed, 1)), gumbel), Number.NEGATIVE_INFINITY);
  const set = selection(rank, size);

  const positive = tf.maximum(fixed, leastProbability);
  const isOutside = tf.logicalNot(tf.any(set.isChosen, 0));
  const rest = tf.sum(where(isOutside, positive, 0), 0);
  const own = toLast(set.of(positive));
  const { all, without } = subsetProbabilities(own, rest);
  // [...batch, s, s']: R(S, s)·R^{D∖s}(S, s'), and R(S, s) for s' = s
  const ratios = tf.div(without, tf.reshape(all, [...all.shape, 1, 1]));
  const diagonal = tf.sum(tf.mul(ratios, tf.eye(size)), -1);
  const chosen = toLast(set.of(probability));
  const weight = tf.mul(chosen, diagonal);
  // Σ_s (p_s − sg p_s)·R(S, s)·p_s'·R^{D∖s}(S, s'): the baseline's part of every cost f(s'), zero in value
  const normal = toLast(set.of(tf.div(probability, tf.sum(probability, 0, true))));
  const change = tf.sub(normal, stopGradient(normal));
  const control = tf.mul(tf.sum(tf.mul(tf.expandDims(change, -1), ratios), -2), own);
  const lanesOf = (x: Tensor): Tensor => product(toFirst(x));
  return {
    value: spread(set.of(values)),
    lanes,
    keep: { weight: lanesOf(weight), control: lanesOf(tf.add(stopGradient(weight), control)) },
  };
}

/** Makes the strategy of the unordered set of k draws without replacement, with its built-in baseline. */
export function unorderedSetStrategy(options: UnorderedSetOptions): Strategy {
  checkOptionNames("unorderedSet", options, ["k"], "required");
  const { k } = options;
  if (!Number.isInteger(k) || k < smallestSet || k > largestSet)
    throw new ElbowError("option", {
      message: `unorderedSet: k must be an integer from ${smallestSet} to ${largestSet}, and is ${k}`,
      hint:
        k === 1
          ? "A single draw is reinforce."
          : "Larger sets have too many subsets; use topK, or reinforce with copies.",
    });
  return {
    name: "unorderedSet",
    isUnbiased: true,
    isPathwise: false,
    maximumOrder: Number.POSITIVE_INFINITY,
    objection: finiteObjection,
    draw: (site) => drawSet(site, k),
    // Σ_s p_s R(S, s) f(s), less the baseline, which is zero in value
    contract: ({ cost, keep }) => {
      const costs = voidless(keep.weight!, cost);
      const baseline = tf.mul(tf.sub(keep.control!, stopGradient(keep.control!)), stopGradient(costs));
      return { estimate: tf.sum(tf.sub(tf.mul(keep.weight!, costs), baseline), 0) };
    },
  };
}

/**
 * Estimates a site by the unordered set of k values that are drawn without replacement (by Gumbel-top-k): k different
 * lanes, each weighed with p_s·R(S, s), R the leave-one-out ratio P(S ∖ s without s)/P(S); each is the baseline of the
 * others. Less variance than k independent draws, and none for k = K, where it is enumeration. Of M elements that a cost
 * mixes all kᴹ combinations are taken.
 *
 * For every finite support, unbiased for any cost and any order of derivative.
 *
 * Kool, van Hoof & Welling, "Estimating Gradients for Discrete Random Variables by Sampling without Replacement" (2020).
 *
 * @throws ElbowError "option" for a k that is not an integer from 2 to 8; "too-many-lanes" beyond 65536 lanes
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { categorical, objective, sample, unorderedSet } from "elbow";
 * const L = objective(function* ({ l }: { l: tf.Tensor }) {
 *   return (yield* sample("z", unorderedSet(categorical({ logits: l }), { k: 3 }))).sub(2).square();
 * });
 * const { l } = await L.gradEstimate({ seed: 0, draws: 100 }, { l: tf.linspace(-2, 2, 10) });
 * console.log(l.shape); // => [ 10 ]
 * ```
 */
export const unorderedSet = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "unorderedSet", "unorderedSet needs a distribution with finite support; use reinforce">,
  options: UnorderedSetOptions,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, unorderedSetStrategy(options));
