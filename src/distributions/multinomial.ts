import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import { binomialSurprise } from "../ir/primitives/countEntropies.js";
import { namedKey } from "../ops/random.js";
import { binomialDraws } from "../ops/samplers.js";
import { logSoftmax } from "../ops/special.js";
import { where } from "../ops/where.js";
import { range, type Shape } from "../util/shapes.js";
import { categoriesOf } from "./categories.js";
import { count, real, simplex } from "./constraints.js";
import { batchOf, type Distribution, family, type Supported } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logPoissonTerm } from "./saddlePoint.js";
import { isCount, logProbability } from "./support.js";

/** Counts of several categories. */
export type Counts = Supported<"counts">;

/** Batch and event shape from those of the total count and of a parameter [..., K]. */
export const countShapes = (name: string, total: Shape, parameter: Shape): { batch: Shape; event: Shape } => ({
  batch: batchOf(name, ["totalCount", "categories"], [total, parameter.slice(0, -1)]),
  event: [categoriesOf(parameter, name)],
});

/** Whether the last axis holds counts that add up to the total. */
export const addsUp = (x: Tensor, total: Tensor): Tensor =>
  tf.logicalAnd(tf.all(isCount(x), -1), tf.equal(tf.sum(x, -1), total));

/** `logDensity` of counts that add up to the total, which sees zeros elsewhere, and −∞ there. */
export function onCounts(total: Tensor, value: Tensor, logDensity: (x: Tensor) => Tensor): Tensor {
  const isInside = addsUp(value, total);
  const inside = tf.expandDims(isInside, -1);
  return where(isInside, logDensity(where(inside, value, 0)), Number.NEGATIVE_INFINITY);
}

/**
 * log n!/Π x! + Σ x log p for the sum n of the counts, as log n!/Π x!·Π (x/n)ˣ, in which nothing cancels, and Σ x log(np/x).
 */
function logMass(logProbs: Tensor, x: Tensor): Tensor {
  const isPositive = tf.greater(x, 0);
  const safe = where(isPositive, x, 1);
  const n = tf.maximum(tf.sum(x, -1, true), 1);
  const largest = tf.squeeze(logPoissonTerm(n, n), [-1]);
  const relative = tf.sub(where(isPositive, logProbs, 0), tf.log(tf.div(safe, n)));
  const terms = where(isPositive, tf.add(logPoissonTerm(safe, safe), tf.mul(safe, relative)), 0);
  const isNothing = tf.equal(tf.sum(x, -1), 0);
  return tf.sub(tf.sum(terms, -1), where(isNothing, 0, largest));
}

/**
 * Counts of all categories, [...batch, K], by halves: those of the left half of the categories are binomial, and so on
 * within both halves.
 */
export function drawCounts(total: Tensor, probs: Tensor, key: Tensor, batch: Shape): Tensor {
  const categories = categoriesOf(probs.shape);
  const levels = Math.ceil(Math.log2(categories));
  const padding = [...probs.shape.slice(0, -1), 2 ** levels - categories];
  const leading = probs.shape.slice(0, -1);
  // masses[l]: the probabilities of the 2ˡ groups of a level
  const masses = [padding.at(-1)! > 0 ? tf.concat([probs, tf.zeros(padding)], -1) : probs];
  for (const level of range(levels))
    masses.unshift(tf.sum(tf.reshape(masses[0]!, [...leading, 2 ** (levels - level - 1), 2]), -1));
  let counts = tf.expandDims(tf.broadcastTo(total, [...batch]), -1);
  for (const level of range(levels)) {
    const groups = 2 ** level;
    const halves = tf.reshape(masses[level + 1]!, [...leading, groups, 2]);
    const left = tf.squeeze(tf.slice(halves, [...leading.map(() => 0), 0, 0], [...leading, groups, 1]), [-1]);
    const all = masses[level]!;
    const share = tf.div(left, where(tf.greater(all, 0), all, 1));
    const drawn = binomialDraws(namedKey(key, `level ${level}`), [...batch, groups], counts, share);
    counts = tf.reshape(tf.stack([drawn, tf.sub(counts, drawn)], -1), [...batch, 2 * groups]);
  }
  return tf.slice(counts, [...batch.map(() => 0), 0], [...batch, categories]);
}

const mean = (total: Tensor, probs: Tensor): Tensor => tf.mul(tf.expandDims(total, -1), probs);
const variance = (total: Tensor, probs: Tensor): Tensor => tf.mul(mean(total, probs), tf.sub(1, probs));

const surprise = lifted((total, p) => binomialSurprise(total!, p!));

/** Counts of the law are Poisson counts of the means np given their sum n: Σ E [−log Poisson(xₖ; npₖ)] + log Poisson(n; n). */
function entropy(total: Tensor, probs: Tensor): Tensor {
  const isPossible = tf.greater(probs, 0);
  const terms = where(isPossible, surprise(tf.expandDims(total, -1), where(isPossible, probs, 1)), 0);
  const isNothing = tf.equal(total, 0);
  const safe = where(isNothing, 1, total);
  return tf.add(tf.sum(terms, -1), where(isNothing, 0, logPoissonTerm(safe, safe)));
}

const multinomialProbs = family({
  name: "multinomial",
  support: "counts",
  parameters: ["totalCount", "probs"],
  eventRanks: { probs: 1 },
  shapes: ({ totalCount, probs }) => countShapes("multinomial", totalCount, probs),
  logDensity: ({ totalCount, probs }, value) => onCounts(totalCount, value, (x) => logMass(logProbability(probs), x)),
  draw: ({ totalCount, probs }, key, batch) => drawCounts(totalCount, probs, key, batch),
  isPathwise: false,
  supportParameters: ["totalCount"],
  mean: ({ totalCount, probs }) => mean(totalCount, probs),
  variance: ({ totalCount, probs }) => variance(totalCount, probs),
  entropy: ({ totalCount, probs }) => entropy(totalCount, probs),
  constraints: { totalCount: count, probs: simplex },
});

const multinomialLogits = family({
  name: "multinomial",
  support: "counts",
  parameters: ["totalCount", "logits"],
  eventRanks: { logits: 1 },
  shapes: ({ totalCount, logits }) => countShapes("multinomial", totalCount, logits),
  logDensity: ({ totalCount, logits }, value) => onCounts(totalCount, value, (x) => logMass(logSoftmax(logits), x)),
  draw: ({ totalCount, logits }, key, batch) => drawCounts(totalCount, tf.softmax(logits, -1), key, batch),
  isPathwise: false,
  supportParameters: ["totalCount"],
  mean: ({ totalCount, logits }) => mean(totalCount, tf.softmax(logits, -1)),
  variance: ({ totalCount, logits }) => variance(totalCount, tf.softmax(logits, -1)),
  entropy: ({ totalCount, logits }) => entropy(totalCount, tf.softmax(logits, -1)),
  constraints: { totalCount: count, logits: real },
});

/**
 * The multinomial distribution: how many of n independent trials fall into each of K categories, of mass n!/Π xₖ!·Π pₖ^xₖ.
 *
 * Offers reinforce and muProp. Its entropy is a sum over the binomial laws of the counts.
 *
 * @param totalCount - number of trials n, a whole number ≥ 0, any shape
 * @param options - `probs` [..., K], which add up to 1, or `logits` [..., K], their logarithms up to a constant
 * @returns a distribution of events [K], counts that add up to n
 * @throws ElbowError if both are given, or none, or there is no axis of categories
 * @example
 * ```ts
 * import { multinomial, run, sample } from "elbow";
 * const counts = run(0, sample("counts", multinomial(10, { probs: [0.2, 0.3, 0.5] })));
 * console.log(counts.sum().dataSync()[0]); // => 10
 * ```
 */
export const multinomial = (
  totalCount: TensorLike,
  options: ProbsOrLogits,
): Distribution<Counts, "reinforce" | "muProp"> =>
  fromProbsOrLogits("multinomial", options, { probs: multinomialProbs, logits: multinomialLogits }, totalCount);
