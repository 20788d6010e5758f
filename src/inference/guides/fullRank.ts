import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { logDensity } from "../../distributions/distribution.js";
import { multivariateNormal } from "../../distributions/multivariateNormal.js";
import { normal } from "../../distributions/normal.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import { type Effects, sample } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { matVec, tril } from "../../ops/linearAlgebra.js";
import type { AutomaticGuide, PerChoice, SpreadOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { coordinatesOf, type Joint, joined, jointProgram } from "./jointProgram.js";
import { checkedScale, inOrder, startingPoint } from "./perSite.js";
import { sitesOf } from "./sites.js";

/** Parameters of a {@link fullRank} guide, in unconstrained coordinates. */
export type FullRankParameters<C> = {
  readonly loc: PerChoice<C>;
  /** Logarithms of the diagonal of the Cholesky factor. */
  readonly logScale: PerChoice<C>;
  /** [n, n] for n coordinates: the rest of the factor, every row divided by its diagonal. Read below the diagonal only. */
  readonly factor: Tensor;
};

/**
 * A guide that is one multivariate normal over all choices of a model in unconstrained coordinates, with a covariance of its own
 * for every pair of elements, each mapped onto the support that the model's choice has. See {@link meanField}.
 *
 * The covariance is LLᵀ, L = diag(s)·(I + F) for scales s and F strictly lower triangular. Choices are drawn together: all
 * of them are given to the guide, or none.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { elbo, fullRank, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const a = yield* sample("a", normal(0, 1));
 *   const b = yield* sample("b", normal(0, 1));
 *   yield* observe("y", normal(a.add(b), 1), y);
 * });
 * const data: [tf.Tensor] = [tf.scalar(1)];
 * const { guide, parameters } = fullRank(model, data);
 * console.log(parameters.factor.shape, elbo(model, guide) !== undefined); // => [ 2, 2 ] true
 * ```
 */
export function fullRank<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: SpreadOptions<M, K> = {},
): AutomaticGuide<FullRankParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("fullRank", model, data, options, ["scale"]);
  const sites = sitesOf(model(...data), options);
  const n = coordinatesOf(sites);
  const start = startingPoint(sites, checkedScale("fullRank", options.scale));
  const parameters = { ...start, factor: tf.zeros([n, n]) };
  type Q = { readonly loc: Choices; readonly logScale: Choices; readonly factor: Tensor };
  const guide = (q: Q): Call => {
    const [loc, logScale] = [joined(inOrder(sites, q.loc)), joined(inOrder(sites, q.logScale))];
    return jointProgram("fullRank", sites, choleskyNormal(loc, logScale, q.factor));
  };
  return { guide, parameters } as unknown as ReturnType<typeof fullRank<D, M, R, K>>;
}

/** N(m, LLᵀ) for L = diag(s)·(I + F). A draw knows its noise ε, so that its log density takes no triangular solve. */
export function choleskyNormal(loc: Tensor, logScale: Tensor, factor: Tensor): Joint {
  const n = loc.shape[0]!;
  const scale = tf.exp(logScale);
  const unit = tf.add(tf.sub(tril(factor), tf.mul(factor, tf.eye(n))), tf.eye(n));
  return {
    // u = m + s·(I + F)ε, log q(u) = log N(ε) − Σ log s
    *draw(): Effects<unknown, { vector: Tensor; logDensity: Tensor }> {
      const base = normal(tf.zeros([n]), 1);
      const noise = yield* sample("noise", base);
      const vector = tf.add(loc, tf.mul(scale, matVec(unit, noise)));
      return { vector, logDensity: tf.sub(tf.sum(logDensity(base, noise)), tf.sum(logScale)) };
    },
    assess: (vector) =>
      logDensity(multivariateNormal(loc, { scaleTril: tf.mul(tf.expandDims(scale, -1), unit) }), vector),
  };
}
