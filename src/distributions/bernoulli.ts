import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { asTensor } from "../ir/lifted.js";
import type { WeakDerivative } from "../ir/site.js";
import { standardUniform } from "../ops/random.js";
import { xlog1py, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import type { Shape } from "../util/shapes.js";
import { probability, real } from "./constraints.js";
import {
  type Bool,
  type CategoryStrategyName,
  type CoinStrategyName,
  type Distribution,
  distribution,
  family,
} from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logComplement, logProbability, onSupport } from "./support.js";

type Offers = "enumerate" | "reinforce" | "muProp" | "measureValued" | CoinStrategyName | CategoryStrategyName;

const isBit = (x: tf.Tensor): tf.Tensor => tf.logicalOr(tf.equal(x, 0), tf.equal(x, 1));

/** 1 with probability p: increasing in the uniform number. */
const draw = (p: tf.Tensor, key: tf.Tensor, batch: Shape): tf.Tensor =>
  tf.cast(tf.less(tf.sub(1, standardUniform(key, batch)), p), "float32");

/** 0 below 0, 1 − p up to 1, then 1 */
const cdf = (tails: tf.Tensor, value: tf.Tensor): tf.Tensor =>
  where(tf.less(value, 0), 0, where(tf.less(value, 1), tails, 1));

const quantile = (tails: tf.Tensor, u: tf.Tensor): tf.Tensor => tf.cast(tf.greater(u, tails), "float32");

/** ∂/∂p E f = f(1) − f(0) */
function weakDerivative(p: tf.Tensor, batch: Shape): WeakDerivative {
  const full = tf.broadcastTo(p, [...batch]);
  return {
    lanes: [tf.zerosLike(full), tf.onesLike(full)],
    terms: [{ parameter: full, constant: tf.onesLike(full), plus: 2, minus: 1 }],
  };
}

const bernoulliProbs = family({
  name: "bernoulli",
  support: "boolean",
  parameters: ["probs"],
  // x log p + (1 − x) log(1 − p)
  logDensity: ({ probs }, value) =>
    onSupport(value, isBit, 0, (x) => where(tf.equal(x, 1), logProbability(probs), logComplement(probs))),
  probability: ({ probs }, value) => where(tf.equal(value, 1), probs, tf.sub(1, probs)),
  draw: ({ probs }, key, batch) => draw(probs, key, batch),
  isPathwise: false,
  supportValues: () => [0, 1],
  weakDerivative: ({ probs }, _value, _key, batch) => weakDerivative(probs, batch),
  mean: ({ probs }) => probs,
  variance: ({ probs }) => tf.mul(probs, tf.sub(1, probs)),
  // −p log p − (1 − p) log(1 − p)
  entropy: ({ probs }) => {
    const tails = tf.sub(1, probs);
    return tf.neg(tf.add(xlogy(probs, probs), xlog1py(tails, tf.neg(probs))));
  },
  cdf: ({ probs }, value) => cdf(tf.sub(1, probs), value),
  quantile: ({ probs }, u) => quantile(tf.sub(1, probs), u),
  constraints: { probs: probability },
});

const bernoulliLogits = family({
  name: "bernoulli",
  support: "boolean",
  parameters: ["logits"],
  // log σ(l) or log σ(−l)
  logDensity: ({ logits }, value) =>
    onSupport(value, isBit, 0, (x) => tf.neg(tf.softplus(where(tf.equal(x, 1), tf.neg(logits), logits)))),
  draw: ({ logits }, key, batch) => draw(tf.sigmoid(logits), key, batch),
  isPathwise: false,
  supportValues: () => [0, 1],
  weakDerivative: ({ logits }, _value, _key, batch) => weakDerivative(tf.sigmoid(logits), batch),
  mean: ({ logits }) => tf.sigmoid(logits),
  variance: ({ logits }) => tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits))),
  // σ(l)·log(1 + e⁻ˡ) + σ(−l)·log(1 + eˡ)
  entropy: ({ logits }) => {
    const minus = tf.neg(logits);
    return tf.add(tf.mul(tf.sigmoid(logits), tf.softplus(minus)), tf.mul(tf.sigmoid(minus), tf.softplus(logits)));
  },
  cdf: ({ logits }, value) => cdf(tf.sigmoid(tf.neg(logits)), value),
  quantile: ({ logits }, u) => quantile(tf.sigmoid(tf.neg(logits)), u),
  constraints: { logits: real },
});

/**
 * The Bernoulli distribution: 1 with a probability p, else 0; of mass pˣ(1 − p)¹⁻ˣ.
 *
 * Offers enumerate, reinforce, muProp, measureValued, arm, disarm, localExpectation, unorderedSet, topK, rebar, relax;
 * with bias gumbelSoftmax and straightThrough.
 *
 * @param options - `probs`, the probability of 1, or `logits`, its log odds; any shape
 * @throws ElbowError if both are given, or none
 * @example
 * ```ts
 * import { bernoulli, run, sample } from "elbow";
 * const x = run(0, sample("x", bernoulli({ logits: [-1, 0, 1] })));
 * console.log(x.shape); // => [ 3 ]
 * ```
 */
export const bernoulli = (options: ProbsOrLogits): Distribution<Bool, Offers> =>
  fromProbsOrLogits("bernoulli", options, { probs: bernoulliProbs, logits: bernoulliLogits });

/**
 * A coin: 1 with the given probability, else 0. The same as `bernoulli({ probs })`.
 *
 * Offers enumerate, reinforce, muProp, measureValued, arm, disarm, localExpectation, unorderedSet, topK, rebar, relax;
 * with bias gumbelSoftmax and straightThrough.
 *
 * @param probs - probability of 1, any shape
 * @example
 * ```ts
 * import { flip, run, sample } from "elbow";
 * const heads = run(0, sample("heads", flip(0.5)));
 * console.log(heads.shape); // => []
 * ```
 */
export const flip = (probs: TensorLike): Distribution<Bool, Offers> =>
  distribution(bernoulliProbs, [asTensor(probs, "float32", "flip: probs")]);
