// Spatial transformers by matrix products, against interpolation pixel by pixel.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import { expect, it } from "vitest";
import { uniforms } from "../../models/support/random.js";
import { attend, place } from "../../models/support/spatialTransformer.js";

const uniform = uniforms(1);
const noise = (size: number) => Float32Array.from({ length: size * size }, uniform);

/** Bilinear interpolation at a place in pixels, with nothing outside the image. */
function bilinear(image: Float32Array, size: number, y: number, x: number): number {
  let sum = 0;
  for (let i = Math.floor(y); i <= Math.floor(y) + 1; i++)
    for (let j = Math.floor(x); j <= Math.floor(x) + 1; j++)
      if (i >= 0 && i < size && j >= 0 && j < size)
        sum += (1 - Math.abs(y - i)) * (1 - Math.abs(x - j)) * image[i * size + j]!;
  return sum;
}

const coordinate = (i: number, size: number) => -1 + (2 * i) / (size - 1);
const position = (u: number, size: number) => ((u + 1) / 2) * (size - 1);

it.each([
  [3, 0, 0],
  [2.5, 0.7, -0.9],
  [1, 0.3, 1.4],
])("place and attend interpolate bilinearly at scale %d, shift (%d, %d)", (s, x, y) => {
  const [window, canvas] = [7, 12];
  const where = tf.tensor2d([[s, x, y]]);
  const object = noise(window);
  const placed = place(tf.tensor3d(object, [1, window, window]), where, canvas).dataSync();
  for (let i = 0; i < canvas; i++)
    for (let j = 0; j < canvas; j++) {
      const row = position(s * coordinate(i, canvas) + y, window);
      const column = position(s * coordinate(j, canvas) + x, window);
      expect(placed[i * canvas + j]).toBeCloseTo(bilinear(object, window, row, column), 4);
    }
  const image = noise(canvas);
  const seen = attend(tf.tensor3d(image, [1, canvas, canvas]), where, window).dataSync();
  for (let i = 0; i < window; i++)
    for (let j = 0; j < window; j++) {
      const row = position((coordinate(i, window) - y) / s, canvas);
      const column = position((coordinate(j, window) - x) / s, canvas);
      expect(seen[i * window + j]).toBeCloseTo(bilinear(image, canvas, row, column), 4);
    }
});
