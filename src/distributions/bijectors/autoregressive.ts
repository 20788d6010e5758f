import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { loop } from "../../ops/control.js";
import { broadcastShapes } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import type { NetworkSizes } from "./coupling.js";
import { initMade, made } from "./made.js";
import type { KeyOrSeed, Layer } from "./mlp.js";
import { parameterTree } from "./parameterTree.js";
import { bijectorRule } from "./rule.js";
import { affineTransformer, type Transformer } from "./transformer.js";

/** Options of autoregressive flows. */
export interface AutoregressiveOptions {
  /** What becomes of each element. @defaultValue affineTransformer */
  readonly transformer?: Transformer;
}

type Map = (parameters: Tensor, x: Tensor) => Tensor;

/** The result of a map whose parameters for element i are made of the elements of the result before i: n rounds make it. */
function sequential(layers: readonly Layer[], x: Tensor, size: number, map: Map): Tensor {
  const round = (result: Tensor) => map(made(layers, result, size), x);
  const leading = layers.flatMap(({ weights, biases }) => [weights.shape.slice(0, -2), biases.shape.slice(0, -1)]);
  const shape = [...broadcastShapes(x.shape.slice(0, -1), ...leading)!, x.shape.at(-1)!];
  const start = tf.broadcastTo(x, shape);
  return loop(([result]) => ({ carry: [round(result!)], outputs: [] }), [start], [], { length: x.shape.at(-1)! })
    .carry[0]!;
}

function flow(name: string, parameters: readonly Layer[], transformer: Transformer, isMasked: boolean) {
  const { names, ranks, tensors, rebuilt } = parameterTree(parameters);
  const { size } = transformer;
  const layersOf = (own: Readonly<Record<string, Tensor>>) => rebuilt(names.map((each) => own[each]!));
  const parallel = (map: Map) => (own: Readonly<Record<string, Tensor>>, x: Tensor) =>
    map(made(layersOf(own), x, size), x);
  const inSteps = (map: Map) => (own: Readonly<Record<string, Tensor>>, x: Tensor) =>
    sequential(layersOf(own), x, size, map);
  const summed = (map: Map) => (own: Readonly<Record<string, Tensor>>, x: Tensor) => tf.sum(parallel(map)(own, x), -1);
  const rule = bijectorRule({
    name,
    domain: "real",
    codomain: "real",
    domainRank: 1,
    parameters: names,
    parameterRanks: Object.fromEntries(names.map((each, i) => [each, ranks[i]!])),
    ...(isMasked
      ? {
          forward: inSteps(transformer.forward),
          inverse: parallel(transformer.inverse),
          inverseLogDet: summed(transformer.inverseLogDet),
        }
      : {
          forward: parallel(transformer.forward),
          inverse: inSteps(transformer.inverse),
          logDet: summed(transformer.logDet),
        }),
  });
  return bijector<"real", "real">(rule, tensors);
}

/**
 * A masked autoregressive flow: element i of y is an invertible map of that of x, whose parameters a network makes of the
 * elements of y before it. Densities cost one pass of the network, draws as many as there are elements.
 *
 * Papamakarios, Pavlakou & Murray, "Masked autoregressive flow for density estimation" (2017).
 *
 * @param parameters - those of the network: see `initAutoregressive`
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const flow = bijectors.maskedAutoregressive(bijectors.initAutoregressive(0, 3));
 * console.log(flow.inverse([1, 2, 3]).shape); // => [ 3 ]
 * ```
 */
export const maskedAutoregressive = (
  parameters: readonly Layer[],
  { transformer = affineTransformer }: AutoregressiveOptions = {},
): Bijector<"real", "real", false> => flow("maskedAutoregressive", parameters, transformer, true);

/**
 * An inverse autoregressive flow: element i of y is an invertible map of that of x, whose parameters a network makes of the
 * elements of x before it. Draws cost one pass of the network; the density of a given point, also of one that was drawn before,
 * as many as there are elements.
 *
 * Kingma, Salimans, Jozefowicz, Chen, Sutskever & Welling, "Improved variational inference with inverse autoregressive
 * flow" (2016).
 *
 * @param parameters - those of the network: see `initAutoregressive`
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const flow = bijectors.inverseAutoregressive(bijectors.initAutoregressive(0, 3));
 * console.log(flow.forward([1, 2, 3]).shape); // => [ 3 ]
 * ```
 */
export const inverseAutoregressive = (
  parameters: readonly Layer[],
  { transformer = affineTransformer }: AutoregressiveOptions = {},
): Bijector<"real", "real", false> => flow("inverseAutoregressive", parameters, transformer, false);

/**
 * Starting values of the network of an autoregressive flow, close to the identity.
 *
 * @param key - a key or a seed
 * @param size - number of elements of the vectors
 * @param sizes - with the `transformer` of the flow
 */
export const initAutoregressive = (
  key: KeyOrSeed,
  size: number,
  { hidden = [32, 32], transformer = affineTransformer }: NetworkSizes = {},
): Layer[] => initMade(key, size, hidden, transformer.size);
