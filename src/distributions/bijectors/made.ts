import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { range } from "../../util/shapes.js";
import { applyLayer, initMlp, type KeyOrSeed, type Layer } from "./mlp.js";

/** Connections from units with the degrees `from` to units with the degrees `to`. */
const mask = (to: readonly number[], from: readonly number[], isKept: (to: number, from: number) => boolean): Tensor =>
  tf.tensor2d(
    to.map((out) => from.map((into) => (isKept(out, into) ? 1 : 0))),
    [to.length, from.length],
  );

/**
 * A network for x [..., n] whose outputs [..., n, size] for element i depend on elements before i only: every unit has a
 * degree, the number of elements that it may see, and connections that would break that are cut.
 *
 * Germain, Gregor, Murray & Larochelle, "MADE: masked autoencoder for distribution estimation" (2015).
 */
export function made(layers: readonly Layer[], x: Tensor, size: number): Tensor {
  const n = x.shape.at(-1)!;
  let degrees = range(n).map((i) => i + 1);
  let value = x;
  for (const [i, { weights, biases }] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const units = weights.shape.at(-2)!;
    const next = range(units).map((unit) => (isLast ? Math.floor(unit / size) : 1 + (unit % Math.max(1, n - 1))));
    const kept = mask(next, degrees, (out, into) => out >= into);
    value = applyLayer({ weights: tf.mul(weights, kept), biases }, i === 0 ? value : tf.tanh(value));
    degrees = next;
  }
  return tf.reshape(value, [...value.shape.slice(0, -1), n, size]);
}

/** Starting values of a {@link made}. */
export const initMade = (key: KeyOrSeed, n: number, hidden: readonly number[], size: number): Layer[] =>
  initMlp(key, [n, ...hidden, n * size]);
