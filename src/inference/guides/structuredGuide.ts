import type { Call } from "../../dsl/call.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { ElbowError } from "../../errors.js";
import type { AutomaticGuide, SpreadOptions } from "./automaticGuide.js";
import { blocksOf } from "./blocks.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { type ConditionalParameters, conditionalNormal, conditionalStart } from "./conditionalNormal.js";
import type { StructuredParameters } from "./hierarchicalGuide.js";
import { checkedScale } from "./perSite.js";
import { posteriorLinks } from "./posteriorLinks.js";
import { surveyOf } from "./sites.js";

/** Names of a model's choices, or of programs that they are nested in. */
type Names<M> = keyof M & string;

/** Options of {@link structuredGuide}. */
export interface StructuredOptions<C, K extends string = never> extends SpreadOptions<C, K> {
  /** Choices that have one multivariate normal together: `[["mu", "tau"]]`. @defaultValue none */
  readonly joint?: readonly (readonly Exclude<Names<C>, K>[])[];
  /** Choices whose location is affine in that of others: `{ eta: ["mu", "tau"] }`. @defaultValue none */
  readonly given?: { readonly [A in Exclude<Names<C>, K>]?: readonly Exclude<Names<C>, K>[] };
}

/**
 * A normal guide in unconstrained coordinates whose dependences are chosen: some choices jointly normal, some affine in others,
 * and all others independent, as in {@link meanField}. {@link hierarchicalGuide} finds a structure by itself.
 *
 * What is given for one choice of a block holds for the whole block. Two plates of the same size depend on each other element
 * by element where the posterior does. A name of a nested program stands for all of its choices.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does; for a choice in two blocks, and where choices are given in a circle;
 *   "unknown-address"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, halfCauchy, iid, normal, observe, sample, structuredGuide } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 5));
 *   const tau = yield* sample("tau", halfCauchy(5));
 *   const eta = yield* sample("eta", iid(8, normal(0, 1)));
 *   yield* observe("y", normal(mu.add(tau.mul(eta)), 10), y);
 * });
 * const structure = { joint: [["mu", "tau"]], given: { eta: ["mu", "tau"] } } as const;
 * const { parameters } = structuredGuide(model, [tf.zeros([8])], structure);
 * console.log(Object.keys(parameters.factor), parameters.weights.eta.tau.shape); // => [ 'mu+tau' ] [ 8, 1 ]
 * ```
 */
export function structuredGuide<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: StructuredOptions<M, K>,
): AutomaticGuide<StructuredParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("structuredGuide", model, data, options, ["scale", "joint", "given"], "required");
  const scale = checkedScale("structuredGuide", options.scale);
  const call = model(...data);
  const { sites, rest } = surveyOf(call, options);
  const { joint = [], given = {} } = options;
  const blocks = blocksOf(sites, { joint, given: given as Readonly<Record<string, readonly string[]>> }, () => {
    try {
      return posteriorLinks("structuredGuide", call, sites, rest);
    } catch (error) {
      // a density with noise has no Hessian to look at: every element then depends on every other
      if (error instanceof ElbowError && error.code === "guide") return undefined;
      throw error;
    }
  });
  const guide = (q: ConditionalParameters): Call => conditionalNormal("structuredGuide", sites, blocks, q);
  const parameters = conditionalStart(sites, blocks, scale);
  return { guide, parameters } as unknown as ReturnType<typeof structuredGuide<D, M, R, K>>;
}
