import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  initAutoregressive,
  inverseAutoregressive,
  maskedAutoregressive,
} from "../../distributions/bijectors/autoregressive.js";
import type { Bijector } from "../../distributions/bijectors/bijector.js";
import { coupling, initCoupling } from "../../distributions/bijectors/coupling.js";
import type { Layer } from "../../distributions/bijectors/mlp.js";
import { affineTransformer, splineTransformer } from "../../distributions/bijectors/transformer.js";
import { logDensity } from "../../distributions/distribution.js";
import { normal } from "../../distributions/normal.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import { type Effects, sample } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { ElbowError } from "../../errors.js";
import { foldIn, seedKey } from "../../ops/random.js";
import { range } from "../../util/shapes.js";
import type { AutomaticGuide, PerChoice, SpreadOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { coordinatesOf, type Joint, joined, jointProgram } from "./jointProgram.js";
import { checkedScale, inOrder, startingPoint } from "./perSite.js";
import { sitesOf } from "./sites.js";

/** Parameters of a {@link flowGuide}. */
export type FlowParameters<C> = {
  readonly loc: PerChoice<C>;
  /** Logarithms of scales. */
  readonly logScale: PerChoice<C>;
  /** The networks, one per layer of the flow. */
  readonly layers: readonly (readonly Layer[])[];
};

/** Options of {@link flowGuide}. */
export interface FlowOptions<C, K extends string = never> extends SpreadOptions<C, K> {
  /**
   * - `"coupling"`: draws and densities cost the same; two coordinates or more;
   * - `"inverseAutoregressive"`: cheap draws, so the one for fits; the density of a given point takes one pass per coordinate;
   * - `"maskedAutoregressive"`: the other way round.
   *
   * @defaultValue "coupling"
   */
  readonly flow?: "coupling" | "inverseAutoregressive" | "maskedAutoregressive";
  /** What becomes of every coordinate: shifted and scaled, or by a rational-quadratic spline. @defaultValue "affine" */
  readonly transformer?: "affine" | "spline";
  /** Layers of the flow, each with the coordinates in the reverse order of the one before. @defaultValue 4 couplings, or 2 */
  readonly layers?: number;
  /** Units of the hidden layers of every network. @defaultValue [32, 32] */
  readonly hidden?: readonly number[];
  /** Pieces of a spline. @defaultValue 8 */
  readonly bins?: number;
}

/**
 * A guide that is a normalizing flow: a standard normal vector, mapped by layers of networks, then shifted and scaled, then cut up
 * and mapped onto the supports. It can follow posteriors that are curved or skewed in unconstrained coordinates, at the
 * price of many parameters. Its choices are drawn together. Otherwise like {@link meanField}.
 *
 * Rezende & Mohamed, "Variational inference with normalizing flows" (2015); for the layers see `bijectors`.
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments, of the shapes they will have
 * @throws ElbowError "guide" as {@link meanField} does, and for a coupling of one coordinate; "option"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, elbo, fit, flowGuide, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const x = yield* sample("x", normal(0, 1));
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* observe("y", normal(z.add(x.square()), 0.5), y);
 * });
 * const data: [tf.Tensor] = [tf.scalar(1)];
 * const { guide, parameters } = flowGuide(model, data, { hidden: [8] });
 * const optimizer = adam({ learningRate: 0.01 });
 * const fitted = await fit(elbo(model, guide), { parameters, data, steps: 300, draws: 8, optimizer });
 * console.log(fitted.parameters.layers.length); // => 4
 * ```
 */
export function flowGuide<D extends readonly unknown[], M, R, const K extends keyof M & string = never>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: FlowOptions<M, K> = {},
): AutomaticGuide<FlowParameters<Omit<M, K>>, D, Omit<M, K>> {
  checkGuideOf("flowGuide", model, data, options, ["scale", "flow", "transformer", "layers", "hidden", "bins"]);
  const { flow = "coupling", seed = 0, hidden = [32, 32], bins = 8 } = options;
  const { layers = flow === "coupling" ? 4 : 2 } = options;
  for (const [name, value] of Object.entries({ layers, bins }))
    if (!Number.isInteger(value) || value < (name === "bins" ? 2 : 1))
      throw new ElbowError("option", {
        message: `flowGuide: ${name} must be a positive integer\n  received: ${value}`,
      });
  const scale = checkedScale("flowGuide", options.scale);
  const sites = sitesOf(model(...data), options);
  const n = coordinatesOf(sites);
  if (flow === "coupling" && n < 2)
    throw new ElbowError("guide", {
      message: `flowGuide: the model ${model.name} has one coordinate, and a coupling needs two`,
      hint: 'Take { flow: "inverseAutoregressive", transformer: "spline" }.',
    });
  const transformer = options.transformer === "spline" ? splineTransformer({ bins }) : affineTransformer;
  const initial = flow === "coupling" ? initCoupling : initAutoregressive;
  const networks = range(layers).map((i) => {
    const key = foldIn(seedKey(seed), i);
    // of an odd number of coordinates the middle one moves in every layer
    return initial(key, n, { hidden, transformer });
  });
  const layerOf = (own: readonly Layer[]): Bijector => {
    if (flow === "coupling") return coupling(own, { transformer });
    return (flow === "maskedAutoregressive" ? maskedAutoregressive : inverseAutoregressive)(own, { transformer });
  };
  type Q = { readonly loc: Choices; readonly logScale: Choices; readonly layers: readonly (readonly Layer[])[] };
  const guide = (q: Q): Call =>
    jointProgram(
      "flowGuide",
      sites,
      flowing(joined(inOrder(sites, q.loc)), joined(inOrder(sites, q.logScale)), q.layers.map(layerOf)),
    );
  const parameters = { ...startingPoint(sites, scale), layers: networks };
  return { guide, parameters } as unknown as ReturnType<typeof flowGuide<D, M, R, K>>;
}

/** u = m + s·f(ε), log q(u) = log N(ε) − log |det ∂f/∂ε| − Σ log s. Between the layers of f the order is turned round. */
function flowing(loc: Tensor, logScale: Tensor, layers: readonly Bijector[]): Joint {
  const n = loc.shape[0]!;
  const base = normal(tf.zeros([n]), 1);
  const scale = tf.exp(logScale);
  const turned = (x: Tensor): Tensor => tf.gather(x, tf.tensor1d(range(n).reverse(), "int32"));
  return {
    *draw(): Effects<unknown, { vector: Tensor; logDensity: Tensor }> {
      const noise = yield* sample("noise", base);
      let vector: Tensor = noise;
      let density = tf.sub(tf.sum(logDensity(base, noise)), tf.sum(logScale));
      layers.forEach((layer, i) => {
        const x = i > 0 ? turned(vector) : vector;
        density = tf.sub(density, layer.logDet(x));
        vector = layer.forward(x);
      });
      return { vector: tf.add(loc, tf.mul(scale, vector)), logDensity: density };
    },
    assess: (given) => {
      let vector: Tensor = tf.div(tf.sub(given, loc), scale);
      let density: Tensor = tf.neg(tf.sum(logScale));
      for (const [i, layer] of [...layers.entries()].reverse()) {
        density = tf.add(density, layer.inverseLogDet(vector));
        const x: Tensor = layer.inverse(vector);
        vector = i > 0 ? turned(x) : x;
      }
      return tf.add(density, tf.sum(logDensity(base, vector)));
    },
  };
}
