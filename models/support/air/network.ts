// The networks of Attend–Infer–Repeat: an LSTM that looks at a canvas and fills slot after slot, and a decoder that paints.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { logDensity, normal, sample, softplus } from "elbow";
import { canvasSide } from "../canvases.js";
import { lstmStep } from "../lstm.js";
import { dense, type Layer, layers } from "../network.js";
import { attend, place } from "../spatialTransformer.js";

export const slots = 3;
const epsilon = 1e-4;

/** Sizes of the layers. */
export const sizes = {
  full: { lstm: 256, hidden: 200, what: 50, window: 20 },
  small: { lstm: 64, hidden: 64, what: 20, window: 20 },
};

export interface Network {
  /** The canvas's share of the LSTM's gates, and that of what it remembers. */
  readonly image: Layer;
  readonly recurrent: Tensor;
  /** A presence, and a place's means and scales. */
  readonly predict: Layer;
  readonly encoder: readonly [Layer, Layer];
  readonly decoder: readonly [Layer, Layer];
  /** What learns to foresee the bound of a canvas, for the estimator `learned` alone. */
  readonly baseline?: Layer;
}

/** An untrained network. */
export function makeNetwork(
  { lstm, hidden, what, window }: typeof sizes.full,
  seed = 0,
  { hasBaseline = false } = {},
): Network {
  const layer = layers(seed);
  const decoder = layer(hidden, window ** 2);
  const predict = layer(lstm, 7);
  return {
    image: layer(canvasSide ** 2, 4 * lstm),
    recurrent: layer(3 + what + lstm, 4 * lstm).weights,
    // presence, then the place's means, which start at those of the prior, and scales
    predict: { ...predict, bias: tf.tensor1d([0, 3, 0, 0, 0, 0, 0]) },
    encoder: [layer(window ** 2, hidden), layer(hidden, 2 * what)] as const,
    // objects start dark
    decoder: [layer(what, hidden), { ...decoder, bias: tf.fill([window ** 2], -2) }] as const,
    ...(hasBaseline && { baseline: layer(lstm, 1) }),
  };
}

export const wherePrior = () => normal(tf.tensor1d([3, 0, 0]), tf.tensor1d([0.2, 1, 1]));
export const whatPrior = () => normal(0, 1);

/** Length of what describes an object's appearance. */
export const codeLength = (network: Network): number => network.decoder[0].weights.shape[0]!;

/** Sums over pixels or numbers: one log density per canvas. */
export const perCanvas = (density: Tensor): Tensor => tf.sum(density, -1);

/**
 * What the guide draws for a batch of canvases [batch, pixels] as if all slots were filled: a place and an appearance for each,
 * with their log densities; the probability of a presence where the slots before are filled; and those of 0, 1, … objects.
 */
export function* fillSlots(network: Network, images: Tensor) {
  const [batch] = images.shape as [number, number];
  const window = Math.sqrt(network.encoder[0].weights.shape[0]!);
  const size = network.image.bias.shape[0]! / 4;
  const canvases = images.reshape([batch, canvasSide, canvasSide]);
  // the canvas's share of the gates is the same in every slot
  const seen = dense(images, network.image);
  let [where, what]: Tensor[] = [tf.zeros([batch, 3]), tf.zeros([batch, codeLength(network)])];
  let [hidden, cell]: Tensor[] = [tf.zeros([batch, size]), tf.zeros([batch, size])];
  const filled = [];
  for (let t = 0; t < slots; t++) {
    const gates = seen.add(tf.matMul(tf.concat([where!, what!, hidden!], 1), network.recurrent));
    ({ hidden, cell } = lstmStep(gates, cell!));
    const [presence, loc, scale] = tf.split(dense(hidden, network.predict), [1, 3, 3], 1);
    const site = normal(loc!, softplus(scale!));
    where = yield* sample(`where${t}`, site);
    const [into, outOf] = network.encoder;
    const glimpse = attend(canvases, where, window).reshape([batch, window ** 2]);
    const [mean, spread] = tf.split(dense(tf.leakyRelu(dense(glimpse, into), 0.01), outOf), 2, 1);
    const appearance = normal(mean!, softplus(spread!));
    what = yield* sample(`what${t}`, appearance);
    filled.push({
      presence: tf
        .sigmoid(presence!)
        .add(epsilon)
        .div(1 + 1.01 * epsilon)
        .squeeze([1]),
      where,
      what,
      logPrior: perCanvas(logDensity(wherePrior(), where)).add(perCanvas(logDensity(whatPrior(), what))),
      logGuide: perCanvas(logDensity(site, where)).add(perCanvas(logDensity(appearance, what))),
    });
  }
  let rest: Tensor = tf.ones([batch]);
  const ends = filled.map(({ presence }) => {
    const end = rest.mul(tf.sub(1, presence));
    rest = rest.mul(presence);
    return end;
  });
  return { slots: filled, probs: tf.stack([...ends, rest], 1), hidden: hidden! };
}

/** What an object adds to the canvas: [batch, pixels]. */
export function render(network: Network, where: Tensor, what: Tensor): Tensor {
  const [into, outOf] = network.decoder;
  const object = tf.sigmoid(dense(tf.leakyRelu(dense(what, into), 0.01), outOf));
  const window = Math.sqrt(object.shape[1]!);
  return place(object.reshape([-1, window, window]), where, canvasSide).reshape([-1, canvasSide ** 2]);
}

/** The canvas with the objects of the first `count` slots. */
export function paint(
  network: Network,
  objects: readonly { readonly where: Tensor; readonly what: Tensor }[],
  count: Tensor,
): Tensor {
  return objects
    .map(({ where, what }, t) => render(network, where, what).mul(tf.cast(count.greater(t), "float32").expandDims(1)))
    .reduce((sum, each) => sum.add(each));
}
