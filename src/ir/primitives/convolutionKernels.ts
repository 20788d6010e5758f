// How the three convolutions run on tfjs. All of them come down to the Conv2D kernel, which every backend has.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes, type Shape, sizeOf } from "../../util/shapes.js";
import type { Attributes } from "../program.js";
import { matrixIndices } from "./matMul.js";

/** A pair of amounts along height and width. */
export type Pair = readonly [height: number, width: number];

/** Attributes of all three operations; `shape` is the own shape of a gradient's result. */
export interface Window extends Attributes {
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros before and after height, before and after width; a negative amount cuts. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly shape?: Shape;
}

type Two = [number, number];
type Lane = (first: tf.Tensor4D, second: tf.Tensor4D) => tf.Tensor;

const own = (x: tf.Tensor) => x.shape.slice(-4) as [number, number, number, number];
const batchOf = (x: tf.Tensor): Shape => x.shape.slice(0, -4);

/** Runs lane by lane over the broadcast of both operands' batches. */
function inLanes(first: tf.Tensor, second: tf.Tensor, lane: Lane): tf.Tensor {
  const batch = broadcastShapes(batchOf(first), batchOf(second))!;
  const cut = (x: tf.Tensor, i: number): tf.Tensor4D => {
    const lanes = tf.reshape(x, [sizeOf(batchOf(x)), ...own(x)]);
    return tf.reshape(tf.slice(lanes, [i, 0, 0, 0, 0], [1, ...own(x)]), own(x));
  };
  const ofSecond = matrixIndices(batchOf(second), batch);
  const results = Array.from(matrixIndices(batchOf(first), batch), (i, j) =>
    lane(cut(first, i), cut(second, ofSecond[j]!)),
  );
  return tf.reshape(tf.stack(results), [...batch, ...results[0]!.shape]);
}

/** With one filter for all batches, their images are one batch. */
function inOneBatch(images: tf.Tensor, filter: tf.Tensor, lane: Lane): tf.Tensor {
  if (sizeOf(batchOf(filter)) !== 1) return inLanes(images, filter, lane);
  const [n, ...rest] = own(images);
  const merged = tf.reshape(images, [sizeOf(batchOf(images)) * n, ...rest]) as tf.Tensor4D;
  const result = lane(merged, tf.reshape(filter, own(filter)));
  const batch = broadcastShapes(batchOf(images), batchOf(filter))!;
  return tf.reshape(result, [...batch, n, ...result.shape.slice(1)]);
}

/** The kernel itself: unlike `tf.conv2d`, it takes strides and dilations together. Negative padding cuts the images. */
function kernel(x: tf.Tensor4D, filter: tf.Tensor4D, { strides, dilations, padding }: Window): tf.Tensor4D {
  const [[top, bottom], [left, right]] = padding.map((pair) => pair.map((amount) => Math.min(0, amount))) as [Two, Two];
  const [n, height, width, channels] = x.shape;
  const isCut = top + bottom + left + right < 0;
  const size = [n, height + top + bottom, width + left + right, channels] as const;
  const images = isCut ? tf.slice(x, [0, -top, -left, 0], [...size]) : x;
  const pad = [[0, 0], ...padding.map((pair) => pair.map((amount) => Math.max(0, amount))), [0, 0]];
  const attributes = { strides, pad, dataFormat: "NHWC", dilations } as unknown as tf.NamedAttrMap;
  return tf
    .engine()
    .runKernel("Conv2D", { x: images, filter } as unknown as tf.NamedTensorMap, attributes) as tf.Tensor4D;
}

export const convolve = (x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  inOneBatch(x, filter, (images, weights) => kernel(images, weights, window));

/** Puts `stride − 1` zeros between the elements of height and width. */
function spread(x: tf.Tensor4D, [down, across]: Window["strides"]): tf.Tensor4D {
  if (down === 1 && across === 1) return x;
  const [n, height, width, channels] = x.shape;
  const columns = tf.pad(tf.reshape(x, [n * height, width, 1, channels]), [
    [0, 0],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const rows = tf.reshape(columns, [n, height, 1, width * across * channels]);
  const spaced = tf.reshape(
    tf.pad(rows, [
      [0, 0],
      [0, 0],
      [0, down - 1],
      [0, 0],
    ]),
    [n, height * down, width * across, channels],
  );
  return tf.slice(
    spaced,
    [0, 0, 0, 0],
    [n, (height - 1) * down + 1, (width - 1) * across + 1, channels],
  ) as tf.Tensor4D;
}

/** Pads height and width so that they begin `before` earlier and end up `size` long; negative amounts cut. */
function reframe(x: tf.Tensor4D, before: readonly [number, number], size: readonly [number, number]): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const after = [size[0] - height - before[0], size[1] - width - before[1]] as const;
  const grow = (amount: number) => Math.max(0, amount);
  const padded = tf.pad(x, [
    [0, 0],
    [grow(before[0]), grow(after[0])],
    [grow(before[1]), grow(after[1])],
    [0, 0],
  ]);
  return tf.slice(padded, [0, grow(-before[0]), grow(-before[1]), 0], [n, size[0], size[1], channels]) as tf.Tensor4D;
}

/** x̄ is the spread-out ȳ, padded, convolved with the filter turned around and its channels exchanged. */
export const convolveInputGradient = (y: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  inOneBatch(y, filter, (dy, weights) => {
    const { strides, dilations, padding, shape } = window;
    const [rows, columns] = weights.shape;
    const reach = [(rows - 1) * dilations[0], (columns - 1) * dilations[1]] as const;
    const before = [reach[0] - padding[0][0], reach[1] - padding[1][0]] as const;
    const whole = reframe(spread(dy, strides), before, [shape![1]! + reach[0], shape![2]! + reach[1]]);
    const turned = tf.transpose(tf.reverse(weights, [0, 1]), [0, 1, 3, 2]);
    return kernel(whole, turned, {
      strides: [1, 1],
      dilations,
      padding: [
        [0, 0],
        [0, 0],
      ],
    });
  });

/** The filter's cotangent is x convolved with ȳ, images in the place of channels; strides and dilations change places. */
export const convolveFilterGradient = (x: tf.Tensor, y: tf.Tensor, window: Window): tf.Tensor =>
  inLanes(x, y, (images, dy) => {
    const { strides, dilations, padding, shape } = window;
    const swapped = tf.transpose(images, [3, 1, 2, 0]) as tf.Tensor4D;
    const weights = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
    const found = kernel(swapped, weights, { strides: dilations, dilations: strides, padding });
    const [rows, columns] = shape as [number, number];
    const cut = tf.slice(found, [0, 0, 0, 0], [found.shape[0], rows, columns, found.shape[3]]);
    return tf.transpose(cut, [1, 2, 0, 3]);
  });
