import * as tf from "@tensorflow/tfjs-core";
import type { WeakDerivative } from "../ir/site.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { xlog1py } from "../ops/special.js";
import { where } from "../ops/where.js";
import type { Shape } from "../util/shapes.js";
import { finite, positiveProbability } from "./constraints.js";
import { type Count, type Distribution, family } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { isCount, logComplement, logProbability, onSupport } from "./support.js";

/** The largest k with P(K ≥ k) = (1 − p)ᵏ ≥ 1 − u, from log(1 − p): increasing in the uniform number u. */
const draw = (logFailure: tf.Tensor, key: tf.Tensor, batch: Shape): tf.Tensor =>
  tf.floor(tf.div(tf.log1p(tf.neg(standardUniform(key, batch))), logFailure));

/** P(K ≤ x) = 1 − (1 − p)^{⌊x⌋ + 1} */
const cdf = (logFailure: tf.Tensor, value: tf.Tensor): tf.Tensor => {
  const trials = tf.add(tf.floor(value), 1);
  const isBelow = tf.lessEqual(trials, 0);
  return where(isBelow, 0, tf.neg(tf.expm1(tf.mul(where(isBelow, 1, trials), logFailure))));
};

/** The smallest k ≥ 0 with (k + 1) log(1 − p) ≤ log(1 − u). */
const quantile = (logFailure: tf.Tensor, u: tf.Tensor): tf.Tensor =>
  tf.maximum(0, tf.sub(tf.ceil(tf.div(tf.log1p(tf.neg(u)), logFailure)), 1));

/**
 * ∂/∂p p(1 − p)ᵏ = [p(1 − p)ᵏ − kp²(1 − p)ᵏ⁻¹]/p: the law of K less that of K + K′ + 1, the failures before the second
 * success with one of the two successes counted, K′ an independent copy
 */
function weakDerivative(
  p: tf.Tensor,
  logFailure: tf.Tensor,
  value: tf.Tensor,
  key: tf.Tensor,
  batch: Shape,
): WeakDerivative {
  const full = tf.broadcastTo(p, [...batch]);
  return {
    lanes: [tf.add(tf.add(value, draw(logFailure, namedKey(key, "second"), batch)), 1)],
    terms: [{ parameter: full, constant: tf.reciprocal(full), plus: 0, minus: 1 }],
  };
}

const geometricProbs = family({
  name: "geometric",
  support: "nonNegativeInteger",
  parameters: ["probs"],
  // log p + x log(1 − p)
  logDensity: ({ probs }, value) =>
    onSupport(value, isCount, 0, (x) => tf.add(logProbability(probs), xlog1py(x, tf.neg(probs)))),
  draw: ({ probs }, key, batch) => draw(tf.log1p(tf.neg(probs)), key, batch),
  isPathwise: false,
  weakDerivative: ({ probs }, value, key, batch) => weakDerivative(probs, tf.log1p(tf.neg(probs)), value, key, batch),
  mean: ({ probs }) => tf.div(tf.sub(1, probs), probs),
  variance: ({ probs }) => tf.div(tf.sub(1, probs), tf.square(probs)),
  // −log p − (1 − p)/p·log(1 − p)
  entropy: ({ probs }) => tf.neg(tf.add(tf.log(probs), tf.div(xlog1py(tf.sub(1, probs), tf.neg(probs)), probs))),
  cdf: ({ probs }, value) => cdf(logComplement(probs), value),
  quantile: ({ probs }, u) => quantile(tf.log1p(tf.neg(probs)), u),
  constraints: { probs: positiveProbability },
});

const geometricLogits = family({
  name: "geometric",
  support: "nonNegativeInteger",
  parameters: ["logits"],
  // log σ(l) + x log σ(−l)
  logDensity: ({ logits }, value) =>
    onSupport(value, isCount, 0, (x) => tf.neg(tf.add(tf.softplus(tf.neg(logits)), tf.mul(x, tf.softplus(logits))))),
  draw: ({ logits }, key, batch) => draw(tf.neg(tf.softplus(logits)), key, batch),
  isPathwise: false,
  weakDerivative: ({ logits }, value, key, batch) =>
    weakDerivative(tf.sigmoid(logits), tf.neg(tf.softplus(logits)), value, key, batch),
  mean: ({ logits }) => tf.exp(tf.neg(logits)),
  variance: ({ logits }) => tf.div(tf.exp(tf.neg(logits)), tf.sigmoid(logits)),
  // log(1 + e⁻ˡ) + e⁻ˡ·log(1 + eˡ)
  entropy: ({ logits }) => tf.add(tf.softplus(tf.neg(logits)), tf.mul(tf.exp(tf.neg(logits)), tf.softplus(logits))),
  cdf: ({ logits }, value) => cdf(tf.neg(tf.softplus(logits)), value),
  quantile: ({ logits }, u) => quantile(tf.neg(tf.softplus(logits)), u),
  constraints: { logits: finite },
});

/**
 * The geometric distribution: failures before the first success, 0, 1, 2, …, of mass p(1 − p)ˣ.
 *
 * Offers reinforce, muProp and measureValued.
 *
 * @param options - `probs`, the probability of success, in (0, 1], or `logits`, its log odds; any shape
 * @throws ElbowError if both are given, or none
 * @example
 * ```ts
 * import { geometric, run, sample } from "elbow";
 * const failures = run(0, sample("failures", geometric({ probs: [0.5, 0.1] })));
 * console.log(failures.shape); // => [ 2 ]
 * ```
 */
export const geometric = (options: ProbsOrLogits): Distribution<Count, "reinforce" | "muProp" | "measureValued"> =>
  fromProbsOrLogits("geometric", options, { probs: geometricProbs, logits: geometricLogits });
