// Spatial transformers (Jaderberg, Simonyan, Zisserman & Kavukcuoglu 2015) for scale and shift. Bilinear interpolation is
// separable for those, so it is two small matrix products, Y·image·Xᵀ, exact and differentiable.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/** Pixel centres in coordinates from −1 to 1. */
const grid = (size: number): Tensor => tf.linspace(-1, 1, size);

/**
 * Weights of bilinear interpolation: row i holds those of a source's pixels at the i-th place.
 *
 * @param places - [batch, n], coordinates from −1 to 1 in the source
 * @returns [batch, n, source]: max(0, 1 − |position − j|), and nothing outside
 */
function hats(places: Tensor, source: number): Tensor {
  const positions = places.add(1).mul((source - 1) / 2);
  return tf.relu(tf.sub(1, tf.abs(positions.expandDims(2).sub(tf.range(0, source)))));
}

/** Scale and shifts, each [batch, 1], of where = (s, x, y): canvas place u is object place s·u + shift. */
const parts = (where: Tensor): Tensor[] => tf.split(where, 3, 1);

const apply = (rows: Tensor, images: Tensor, columns: Tensor): Tensor =>
  tf.matMul(tf.matMul(rows, images), columns, false, true);

/** The window of [batch, canvas, canvas] images where an object is: [batch, window, window]. */
export function attend(images: Tensor, where: Tensor, window: number): Tensor {
  const [scale, x, y] = parts(where);
  const canvas = images.shape.at(-1)!;
  const weights = (shift: Tensor) => hats(grid(window).sub(shift).div(scale!), canvas);
  return apply(weights(y!), images, weights(x!));
}

/** Objects [batch, window, window] on canvases of their own: [batch, canvas, canvas]. */
export function place(objects: Tensor, where: Tensor, canvas: number): Tensor {
  const [scale, x, y] = parts(where);
  const window = objects.shape.at(-1)!;
  const weights = (shift: Tensor) => hats(grid(canvas).mul(scale!).add(shift), window);
  return apply(weights(y!), objects, weights(x!));
}
