import type { Tensor } from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { range } from "../../util/shapes.js";
import type { AutomaticGuide, PerChoice, SpreadOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { type Block, type ConditionalParameters, conditionalNormal, conditionalStart } from "./conditionalNormal.js";
import { checkedScale } from "./perSite.js";
import { parentsOf, posteriorLinks } from "./posteriorLinks.js";
import { surveyOf } from "./sites.js";

/** Parameters of {@link hierarchicalGuide} and {@link structuredGuide}, in unconstrained coordinates. */
export type StructuredParameters<C> = {
  readonly loc: PerChoice<C>;
  /** Logarithms of standard deviations given the parents. */
  readonly logScale: PerChoice<C>;
  /** Per block of several coordinates that vary together: the Cholesky factor of their correlation, read below its diagonal only. */
  readonly factor: { readonly [block: string]: Tensor };
  /** Per block and parent: [..., coordinates of the block, coordinates of the parent], both in units of their scales. */
  readonly weights: { readonly [block: string]: { readonly [parent: string]: Tensor } };
};

/**
 * A guide that is a normal in unconstrained coordinates with the conditional independences of the posterior: it follows
 * the order of the model, and the location of every choice is affine in those of the earlier choices that it depends on in the
 * posterior of a normal model with the same structure.
 *
 * Which these are is read off the program: two choices are linked where the derivative of the log density in the one
 * depends on the other, and summing out a later choice links those that it is linked with. Elements that are linked with their
 * counterparts alone, those of plates, have a covariance each; other elements of one choice have a Cholesky factor together. Of a
 * normal posterior it is exact, like {@link fullRank}, with parameters that grow with a plate and not with its square.
 *
 * Choices left out by `except` count as fixed. Otherwise like {@link meanField}; the choices are drawn together.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does, and for a density that is estimated at random
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, hierarchicalGuide, iid, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   const theta = yield* sample("theta", iid(50, normal(mu, 1)));
 *   yield* observe("y", normal(theta, 1), y);
 * });
 * const { parameters } = hierarchicalGuide(model, [tf.zeros([50])]);
 * console.log(parameters.weights.theta.mu.shape, parameters.factor.theta); // => [ 50, 1 ] undefined
 * ```
 */
export function hierarchicalGuide<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: SpreadOptions<M, K> = {},
): AutomaticGuide<StructuredParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("hierarchicalGuide", model, data, options, ["scale"]);
  const scale = checkedScale("hierarchicalGuide", options.scale);
  const call = model(...data);
  const { sites, rest } = surveyOf(call, options);
  const parents = parentsOf(posteriorLinks("hierarchicalGuide", call, sites, rest));
  const blocks = sites.map(
    ({ address }, i): Block => ({
      name: address,
      sites: [i],
      independent: parents[i]![i]!,
      parents: range(i).flatMap((site) => {
        const aligned = parents[i]![site];
        return aligned === undefined ? [] : [{ site, aligned }];
      }),
    }),
  );
  const guide = (q: ConditionalParameters): Call => conditionalNormal("hierarchicalGuide", sites, blocks, q);
  const parameters = conditionalStart(sites, blocks, scale);
  return { guide, parameters } as unknown as ReturnType<typeof hierarchicalGuide<D, M, R, K>>;
}
