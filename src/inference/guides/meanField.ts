import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import { independent } from "../../distributions/independent.js";
import { normal } from "../../distributions/normal.js";
import { transformed } from "../../distributions/transformed.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import type { AutomaticGuide, PerChoice, SpreadOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { checkedScale, inOrder, startingPoint } from "./perSite.js";
import { onSupportOf, siteProgram } from "./siteProgram.js";
import { type Site, sitesOf } from "./sites.js";

/** Parameters of a {@link meanField} guide, in unconstrained coordinates. */
export type MeanFieldParameters<C> = {
  readonly loc: PerChoice<C>;
  /** Logarithms of standard deviations. */
  readonly logScale: PerChoice<C>;
};

/**
 * A guide of independent normals, one for every element of every choice of a model in unconstrained coordinates, and each
 * mapped onto the support that the model's choice has.
 *
 * The model is run once, with the data, to see its choices: addresses, shapes and supports. Gradients are pathwise.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" for choices that are discrete, depend on a branch, or lie between ends that depend on others; if the
 *   density is not finite at the start
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { elbo, fit, gamma, gen, meanField, observe, poisson, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const rate = yield* sample("rate", gamma(2, 1));
 *   yield* observe("y", poisson(rate.mul(tf.onesLike(y))), y);
 * });
 * const data: [tf.Tensor] = [tf.tensor1d([3, 5, 4])];
 * const { guide, parameters } = meanField(model, data);
 * const fitted = await fit(elbo(model, guide), { parameters, data, steps: 500 });
 * const [rate] = fitted.parameters.loc.rate.exp().dataSync();
 * console.log(Math.abs(rate - 3.4) < 0.3); // => true
 * ```
 */
export function meanField<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: SpreadOptions<M, K> = {},
): AutomaticGuide<MeanFieldParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("meanField", model, data, options, ["scale"]);
  const sites = sitesOf(model(...data), options);
  const parameters = startingPoint(sites, checkedScale("meanField", options.scale));
  const guide = ({ loc, logScale }: { readonly loc: Choices; readonly logScale: Choices }): Call => {
    const [locs, logScales] = [inOrder(sites, loc), inOrder(sites, logScale)];
    return siteProgram("meanField", sites, (site, i) => imageOfNormal(site, locs[i]!, tf.exp(logScales[i]!)));
  };
  return { guide, parameters } as unknown as ReturnType<typeof meanField<D, M, R, K>>;
}

/** Independent normals in unconstrained coordinates, mapped onto the site's support. */
function imageOfNormal(site: Site, loc: Tensor, scale: Tensor): Distribution<Tensor, never> {
  const { bijector } = site;
  const base = normal(loc, scale);
  if (bijector.rule.name === "identity") return onSupportOf(site, base);
  const events = bijector.domainRank > 0 ? independent(base, bijector.domainRank) : base;
  return onSupportOf(site, transformed(events as Distribution<Tensor, never>, bijector));
}
