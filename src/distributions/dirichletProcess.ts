import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { checkCount } from "../util/options.js";
import { beta } from "./beta.js";
import type { Distribution, UnitInterval } from "./distribution.js";
import { iid } from "./iid.js";
import { independent } from "./independent.js";

/** A random discrete distribution Σ wₖδ(aₖ): the distributions of what it is made of. */
export interface DirichletProcess<T extends Tensor, Offers extends string> {
  /** Of events [K − 1]: the share of the stick that every break leaves, of which {@link stickLogWeights} makes weights. */
  readonly rests: Distribution<UnitInterval, "reparam" | "reinforce" | "muProp">;
  /** Of batch shape [K, ...base batch]. */
  readonly atoms: Distribution<T, Offers>;
}

/**
 * The Dirichlet process, truncated to K atoms: a random distribution Σ wₖδ(aₖ) of independent atoms aₖ from the base
 * distribution and stick-breaking weights wₖ = (1 − rₖ) r₁ ⋯ rₖ₋₁, rₖ ~ Beta(α, 1), the last of which is all that remains. What
 * truncation joins there has the mean weight (α/(1 + α))^{K − 1}.
 *
 * It is a pair of distributions, to be sampled at two addresses, each with a strategy of its own; `stickLogWeights` makes the
 * logits of the mixture. The shares that remain are the variables, and not the weights, because they stay numbers where late
 * weights are too small for one; the weights themselves are distributed as `stickBreakingWeights(α, K)`.
 *
 * Sethuraman, "A constructive definition of Dirichlet priors" (1994); Blei & Jordan, "Variational inference for Dirichlet
 * process mixtures" (2006).
 *
 * @param concentration - α > 0, of the batch shape
 * @param base - the distribution of one atom
 * @param truncation - the number K ≥ 2 of atoms
 * @throws ElbowError "option" for a truncation that is no integer ≥ 2
 * @example
 * ```ts
 * import { categorical, dirichletProcess, gen, normal, run, sample, simulate, stickLogWeights } from "elbow";
 * const clusters = gen(function* () {
 *   const { rests, atoms } = dirichletProcess(1, normal(0, 10), 20);
 *   const logits = stickLogWeights(yield* sample("rests", rests));
 *   const centers = yield* sample("centers", atoms);
 *   const k = yield* sample("cluster", categorical({ logits }));
 *   yield* sample("x", normal(centers.gather(k.toInt()), 1));
 * });
 * console.log(Object.keys(run(0, simulate(clusters())).choices)); // => [ 'rests', 'centers', 'cluster', 'x' ]
 * ```
 */
export function dirichletProcess<T extends Tensor, Offers extends string>(
  concentration: TensorLike,
  base: Distribution<T, Offers>,
  truncation: number,
): DirichletProcess<T, Offers> {
  checkCount("dirichletProcess", "truncation", truncation, 2);
  const alpha = tf.mul(tf.expandDims(asTensor(concentration), -1), tf.ones([truncation - 1]));
  return { rests: independent(beta(alpha, 1)), atoms: iid(truncation, base) };
}

/**
 * The logarithms of stick-breaking weights wₖ = (1 − rₖ) r₁ ⋯ rₖ₋₁, with 1 in the place of 1 − r for the last.
 *
 * @param rests - the shares r in (0, 1) that the breaks leave, [..., K − 1]
 * @returns [..., K]; their exponentials sum to 1
 * @example
 * ```ts
 * import { stickLogWeights } from "elbow";
 * console.log(stickLogWeights([0.5, 0.5]).exp().arraySync()); // => [ 0.5, 0.25, 0.25 ]
 * ```
 */
export function stickLogWeights(rests: TensorLike): Tensor {
  const shares = tf.cast(asTensor(rests, "float32", "stickLogWeights: the shares"), "float32");
  if (shares.rank === 0)
    throw new ElbowError("shape", {
      message: "stickLogWeights takes shares along the last axis\n  received: []",
      hint: "Pass the draw of `rests` of a dirichletProcess.",
    });
  const logShares = tf.log(shares);
  const zeros = tf.zeros([...shares.shape.slice(0, -1), 1]);
  const before = tf.concat([zeros, tf.cumsum(logShares, shares.rank - 1)], -1);
  return tf.add(before, tf.concat([tf.log1p(tf.neg(shares)), zeros], -1));
}
