import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { antitheticBits, changeOf, coinObjection, coinOf, contractPair, pairOfLanes } from "./coins.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** ½(f(b) − f(b'))·(−1)^b'·[b ≠ b']·σ(|l|) in the log odds, b = [u < p], b' = [u > 1 − p] */
export const disarmStrategy: Strategy = {
  name: "disarm",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: 1,
  objection: coinObjection,
  draw: (site) => {
    const coin = coinOf(site);
    const { b, mirrored } = antitheticBits(coin, site);
    // (−1)^b'·[b ≠ b'] = b − b', and σ(|l|) is the larger of both probabilities
    const factor = tf.mul(tf.sub(b, mirrored), tf.maximum(coin.heads, coin.tails));
    return pairOfLanes(b, mirrored, tf.mul(changeOf(coin), tf.mul(0.5, factor)));
  },
  contract: (contraction) => contractPair(contraction, "disarm"),
};

/**
 * Estimates coins by DisARM (also U2G): ARM with the uniform numbers integrated out, given both antithetic draws. Never
 * more variance than `arm`, and none at all for one coin of probability ½; two lanes, whatever the number of elements that
 * a cost mixes. The value is the mean of both runs.
 *
 * Unbiased for any cost, first derivatives only. A coin that has come to certainty (probability 0 or 1) has no derivative
 * left, as under the score function.
 *
 * Dong, Mnih & Tucker, "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables" (2020).
 *
 * @throws ElbowError "derivative-order" if it is differentiated twice
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { disarm, flip, objective, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("b", disarm(flip(p)))).sub(0.45).square();
 * });
 * const { p } = await L.gradEstimate(0, { p: tf.scalar(0.5) });
 * console.log(p.dataSync()[0].toFixed(3)); // => 0.100
 * ```
 */
export const disarm = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> & Offering<O, "disarm", "disarm needs coins: bernoulli or flip">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, disarmStrategy);
