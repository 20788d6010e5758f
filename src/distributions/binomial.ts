import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import { binomialEntropy } from "../ir/primitives/countEntropies.js";
import { binomialQuantile } from "../ir/primitives/countQuantiles.js";
import type { Family, WeakDerivative } from "../ir/site.js";
import { namedKey } from "../ops/random.js";
import { binomialDraws } from "../ops/samplers.js";
import { betainc, xlog1py, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { range, type Shape } from "../util/shapes.js";
import { categoryQuantile } from "./categories.js";
import { count, probability, real } from "./constraints.js";
import { type CategoryStrategyName, type Count, type Distribution, type FamilyRules, family } from "./distribution.js";
import { countTable, knownCount } from "./finiteCounts.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logBinomialTerm } from "./saddlePoint.js";
import { isCount, onSupport } from "./support.js";

/**
 * The density of counts up to n: `atEnd(k)` for none or all, the saddle-point form between them. p and its complement are
 * probabilities.
 */
const ofCounts = (
  total: tf.Tensor,
  value: tf.Tensor,
  [p, q]: readonly [tf.Tensor, tf.Tensor],
  atEnd: (k: tf.Tensor) => tf.Tensor,
): tf.Tensor => {
  const isEnd = (k: tf.Tensor) => tf.logicalOr(tf.equal(k, 0), tf.equal(k, total));
  const isBetween = (k: tf.Tensor) => tf.logicalAnd(tf.logicalAnd(isCount(k), tf.greater(k, 0)), tf.less(k, total));
  const ends = onSupport(value, isEnd, 0, atEnd);
  // without a count between the ends, the formula sees one in two trials
  const trials = tf.maximum(total, 2);
  const between = onSupport(value, isBetween, 1, (k) => logBinomialTerm(k, tf.sub(trials, k), p, q));
  return where(isEnd(value), ends, between);
};

/** ∂/∂p E f(K) = n·E [f(K′ + 1) − f(K′)], K′ ~ Binomial(n − 1, p) */
function weakDerivative(total: tf.Tensor, p: tf.Tensor, key: tf.Tensor, batch: Shape): WeakDerivative {
  const [n, full] = [total, p].map((each) => tf.broadcastTo(each, [...batch])) as [tf.Tensor, tf.Tensor];
  const fewer = binomialDraws(namedKey(key, "one trial less"), batch, tf.maximum(tf.sub(n, 1), 0), full);
  return {
    lanes: [fewer, tf.minimum(tf.add(fewer, 1), n)],
    terms: [{ parameter: full, constant: n, plus: 2, minus: 1 }],
  };
}

/** P(K ≤ x) = I_{1 − p}(n − k, k + 1) for k = ⌊x⌋ below n */
function cdf(total: tf.Tensor, complement: tf.Tensor, value: tf.Tensor): tf.Tensor {
  const k = tf.floor(value);
  const isBetween = tf.logicalAnd(tf.greaterEqual(k, 0), tf.less(k, total));
  const [left, next] = [where(isBetween, tf.sub(total, k), 1), where(isBetween, tf.add(k, 1), 1)];
  return where(isBetween, betainc(left, next, complement), tf.cast(tf.greaterEqual(k, total), "float32"));
}

const quantile = lifted((u, total, complement) => binomialQuantile(u!, total!, complement!));

const entropy = lifted((total, p) => binomialEntropy(total!, p!));

/** What is known where the number of trials is. */
const ofKnownCount = <P extends string>(count: number, logDensity: FamilyRules<P>["logDensity"]) => ({
  supportValues: () => range(count + 1),
  quantile: (parameters: Readonly<Record<P, tf.Tensor>>, u: tf.Tensor): tf.Tensor =>
    categoryQuantile(tf.exp(countTable(count, logDensity, parameters)), u),
});

type Parameters<P extends string> = Readonly<Record<"totalCount" | P, tf.Tensor>>;

/** log(n over k) + k log p + (n − k) log(1 − p) */
const logDensityByProbs = ({ totalCount, probs }: Parameters<"probs">, value: tf.Tensor): tf.Tensor =>
  ofCounts(totalCount, value, [probs, tf.sub(1, probs)], (k) =>
    tf.add(xlogy(k, probs), xlog1py(tf.sub(totalCount, k), tf.neg(probs))),
  );

/** log(n over k) + k·l − n·log(1 + eˡ) */
const logDensityByLogits = ({ totalCount, logits }: Parameters<"logits">, value: tf.Tensor): tf.Tensor =>
  ofCounts(totalCount, value, [tf.sigmoid(logits), tf.sigmoid(tf.neg(logits))], (k) =>
    tf.sub(tf.mul(k, logits), tf.mul(totalCount, tf.softplus(logits))),
  );

const binomialProbs = (known?: number): Family =>
  family({
    name: "binomial",
    support: "nonNegativeInteger",
    parameters: ["totalCount", "probs"],
    logDensity: logDensityByProbs,
    draw: ({ totalCount, probs }, key, batch) => binomialDraws(key, batch, totalCount, probs),
    isPathwise: false,
    supportParameters: ["totalCount"],
    weakDerivative: ({ totalCount, probs }, _value, key, batch) => weakDerivative(totalCount, probs, key, batch),
    mean: ({ totalCount, probs }) => tf.mul(totalCount, probs),
    variance: ({ totalCount, probs }) => tf.mul(totalCount, tf.mul(probs, tf.sub(1, probs))),
    entropy: ({ totalCount, probs }) => entropy(totalCount, probs),
    cdf: ({ totalCount, probs }, value) => cdf(totalCount, tf.sub(1, probs), value),
    quantile: ({ totalCount, probs }, u) => quantile(u, totalCount, tf.sub(1, probs)),
    constraints: { totalCount: count, probs: probability },
    ...(known !== undefined && ofKnownCount(known, logDensityByProbs)),
  });

const binomialLogits = (known?: number): Family =>
  family({
    name: "binomial",
    support: "nonNegativeInteger",
    parameters: ["totalCount", "logits"],
    logDensity: logDensityByLogits,
    draw: ({ totalCount, logits }, key, batch) => binomialDraws(key, batch, totalCount, tf.sigmoid(logits)),
    isPathwise: false,
    supportParameters: ["totalCount"],
    weakDerivative: ({ totalCount, logits }, _value, key, batch) =>
      weakDerivative(totalCount, tf.sigmoid(logits), key, batch),
    mean: ({ totalCount, logits }) => tf.mul(totalCount, tf.sigmoid(logits)),
    variance: ({ totalCount, logits }) => tf.mul(totalCount, tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits)))),
    // the same for l and −l: the smaller probability has more digits
    entropy: ({ totalCount, logits }) => entropy(totalCount, tf.sigmoid(tf.neg(tf.abs(logits)))),
    cdf: ({ totalCount, logits }, value) => cdf(totalCount, tf.sigmoid(tf.neg(logits)), value),
    quantile: ({ totalCount, logits }, u) => quantile(u, totalCount, tf.sigmoid(tf.neg(logits))),
    constraints: { totalCount: count, logits: real },
    ...(known !== undefined && ofKnownCount(known, logDensityByLogits)),
  });

const general = { probs: binomialProbs(), logits: binomialLogits() };

/**
 * The binomial distribution: successes among n independent trials, of mass (n over k)·pᵏ(1 − p)ⁿ⁻ᵏ.
 *
 * Offers reinforce, muProp and measureValued. Where the number of trials is a plain number, the support is known, and it
 * offers enumerate, localExpectation, unorderedSet, topK, rebar and relax too, with bias gumbelSoftmax and straightThrough.
 *
 * @param totalCount - number of trials n, a whole number ≥ 0, any shape
 * @param options - `probs`, the probability p of success, or `logits`, its log odds; broadcasts with it
 * @throws ElbowError "options" if both are given, or none
 * @example
 * ```ts
 * import { binomial, run, sample } from "elbow";
 * const successes = run(0, sample("successes", binomial(10, { probs: [0.1, 0.5] })));
 * console.log(successes.shape); // => [ 2 ]
 * ```
 */
export function binomial(
  totalCount: number,
  options: ProbsOrLogits,
): Distribution<Count, "reinforce" | "muProp" | "measureValued" | "enumerate" | CategoryStrategyName>;
export function binomial(
  totalCount: TensorLike,
  options: ProbsOrLogits,
): Distribution<Count, "reinforce" | "muProp" | "measureValued">;
export function binomial(
  totalCount: TensorLike,
  options: ProbsOrLogits,
): Distribution<Count, "reinforce" | "muProp" | "measureValued"> {
  const known = knownCount(totalCount);
  const families = known === undefined ? general : { probs: binomialProbs(known), logits: binomialLogits(known) };
  return fromProbsOrLogits("binomial", options, families, totalCount);
}
