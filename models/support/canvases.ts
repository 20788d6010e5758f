// Multi-MNIST: canvases with 0, 1 or 2 digits that do not overlap, as Attend–Infer–Repeat is tried on.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Digits, pixels, side } from "./digits.js";
import { normalFrom, uniforms } from "./random.js";

export const canvasSide = 50;
export const canvasPixels = canvasSide ** 2;
const mostDigits = 2;

/** Canvases one after the other, and how many digits each has. */
export interface Canvases {
  readonly images: Float32Array;
  readonly counts: readonly number[];
}

/** Adds a digit of `size` by `size` pixels with its corner at (top, left), all of them fractions, by bilinear interpolation. */
function paint(canvas: Float32Array, digit: Float32Array, size: number, top: number, left: number): void {
  const scale = side / size;
  const at = (row: number, column: number) =>
    row >= 0 && row < side && column >= 0 && column < side ? digit[row * side + column]! : 0;
  for (let i = Math.max(0, Math.floor(top)); i < Math.min(canvasSide, top + size); i++)
    for (let j = Math.max(0, Math.floor(left)); j < Math.min(canvasSide, left + size); j++) {
      const y = (i + 0.5 - top) * scale - 0.5;
      const x = (j + 0.5 - left) * scale - 0.5;
      const [row, column] = [Math.floor(y), Math.floor(x)];
      const [down, right] = [y - row, x - column];
      const upper = (1 - right) * at(row, column) + right * at(row, column + 1);
      const lower = (1 - right) * at(row + 1, column) + right * at(row + 1, column + 1);
      canvas[i * canvasSide + j]! += (1 - down) * upper + down * lower;
    }
}

/** Digits shrunk by s ~ N(1.3, 0.1), 0 to 2 of them with equal chances, at uniform places where their squares do not meet. */
export function makeCanvases({ images, labels }: Digits, count: number, seed: number): Canvases {
  const uniform = uniforms(seed);
  const canvases = new Float32Array(count * canvasPixels);
  const counts = Array.from({ length: count }, () => Math.floor(uniform() * (mostDigits + 1)));
  counts.forEach((number, n) => {
    const canvas = canvases.subarray(n * canvasPixels, (n + 1) * canvasPixels);
    const placed: { size: number; top: number; left: number }[] = [];
    while (placed.length < number) {
      const size = side / Math.max(1, 1.3 + 0.1 * normalFrom(uniform));
      const [top, left] = [uniform() * (canvasSide - size), uniform() * (canvasSide - size)];
      const isFree = placed.every(
        (other) =>
          Math.abs(top + size / 2 - other.top - other.size / 2) >= (size + other.size) / 2 ||
          Math.abs(left + size / 2 - other.left - other.size / 2) >= (size + other.size) / 2,
      );
      // two squares may leave no room for the second: begin again
      if (!isFree) {
        placed.length = 0;
        continue;
      }
      placed.push({ size, top, left });
    }
    for (const { size, top, left } of placed) {
      const digit = Math.floor(uniform() * labels.length);
      paint(canvas, images.subarray(digit * pixels, (digit + 1) * pixels), size, top, left);
    }
  });
  return { images: canvases, counts };
}

/**
 * Batches of new canvases without end; the n-th depends on the seed and n alone. Those before `from` are blank, for a fit
 * that is resumed and passes over them.
 */
export function* canvasBatches(digits: Digits, size: number, seed: number, from = 0): Generator<[Tensor]> {
  for (let n = 0; ; n++) {
    const shape: [number, number] = [size, canvasPixels];
    const batch = n < from ? tf.zeros(shape) : tf.tensor2d(makeCanvases(digits, size, seed + n).images, shape);
    yield [batch];
    batch.dispose();
  }
}
