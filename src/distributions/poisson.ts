import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import { poissonEntropy } from "../ir/primitives/countEntropies.js";
import { poissonQuantile } from "../ir/primitives/poissonQuantile.js";
import { standardUniform } from "../ops/random.js";
import { gammaincc } from "../ops/special.js";
import { where } from "../ops/where.js";
import { nonNegative } from "./constraints.js";
import { type Count, type Distribution, distribution, family } from "./distribution.js";
import { logPoissonTerm } from "./saddlePoint.js";
import { isCount, onSupport } from "./support.js";

const quantile = lifted((u, rate) => poissonQuantile(u!, rate!));
const entropy = lifted((rate) => poissonEntropy(rate!));

const poissonFamily = family({
  name: "poisson",
  support: "nonNegativeInteger",
  parameters: ["rate"],
  // x log λ − λ − log x!
  logDensity: ({ rate }, value) => {
    const positive = (x: tf.Tensor) => tf.logicalAnd(isCount(x), tf.greater(x, 0));
    return where(
      tf.equal(value, 0),
      tf.neg(rate),
      onSupport(value, positive, 1, (x) => logPoissonTerm(x, rate)),
    );
  },
  draw: ({ rate }, key, batch) => quantile(standardUniform(key, batch), rate),
  isPathwise: false,
  // ∂/∂λ E f = E [f(K + 1) − f(K)]
  weakDerivative: ({ rate }, value, _, batch) => {
    const full = tf.broadcastTo(rate, [...batch]);
    return {
      lanes: [tf.add(value, 1)],
      terms: [{ parameter: full, constant: tf.onesLike(full), plus: 1, minus: 0 }],
    };
  },
  mean: ({ rate }) => rate,
  variance: ({ rate }) => rate,
  entropy: ({ rate }) => entropy(rate),
  // P(K ≤ x) = Q(⌊x⌋ + 1, λ)
  cdf: ({ rate }, value) => {
    const next = tf.add(tf.floor(value), 1);
    const isBelow = tf.lessEqual(next, 0);
    return where(isBelow, 0, gammaincc(where(isBelow, 1, next), rate));
  },
  quantile: ({ rate }, u) => quantile(u, rate),
  constraints: { rate: nonNegative },
});

/**
 * The Poisson distribution of counts, of mass λˣe^{−λ}/x!.
 *
 * Offers reinforce, muProp and measureValued.
 *
 * @param rate - mean λ ≥ 0, any shape
 * @example
 * ```ts
 * import { poisson, run, sample } from "elbow";
 * const count = run(0, sample("count", poisson([1, 10, 100])));
 * console.log(count.shape); // => [ 3 ]
 * ```
 */
export const poisson = (rate: TensorLike): Distribution<Count, "reinforce" | "muProp" | "measureValued"> =>
  distribution(poissonFamily, [rate]);
