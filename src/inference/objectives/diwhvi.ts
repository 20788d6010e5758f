import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { replicate } from "../../dsl/replicate.js";
import { simulate } from "../../dsl/simulate.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import { importanceSampling } from "../marginal/importanceSampling.js";
import { marginal } from "../marginal/marginal.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";
import { logMeanExp } from "./logMeanExp.js";

/** Options of {@link hvi}, {@link iwhvi} and {@link diwhvi}. */
export interface HierarchicalOptions<Q, K extends string> {
  /** The addresses of the guide that the model has; the others are auxiliary and are integrated out. */
  readonly keep: K | readonly K[];
  /**
   * Proposes the auxiliary choices, given those that are kept: the reverse model r(u | z). It may have parameters of its own
   * among those of the guide. @defaultValue the guide itself, run forward
   */
  // biome-ignore lint/suspicious/noExplicitAny: the choices of whatever guide it is used for
  readonly reverse?: (parameters: Q, kept: any) => Call;
}

/** How many particles {@link diwhvi} has. */
export interface DoublyWeightedOptions<Q, K extends string> extends HierarchicalOptions<Q, K> {
  /** M, for the guide's density. @defaultValue 1 */
  readonly inner?: number;
  /** K, for the bound. @defaultValue 1 */
  readonly particles?: number;
}

/**
 * Doubly importance-weighted hierarchical variational inference, E log (1/K) Σₖ p(x, zₖ)/q̂_M(zₖ) for a guide q(z) = ∫ q(z, u) du whose
 * density is estimated by M values of u, of which the first is the one that z was drawn with: q̂_M(z) = (1/M) Σᵢ q(z, uᵢ)/r(uᵢ | z).
 * A lower bound of log p(x) for all M and K, to be maximised.
 *
 * Sobolev & Vetrov, "Importance Weighted Hierarchical Variational Inference" (2019).
 *
 * @param guide - with auxiliary choices; takes the parameters, then the data
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { diwhvi, flip, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* observe("y", normal(z.abs(), 0.5), 1);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   const side = yield* sample("side", flip(0.5));
 *   yield* sample("z", normal(side.mul(2).sub(1).mul(q.loc), 0.5));
 * });
 * const L = diwhvi(model, guide, { keep: "z", inner: 5, particles: 5 });
 * const value = (await L.estimate({ seed: 0, draws: 1000 }, { loc: tf.scalar(0.8) })).dataSync()[0];
 * console.log(value < -0.73 && value > -1); // => true
 * ```
 */
export const diwhvi = <
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
  K extends keyof G & string,
>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, Pick<G, K>>,
  options: DoublyWeightedOptions<GuideParameters<A>, K>,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("diwhvi", { model, guide });
  checkOptionNames("diwhvi", options, ["keep", "reverse", "inner", "particles"], ["keep"]);
  const { keep, reverse, inner = 1, particles = 1 } = options;
  checkParticles("diwhvi", inner);
  checkParticles("diwhvi", particles);
  return objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const proposal = reverse && ((kept: unknown) => reverse(parameters, kept));
    const algorithm = importanceSampling({ particles: inner, ...(proposal && { proposal }) });
    const q = marginal(guide(...([parameters, ...data] as unknown as A)), { keep, algorithm });
    const logWeights: Tensor = yield* replicate(particles, function* () {
      const { choices, logDensity } = yield* simulate(q);
      return tf.sub(yield* assess(model(...data), choices as unknown as Values<M>), logDensity);
    });
    return logMeanExp(logWeights);
  });
};
