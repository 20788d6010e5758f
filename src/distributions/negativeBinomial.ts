import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import { negativeBinomialEntropy } from "../ir/primitives/countEntropies.js";
import { negativeBinomialQuantile } from "../ir/primitives/countQuantiles.js";
import { poissonQuantile } from "../ir/primitives/poissonQuantile.js";
import type { WeakDerivative } from "../ir/site.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { betainc } from "../ops/special.js";
import { where } from "../ops/where.js";
import type { Shape } from "../util/shapes.js";
import { finite, positive, uncertainProbability } from "./constraints.js";
import { type Count, type Distribution, family } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logBinomialTerm } from "./saddlePoint.js";
import { isCount, onSupport } from "./support.js";

const quantileOfRate = lifted((u, rate) => poissonQuantile(u!, rate!));
const quantileOfOdds = lifted((u, r, odds) => negativeBinomialQuantile(u!, r!, odds!));
const entropyOfOdds = lifted((r, odds) => negativeBinomialEntropy(r!, odds!));

/** p as the functions below need it. */
interface Success {
  readonly p: Tensor;
  /** 1 − p */
  readonly q: Tensor;
  /** log(1 − p) */
  readonly logFailure: Tensor;
  /** log p/(1 − p) */
  readonly logOdds: Tensor;
}

const fromProbs = (probs: Tensor): Success => {
  const logFailure = tf.log1p(tf.neg(probs));
  return { p: probs, q: tf.sub(1, probs), logFailure, logOdds: tf.sub(tf.log(probs), logFailure) };
};

const fromLogits = (logits: Tensor): Success => ({
  p: tf.sigmoid(logits),
  q: tf.sigmoid(tf.neg(logits)),
  logFailure: tf.neg(tf.softplus(logits)),
  logOdds: logits,
});

/** log Γ(x + r)/(Γ(r) x!)·(1 − p)ʳpˣ, as r/(x + r) times a binomial term. */
function logDensity(r: Tensor, { p, q, logFailure }: Success, value: Tensor): Tensor {
  const isAbove = (x: Tensor) => tf.logicalAnd(isCount(x), tf.greater(x, 0));
  const above = (x: Tensor) => tf.sub(logBinomialTerm(x, r, p, q), tf.log1p(tf.div(x, r)));
  return where(tf.equal(value, 0), tf.mul(r, logFailure), onSupport(value, isAbove, 1, above));
}

/** A Poisson count of the rate G·p/(1 − p), G ~ Gamma(r, 1). */
function draw(r: Tensor, { logOdds }: Success, key: Tensor, batch: Shape): Tensor {
  const logRate = tf.add(logGammaDraws(namedKey(key, "rate"), batch, r), logOdds);
  return quantileOfRate(standardUniform(namedKey(key, "count"), batch), tf.exp(logRate));
}

/** The largest number below 1. */
const belowOne = 1 - 2 ** -24;

/** L ≥ 1 with P(L = l) ∝ pˡ/l: 1 + ⌊log V/log(1 − (1 − p)ᵁ)⌋ (Kemp, "Efficient generation of logarithmically distributed pseudo-random variables", 1981). */
function drawLogarithmic({ logFailure }: Success, key: Tensor, batch: Shape): Tensor {
  const [u, v] = ["u", "v"].map((name) => standardUniform(namedKey(key, name), batch)) as [Tensor, Tensor];
  const share = tf.minimum(tf.neg(tf.expm1(tf.mul(u, logFailure))), belowOne);
  return tf.add(1, tf.floor(tf.div(tf.log(v), tf.log(share))));
}

/**
 * For the odds o = p/(1 − p), ∂/∂o E f = r·E [f(K′ + 1) − f(K′)] with r + 1 in the place of r, from the derivative in a
 * Poisson rate G·o with the weight G. As a sum of Poisson(−r log(1 − p)) logarithmic variables, ∂/∂r E f =
 * −log(1 − p)·E [f(K + L) − f(K)].
 */
function weakDerivative(r: Tensor, success: Success, value: Tensor, key: Tensor, batch: Shape): WeakDerivative {
  const longer = draw(tf.add(r, 1), success, namedKey(key, "one more"), batch);
  const full = (each: Tensor) => tf.broadcastTo(each, [...batch]);
  return {
    lanes: [longer, tf.add(longer, 1), tf.add(value, drawLogarithmic(success, namedKey(key, "logarithmic"), batch))],
    terms: [
      { parameter: full(tf.exp(success.logOdds)), constant: full(r), plus: 2, minus: 1 },
      { parameter: full(r), constant: full(tf.neg(success.logFailure)), plus: 3, minus: 0 },
    ],
  };
}

const mean = (r: Tensor, { logOdds }: Success): Tensor => tf.mul(r, tf.exp(logOdds));
const variance = (r: Tensor, { logOdds, q }: Success): Tensor => tf.div(tf.mul(r, tf.exp(logOdds)), q);

/** P(K ≤ x) = I_{1 − p}(r, ⌊x⌋ + 1) */
function cdf(r: Tensor, { q }: Success, value: Tensor): Tensor {
  const next = tf.add(tf.floor(value), 1);
  const isBelow = tf.lessEqual(next, 0);
  return where(isBelow, 0, betainc(r, where(isBelow, 1, next), q));
}

const quantile = (r: Tensor, { logOdds }: Success, u: Tensor): Tensor => quantileOfOdds(u, r, tf.exp(logOdds));

/** 0 where there are no successes, and no derivative there, which would be infinite. */
function entropy(r: Tensor, { logOdds }: Success): Tensor {
  const odds = tf.exp(logOdds);
  const isPossible = tf.greater(odds, 0);
  return where(isPossible, entropyOfOdds(r, tf.exp(where(isPossible, logOdds, 0))), 0);
}

const negativeBinomialProbs = family({
  name: "negativeBinomial",
  support: "nonNegativeInteger",
  parameters: ["totalCount", "probs"],
  logDensity: ({ totalCount, probs }, value) => logDensity(totalCount, fromProbs(probs), value),
  draw: ({ totalCount, probs }, key, batch) => draw(totalCount, fromProbs(probs), key, batch),
  isPathwise: false,
  weakDerivative: ({ totalCount, probs }, value, key, batch) =>
    weakDerivative(totalCount, fromProbs(probs), value, key, batch),
  mean: ({ totalCount, probs }) => mean(totalCount, fromProbs(probs)),
  variance: ({ totalCount, probs }) => variance(totalCount, fromProbs(probs)),
  entropy: ({ totalCount, probs }) => entropy(totalCount, fromProbs(probs)),
  cdf: ({ totalCount, probs }, value) => cdf(totalCount, fromProbs(probs), value),
  quantile: ({ totalCount, probs }, u) => quantile(totalCount, fromProbs(probs), u),
  constraints: { totalCount: positive, probs: uncertainProbability },
});

const negativeBinomialLogits = family({
  name: "negativeBinomial",
  support: "nonNegativeInteger",
  parameters: ["totalCount", "logits"],
  logDensity: ({ totalCount, logits }, value) => logDensity(totalCount, fromLogits(logits), value),
  draw: ({ totalCount, logits }, key, batch) => draw(totalCount, fromLogits(logits), key, batch),
  isPathwise: false,
  weakDerivative: ({ totalCount, logits }, value, key, batch) =>
    weakDerivative(totalCount, fromLogits(logits), value, key, batch),
  mean: ({ totalCount, logits }) => mean(totalCount, fromLogits(logits)),
  variance: ({ totalCount, logits }) => variance(totalCount, fromLogits(logits)),
  entropy: ({ totalCount, logits }) => entropy(totalCount, fromLogits(logits)),
  cdf: ({ totalCount, logits }, value) => cdf(totalCount, fromLogits(logits), value),
  quantile: ({ totalCount, logits }, u) => quantile(totalCount, fromLogits(logits), u),
  constraints: { totalCount: positive, logits: finite },
});

/**
 * The negative binomial distribution: successes before the r-th failure, of mass Γ(x + r)/(Γ(r) x!)·(1 − p)ʳpˣ for real r
 * and mean r·p/(1 − p).
 *
 * Offers reinforce, muProp and measureValued (in r too, through logarithmic variables). Its entropy, with derivatives in r
 * too, is a sum, which takes a time in proportion to the spread of the counts.
 *
 * @param totalCount - number of failures r > 0, any real number, any shape
 * @param options - `probs`, the probability p of a success, in [0, 1), or `logits`, its log odds; broadcasts with it
 * @throws ElbowError "options" if both are given, or none
 * @example
 * ```ts
 * import { negativeBinomial, run, sample } from "elbow";
 * const count = run(0, sample("count", negativeBinomial(2.5, { probs: [0.1, 0.5] })));
 * console.log(count.shape); // => [ 2 ]
 * ```
 */
export const negativeBinomial = (
  totalCount: TensorLike,
  options: ProbsOrLogits,
): Distribution<Count, "reinforce" | "muProp" | "measureValued"> =>
  fromProbsOrLogits(
    "negativeBinomial",
    options,
    { probs: negativeBinomialProbs, logits: negativeBinomialLogits },
    totalCount,
  );
