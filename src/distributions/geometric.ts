import * as tf from "@tensorflow/tfjs-core";
import type { WeakDerivative } from "../ir/site.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { xlog1py } from "../ops/special.js";
import type { Shape } from "../util/shapes.js";
import { type Count, type Distribution, family } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { isCount, logProbability, onSupport } from "./support.js";

/** The largest k with P(K ≥ k) = (1 − p)ᵏ ≥ 1 − u, from log(1 − p): increasing in the uniform number u. */
const draw = (logFailure: tf.Tensor, key: tf.Tensor, batch: Shape): tf.Tensor =>
  tf.floor(tf.div(tf.log1p(tf.neg(standardUniform(key, batch))), logFailure));

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
});

/**
 * The geometric distribution: failures before the first success, 0, 1, 2, …
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
