// What strategies for coins have in common: log odds of any two-valued family, and pairs of coupled draws.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Contraction, Drawn, Family, SiteContext } from "../ir/site.js";
import { stopGradient, weakProduct } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";

/** Why a family is not a batch of coins, or undefined if it is. */
export const coinObjection = ({ support, supportValues }: Family): string | undefined =>
  support === "boolean" && supportValues ? undefined : "its values are not 0 or 1, each on its own";

/** A coin as two-valued families have it, whatever their parameter; all of the batch shape. */
export interface Coin {
  /** log P(1)/P(0); infinite where a side has no probability, and without derivative there. */
  readonly logits: Tensor;
  /** P(1) and P(0), constants. */
  readonly heads: Tensor;
  readonly tails: Tensor;
}

export function coinOf({ family, parameters, batch }: SiteContext): Coin {
  const [heads, tails] = [tf.ones([...batch]), tf.zeros([...batch])].map((side) => family.logDensity(parameters, side));
  const probability = (logDensity: Tensor) => stopGradient(tf.exp(logDensity));
  return { logits: tf.sub(heads!, tails!), heads: probability(heads!), tails: probability(tails!) };
}

/** l − sg l: zero, with the derivative of the log odds; without it where a side has no probability. */
export function changeOf({ logits }: Coin): Tensor {
  const finite = where(tf.isFinite(stopGradient(logits)), logits, 0);
  return tf.sub(finite, stopGradient(finite));
}

/** Two draws b = [u < p] and b' = [u > 1 − p] from the same uniform numbers. */
export function antitheticBits(
  { heads }: Coin,
  { key, batch }: SiteContext,
): { u: Tensor; b: Tensor; mirrored: Tensor } {
  const mirrored = standardUniform(key, batch);
  // b is what the family itself draws from this key
  const u = tf.sub(1, mirrored);
  return { u, b: tf.cast(tf.less(u, heads), "float32"), mirrored: tf.cast(tf.less(mirrored, heads), "float32") };
}

/**
 * Two lanes of a pair, f(b) and f(b'), with the derivative (f(b) − f(b'))·w, summed over the elements that a leaf mixes;
 * the weight w is zero in value.
 */
export const pairOfLanes = (b: Tensor, mirrored: Tensor, weight: Tensor): Drawn => ({
  value: stopGradient(tf.stack([b, mirrored])),
  lanes: 2,
  keep: { weight: tf.stack([weight, tf.neg(weight)]) },
});

/** ½(s[0] + s[1]) + w·(s[0] − s[1]) */
export const contractPair = ({ cost, keep }: Contraction, name: string): { estimate: Tensor } => ({
  estimate: tf.add(
    tf.mean(cost, 0),
    tf.sum(
      weakProduct(
        keep.weight!,
        cost,
        1,
        `a second derivative through an ${name} site was asked for; its estimate is exact to first order only (use enumerate or reinforce)`,
      ),
      0,
    ),
  ),
});
