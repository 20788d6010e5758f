import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkOptionNames } from "../../util/options.js";
import type { Objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { diwhvi, type HierarchicalOptions } from "./diwhvi.js";
import type { GuideParameters } from "./elbo.js";

/** Options of {@link iwhvi}. */
export interface IwhviOptions<Q, K extends string> extends HierarchicalOptions<Q, K> {
  /** M, for the guide's density. @defaultValue 1 */
  readonly inner?: number;
}

/**
 * Importance-weighted hierarchical variational inference, E log p(x, z)/q̂_M(z) with q̂_M(z) = (1/M) Σᵢ q(z, uᵢ)/r(uᵢ | z), of which the
 * first u is the one that z was drawn with. A lower bound, to be maximised: `hvi` for M = 1, rising to the ELBO of the marginal
 * guide for M → ∞.
 *
 * Sobolev & Vetrov, "Importance Weighted Hierarchical Variational Inference" (2019).
 *
 * @param guide - with auxiliary choices; takes the parameters, then the data
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, iwhvi, normal, sample } from "elbow";
 * const target = gen(function* () {
 *   yield* sample("z", normal(0, 1));
 * });
 * const guide = gen(function* (q: { scale: tf.Tensor }) {
 *   const u = yield* sample("u", normal(0, q.scale));
 *   yield* sample("z", normal(u, tf.sqrt(tf.sub(1, q.scale.square()))));
 * });
 * const L = iwhvi(target, guide, { keep: "z", inner: 100 });
 * const value = (await L.estimate({ seed: 0, draws: 1000 }, { scale: tf.scalar(0.6) })).dataSync()[0];
 * console.log(value < 0.01 && value > -0.02); // => true
 * ```
 */
export const iwhvi = <
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
  options: IwhviOptions<GuideParameters<A>, K>,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("iwhvi", { model, guide });
  checkOptionNames("iwhvi", options, ["keep", "reverse", "inner"], ["keep"]);
  return diwhvi(model, guide, { ...options, particles: 1 });
};
