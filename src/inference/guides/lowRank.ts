import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { logDensity } from "../../distributions/distribution.js";
import { multivariateNormal } from "../../distributions/multivariateNormal.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import { type Effects, sample } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { namedKey, seedKey, standardNormal } from "../../ops/random.js";
import { checkCount } from "../../util/options.js";
import type { AutomaticGuide, PerChoice, SpreadOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { coordinatesOf, type Joint, joined, jointProgram } from "./jointProgram.js";
import { checkedScale, inOrder, startingPoint } from "./perSite.js";
import { sitesOf } from "./sites.js";

/** Parameters of a {@link lowRank} guide, in unconstrained coordinates. */
export type LowRankParameters<C> = {
  readonly loc: PerChoice<C>;
  /** Logarithms of scales. */
  readonly logScale: PerChoice<C>;
  /** [n, rank] for n coordinates. */
  readonly factor: Tensor;
};

/** Options of {@link lowRank}. */
export interface LowRankOptions<C, K extends string = never> extends SpreadOptions<C, K> {
  /** How many directions there are along which choices vary together. */
  readonly rank: number;
}

/**
 * A guide that is one multivariate normal over all choices of a model in unconstrained coordinates, its covariance
 * diag(s)·(I + WWᵀ)·diag(s) for a matrix W of `rank` columns, each choice mapped onto the support that the model's has: for
 * models with too many coordinates for {@link fullRank}. Otherwise like {@link meanField}.
 *
 * W starts at small random numbers: at zero its gradient would be zero, too.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does; "option" unless the rank is a positive integer
 * @example
 * ```ts
 * import { gen, iid, lowRank, normal, sample } from "elbow";
 * const model = gen(function* () {
 *   yield* sample("w", iid(100, normal(0, 1)));
 * });
 * const { parameters } = lowRank(model, [], { rank: 3 });
 * console.log(parameters.loc.w.shape, parameters.factor.shape); // => [ 100 ] [ 100, 3 ]
 * ```
 */
export function lowRank<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: LowRankOptions<M, K>,
): AutomaticGuide<LowRankParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("lowRank", model, data, options, ["scale", "rank"], ["rank"]);
  const { rank, seed = 0 } = options;
  checkCount("lowRank", "rank", rank);
  const sites = sitesOf(model(...data), options);
  const n = coordinatesOf(sites);
  const start = startingPoint(sites, checkedScale("lowRank", options.scale));
  const factor = tf.tidy(() => tf.mul(0.1, standardNormal(namedKey(seedKey(seed), "lowRank"), [n, rank])));
  const parameters = { ...start, factor };
  type Q = { readonly loc: Choices; readonly logScale: Choices; readonly factor: Tensor };
  const guide = (q: Q): Call => {
    const [loc, logScale] = [joined(inOrder(sites, q.loc)), joined(inOrder(sites, q.logScale))];
    return jointProgram("lowRank", sites, factorNormal(loc, tf.exp(logScale), q.factor));
  };
  return { guide, parameters } as unknown as ReturnType<typeof lowRank<D, M, R, K>>;
}

/** N(m, diag(s)·(I + WWᵀ)·diag(s)) */
function factorNormal(loc: Tensor, scale: Tensor, factor: Tensor): Joint {
  const of = multivariateNormal(loc, {
    covFactor: tf.mul(tf.expandDims(scale, -1), factor),
    covDiag: tf.square(scale),
  });
  return {
    *draw(): Effects<unknown, { vector: Tensor; logDensity: Tensor }> {
      const vector = yield* sample("unconstrained", of);
      return { vector, logDensity: logDensity(of, vector) };
    },
    assess: (vector) => logDensity(of, vector),
  };
}
