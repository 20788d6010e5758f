import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { matVec } from "../../ops/linearAlgebra.js";
import { foldIn, seedKey, standardNormal } from "../../ops/random.js";

/** A layer of a network. */
export interface Layer {
  /** [outputs, inputs] */
  readonly weights: Tensor;
  /** [outputs] */
  readonly biases: Tensor;
}

/** What turns the elements that a flow conditions on, [..., n], into its parameters, [..., m]. */
export type Conditioner<P> = (parameters: P, x: Tensor) => Tensor;

/** A layer: Wx + b. */
export const applyLayer = ({ weights, biases }: Layer, x: Tensor): Tensor => tf.add(matVec(weights, x), biases);

/**
 * A multilayer perceptron with tanh between its layers, which is smooth, as determinants that are differentiated need it.
 *
 * @param layers - from the inputs to the outputs
 * @param x - [..., inputs of the first layer]
 * @returns [..., outputs of the last layer]
 */
export const mlp: Conditioner<readonly Layer[]> = (layers, x) =>
  layers.reduce((value, layer, i) => applyLayer(layer, i === 0 ? value : tf.tanh(value)), x);

/** A key, or the seed of one. */
export type KeyOrSeed = Tensor | number;

export const asKey = (key: KeyOrSeed): Tensor => (typeof key === "number" ? seedKey(key) : key);

/** The standard deviation of the last layer's weights: the flow starts close to the map that zeros make. */
const lastScale = 0.01;

/**
 * Starting values of a multilayer perceptron: normal weights of variance 1/inputs, those of the last layer small, biases 0.
 *
 * @param key - a key or a seed
 * @param sizes - numbers of inputs, hidden units of every layer, outputs
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { bijectors } from "elbow";
 * console.log(bijectors.mlp(bijectors.initMlp(0, [3, 8, 2]), tf.ones([5, 3])).shape); // => [ 5, 2 ]
 * ```
 * @throws ElbowError "option" unless there are two sizes or more, all of them positive
 */
export function initMlp(key: KeyOrSeed, sizes: readonly number[]): Layer[] {
  if (sizes.length < 2 || sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new ElbowError("option", {
      message: `a network has at least two sizes, inputs and outputs, all positive\n  received: ${sizes.join(", ")}`,
    });
  const root = asKey(key);
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]!;
    const scale = i === sizes.length - 2 ? lastScale : 1 / Math.sqrt(inputs);
    return {
      weights: tf.mul(standardNormal(foldIn(root, i), [outputs, inputs]), scale),
      biases: tf.zeros([outputs]),
    };
  });
}
