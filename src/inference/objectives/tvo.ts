import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { held } from "../../dsl/held.js";
import { replicate } from "../../dsl/replicate.js";
import { ElbowError } from "../../errors.js";
import { checkArray } from "../../util/expected.js";
import { checkChoice, checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";
import { particle } from "./particle.js";

/** Options of {@link tvo}. */
export interface TvoOptions {
  /** 0 = β₀ < β₁ < … < β_T = 1. */
  readonly partition: readonly number[];
  /** S. @defaultValue 10 */
  readonly particles?: number;
  /** The left sum is a lower bound of log p(x), the right one an upper bound, for S → ∞. @defaultValue "left" */
  readonly sum?: "left" | "right";
  /**
   * How the gradient is estimated.
   *
   * - `"covariance"`: Σ w̃·∂f + Σ w̃·(f − Σ w̃·f)·∂(β log p + (1 − β) log q) at fixed particles, the paper's, for choices of all
   *   kinds: unbiased for self-normalised sums whose particles come from a q that stays where it is;
   * - `"standard"`: as the strategies of the guide's choices say, with the particles moving with q.
   *
   * @defaultValue "covariance"
   */
  readonly gradient?: "covariance" | "standard";
}

/**
 * The thermodynamic variational objective, Σₜ (βₜ₊₁ − βₜ)·E_πₜ log w with w = p(x, z)/q(z) and πₜ ∝ p^βₜ·q^(1 − βₜ): a Riemann sum
 * of ∫₀¹ E_πβ log w dβ = log p(x), to be maximised. βₜ stands at the left ends of the intervals, for the upper bound at the right ones.
 *
 * The expectations are self-normalised sums over S particles of q with weights w^β, **biased** towards the ELBO's term for few of
 * them; value and gradient are unbiased for what S particles give. With one interval the left sum is the ELBO.
 *
 * Masrani, Le & Wood, "The Thermodynamic Variational Objective" (2019).
 *
 * @throws ElbowError "option" for a partition that does not go from 0 to 1
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, sample, tvo } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const at = { loc: tf.scalar(0) };
 * const partition = [0, 0.1, 0.3, 0.6, 1];
 * const [lower, upper] = await Promise.all((["left", "right"] as const).map(async (sum) =>
 *   (await tvo(model, guide, { partition, sum, particles: 1000 }).estimate({ seed: 0, draws: 100 }, at, tf.scalar(1))).dataSync()[0]));
 * console.log(lower < -1.5155 && upper > -1.5155); // => true
 * ```
 */
export const tvo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  options: TvoOptions,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("tvo", { model, guide });
  checkOptionNames("tvo", options, ["partition", "particles", "sum", "gradient"], ["partition"]);
  const { partition, particles = 10, sum = "left", gradient = "covariance" } = options;
  checkArray("tvo", "partition", partition, "Write { partition: [0, 0.25, 1] }.");
  checkChoice("tvo", "sum", sum, ["left", "right"]);
  checkChoice("tvo", "gradient", gradient, ["covariance", "standard"]);
  checkParticles("tvo", particles);
  const widths = partition.slice(1).map((end, t) => end - partition[t]!);
  if (partition[0] !== 0 || partition.at(-1) !== 1 || widths.some((width) => !(width > 0)))
    throw new ElbowError("option", {
      message: `tvo: the partition must rise from 0 to 1\n  received: ${partition.join(", ")}`,
    });
  const betas = tf.tensor2d(sum === "left" ? partition.slice(0, -1) : partition.slice(1), [widths.length, 1]);
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const fixed = held(guide(...([detached(parameters), ...data] as unknown as A)));
    const drawnFrom = gradient === "covariance" ? fixed : undefined;
    const { logJoint, logGuide, logProposal } = yield* replicate(particles, () =>
      particle(model, guide, parameters, data, drawnFrom),
    );
    const logWeights = tf.sub(logJoint, logGuide);
    // log of p^β·q^(1 − β) over the density that the particles come from, [T, S]
    const logRatios = tf.add(tf.mul(betas, logWeights), tf.sub(logGuide, logProposal));
    const means = tf.sum(tf.mul(tf.softmax(logRatios), logWeights), 1);
    return tf.sum(tf.mul(tf.tensor1d(widths), means));
  });
};
