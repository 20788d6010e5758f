import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import type { Family, WeakDerivative } from "../ir/site.js";
import { namedKey } from "../ops/random.js";
import { binomialDraws } from "../ops/samplers.js";
import { xlog1py, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import type { Shape } from "../util/shapes.js";
import { type Count, type Distribution, distribution, family } from "./distribution.js";
import type { ProbsOrLogits } from "./probsOrLogits.js";
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

const binomialProbs = family({
  name: "binomial",
  support: "nonNegativeInteger",
  parameters: ["totalCount", "probs"],
  // log(n over k) + k log p + (n − k) log(1 − p)
  logDensity: ({ totalCount, probs }, value) =>
    ofCounts(totalCount, value, [probs, tf.sub(1, probs)], (k) =>
      tf.add(xlogy(k, probs), xlog1py(tf.sub(totalCount, k), tf.neg(probs))),
    ),
  draw: ({ totalCount, probs }, key, batch) => binomialDraws(key, batch, totalCount, probs),
  isPathwise: false,
  supportParameters: ["totalCount"],
  weakDerivative: ({ totalCount, probs }, _value, key, batch) => weakDerivative(totalCount, probs, key, batch),
  mean: ({ totalCount, probs }) => tf.mul(totalCount, probs),
  variance: ({ totalCount, probs }) => tf.mul(totalCount, tf.mul(probs, tf.sub(1, probs))),
});

const binomialLogits = family({
  name: "binomial",
  support: "nonNegativeInteger",
  parameters: ["totalCount", "logits"],
  // log(n over k) + k·l − n·log(1 + eˡ)
  logDensity: ({ totalCount, logits }, value) =>
    ofCounts(totalCount, value, [tf.sigmoid(logits), tf.sigmoid(tf.neg(logits))], (k) =>
      tf.sub(tf.mul(k, logits), tf.mul(totalCount, tf.softplus(logits))),
    ),
  draw: ({ totalCount, logits }, key, batch) => binomialDraws(key, batch, totalCount, tf.sigmoid(logits)),
  isPathwise: false,
  supportParameters: ["totalCount"],
  weakDerivative: ({ totalCount, logits }, _value, key, batch) =>
    weakDerivative(totalCount, tf.sigmoid(logits), key, batch),
  mean: ({ totalCount, logits }) => tf.mul(totalCount, tf.sigmoid(logits)),
  variance: ({ totalCount, logits }) => tf.mul(totalCount, tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits)))),
});

const families: Readonly<Record<"probs" | "logits", Family>> = { probs: binomialProbs, logits: binomialLogits };

/**
 * The binomial distribution: successes among independent trials.
 *
 * Offers reinforce, muProp and measureValued.
 *
 * @param totalCount - number of trials, a whole number ≥ 0, any shape
 * @param options - `probs`, the probability of success, or `logits`, its log odds; broadcasts with it
 * @throws ElbowError "options" if both are given, or none
 * @example
 * ```ts
 * import { binomial, run, sample } from "elbow";
 * const successes = run(0, sample("successes", binomial(10, { probs: [0.1, 0.5] })));
 * console.log(successes.shape); // => [ 2 ]
 * ```
 */
export function binomial(
  totalCount: TensorLike,
  { probs, logits }: ProbsOrLogits,
): Distribution<Count, "reinforce" | "muProp" | "measureValued"> {
  if ((probs === undefined) === (logits === undefined))
    throw new ElbowError("options", {
      message: `binomial takes probs or logits\n  received: ${probs === undefined ? "neither" : "both"}`,
      hint: "Write binomial(n, { probs }) for probabilities, binomial(n, { logits }) for log odds.",
    });
  return probs === undefined
    ? distribution(families.logits, [totalCount, logits as TensorLike])
    : distribution(families.probs, [totalCount, probs]);
}
