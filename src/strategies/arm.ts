import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { antitheticBits, changeOf, coinObjection, coinOf, contractPair, pairOfLanes } from "./coins.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** (f(b') − f(b))·(u − ½) in the log odds, b = [u < p], b' = [u > 1 − p] */
export const armStrategy: Strategy = {
  name: "arm",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: 1,
  objection: coinObjection,
  draw: (site) => {
    const coin = coinOf(site);
    const { u, b, mirrored } = antitheticBits(coin, site);
    return pairOfLanes(b, mirrored, tf.mul(changeOf(coin), tf.sub(0.5, u)));
  },
  contract: (contraction) => contractPair(contraction, "arm"),
};

/**
 * Estimates coins by ARM (augment, REINFORCE, merge): two antithetic runs, b = [u < p] and b' = [u > 1 − p] for a uniform
 * u, give the derivative (f(b') − f(b))(u − ½) in the log odds. Elements of a batch that a cost mixes are all exchanged at
 * once and take their own u − ½ each: two lanes whatever their number. The value is the mean of both runs.
 *
 * Unbiased for any cost, first derivatives only. `disarm` has a smaller variance at the same price. A coin that has come
 * to certainty (probability 0 or 1) has no derivative left, as under the score function.
 *
 * Yin & Zhou, "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks" (2019), theorem 1.
 *
 * @throws ElbowError "derivative-order" if it is differentiated twice
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { arm, bernoulli, objective, sample } from "elbow";
 * const L = objective(function* ({ l }: { l: tf.Tensor }) {
 *   return (yield* sample("b", arm(bernoulli({ logits: l })))).sum().square();
 * });
 * const { l } = await L.gradEstimate({ seed: 0, draws: 1000 }, { l: tf.tensor1d([0, 0.5, 1]) });
 * console.log(l.shape); // => [ 3 ]
 * ```
 */
export const arm = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> & Offering<O, "arm", "arm needs coins: bernoulli or flip">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, armStrategy);
