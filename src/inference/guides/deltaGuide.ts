import * as tf from "@tensorflow/tfjs-core";
import { delta } from "../../distributions/delta.js";
import { logDensity } from "../../distributions/distribution.js";
import type { Values } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import type { AutomaticGuide, GuideOptions, PerChoice } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { joined } from "./jointProgram.js";
import { byAddress, inOrder, startingLocations } from "./perSite.js";
import { sitesOf } from "./sites.js";
import { wholeProgram } from "./wholeProgram.js";

/** Parameters of a {@link deltaGuide}. */
export type DeltaParameters<C> = {
  /** The values, in unconstrained coordinates. */
  readonly loc: PerChoice<C>;
};

/** A guide of points, with what leads from its parameters to them. */
export interface DeltaGuide<D extends readonly unknown[], C> extends AutomaticGuide<DeltaParameters<C>, D, C> {
  /** The values of the choices: what `mapEstimate(model, { values })` takes, and the estimate in the end. */
  readonly values: (parameters: DeltaParameters<C>) => Values<C>;
}

/**
 * A guide of one point for every choice of a model, kept on the support that the model's choice has: `elbo(model, guide)` is
 * then log p(x, z), and its maximum the posterior mode (maximum a posteriori), in the model's own coordinates. The same without
 * a guide is `mapEstimate(model, { values })`. Otherwise like {@link meanField}.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { beta, binomial, deltaGuide, fit, gen, mapEstimate, observe, sample } from "elbow";
 * const model = gen(function* (heads: tf.Tensor) {
 *   const p = yield* sample("p", beta(2, 2));
 *   yield* observe("heads", binomial(10, { probs: p }), heads);
 * });
 * const data: [tf.Tensor] = [tf.scalar(7)];
 * const { parameters, values } = deltaGuide(model, data);
 * const fitted = await fit(mapEstimate(model, { values }), { parameters, data, steps: 500 });
 * console.log(values(fitted.parameters).p.dataSync()[0].toFixed(2)); // => 0.67
 * ```
 */
export function deltaGuide<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: GuideOptions<M, K> = {},
): DeltaGuide<D, Omit<M, K>> {
  checkGuideOf("deltaGuide", model, data, options, []);
  const sites = sitesOf(model(...data), options);
  const parameters = { loc: startingLocations(sites) };
  const values = ({ loc }: typeof parameters): Choices => {
    const locs = inOrder(sites, loc);
    return byAddress(sites, ({ bijector }, i) => bijector.forward(locs[i]!));
  };
  const guide = (q: typeof parameters): Call => {
    const points = inOrder(sites, values(q));
    return wholeProgram("deltaGuide", sites, {
      draw: () => ({ values: points, logDensity: tf.scalar(0) }),
      assess: (given) => tf.sum(joined(given.map((value, i) => logDensity(delta(points[i]!), value)))),
    });
  };
  return { guide, parameters, values } as unknown as DeltaGuide<D, Omit<M, K>>;
}
