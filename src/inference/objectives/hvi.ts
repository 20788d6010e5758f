import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkOptionNames } from "../../util/options.js";
import type { Objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { diwhvi, type HierarchicalOptions } from "./diwhvi.js";
import type { GuideParameters } from "./elbo.js";

/**
 * Hierarchical variational inference, E log p(x, z)·r(u | z)/q(z, u) for a guide with auxiliary choices u: the ELBO of its marginal
 * q(z) with a density estimated by the u that z was drawn with. A lower bound of the ELBO of q(z), to be maximised.
 *
 * Ranganath, Tran & Blei, "Hierarchical Variational Models" (2016).
 *
 * @param guide - with auxiliary choices; takes the parameters, then the data
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, hvi, normal, sample } from "elbow";
 * const target = gen(function* () {
 *   yield* sample("z", normal(0, 1));
 * });
 * // z ~ N(0, 1) after all, but its density is not known to be that
 * const guide = gen(function* (q: { scale: tf.Tensor }) {
 *   const u = yield* sample("u", normal(0, q.scale));
 *   yield* sample("z", normal(u, tf.sqrt(tf.sub(1, q.scale.square()))));
 * });
 * const L = hvi(target, guide, { keep: "z" });
 * const value = (await L.estimate({ seed: 0, draws: 100_000 }, { scale: tf.scalar(0.6) })).dataSync()[0];
 * console.log(Math.abs(value - Math.log(0.8)) < 0.02); // => true
 * ```
 */
export const hvi = <
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
  options: HierarchicalOptions<GuideParameters<A>, K>,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("hvi", { model, guide });
  checkOptionNames("hvi", options, ["keep", "reverse"], ["keep"]);
  return diwhvi(model, guide, { ...options, inner: 1, particles: 1 });
};
