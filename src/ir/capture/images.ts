// Pooling, resizing and other kernels on images [n, height, width, channels].
import { backend_util } from "@tensorflow/tfjs-core";
import { range, type Shape } from "../../util/shapes.js";
import { builder } from "../builder.js";
import { square } from "../primitives/arithmetic.js";
import { reduceSum, reshape } from "../primitives/axes.js";
import { add, mul } from "../primitives/elementwise.js";
import { gather } from "../primitives/indexing.js";
import { matMul } from "../primitives/matMul.js";
import { pow } from "../primitives/power.js";
import { reduceMax } from "../primitives/reductions.js";
import { reverse } from "../primitives/slicing.js";
import type { Attributes, Variable } from "../program.js";
import { type Capture, type Captures, operand, real } from "./capture.js";
import { type Span, seen, windows } from "./windows.js";

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];

/** The windows of a pool along axes 1, 2, …. */
function poolSpans(shape: Shape, { filterSize, strides, pad, dimRoundingMode }: Attributes): Span[] {
  const span = (count: number, size: number, stride: number, before: number): Span => ({
    count,
    size,
    stride,
    dilation: 1,
    before,
  });
  if (shape.length === 4) {
    const info = backend_util.computePool2DInfo(shape as Four, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      span(info.outHeight, info.filterHeight, info.strideHeight, info.padInfo.top),
      span(info.outWidth, info.filterWidth, info.strideWidth, info.padInfo.left),
    ];
  }
  const info = backend_util.computePool3DInfo(shape as Five, filterSize, strides, 1, pad, dimRoundingMode);
  return [
    span(info.outDepth, info.filterDepth, info.strideDepth, info.padInfo.front),
    span(info.outHeight, info.filterHeight, info.strideHeight, info.padInfo.top),
    span(info.outWidth, info.filterWidth, info.strideWidth, info.padInfo.left),
  ];
}

/** Maxima and sums over boxes are taken axis by axis. */
const maxPool: Capture = (inputs, attributes) => {
  const x = operand(inputs, "x");
  return poolSpans(x.shape, attributes).reduce(
    (rest, span, i) => reduceMax(windows(rest, i + 1, span, Number.NEGATIVE_INFINITY), [i + 2]),
    x,
  );
};

/** Means of what lies inside the image. */
const avgPool: Capture = (inputs, attributes) => {
  const x = real(operand(inputs, "x"));
  return poolSpans(x.shape, attributes).reduce((rest, span, i) => {
    const sums = reduceSum(windows(rest, i + 1, span, 0), [i + 2]);
    const shares = Float64Array.from(seen(span, x.shape[i + 1]!), (count) => 1 / count);
    const shape = sums.shape.map((size, axis) => (axis === i + 1 ? size : 1));
    return mul(sums, builder().constant(shares, shape, "float32"));
  }, x);
};

/** max of x + filter over windows (grayscale dilation). */
const dilation2d: Capture = (inputs, { strides, pad, dilations }) => {
  const [x, filter] = [operand(inputs, "x"), operand(inputs, "filter")];
  const [rows, columns, channels] = filter.shape as [number, number, number];
  const info = backend_util.computeDilation2DInfo(
    x.shape as Four,
    [rows, columns, channels],
    strides,
    pad,
    "NHWC",
    dilations,
  );
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const height = {
    count: info.outHeight,
    size: rows,
    stride: strideHeight,
    dilation: dilationHeight,
    before: padInfo.top,
  };
  const width = {
    count: info.outWidth,
    size: columns,
    stride: strideWidth,
    dilation: dilationWidth,
    before: padInfo.left,
  };
  const none = Number.NEGATIVE_INFINITY;
  const both = windows(windows(x, 1, height, none), 3, width, none);
  return reduceMax(add(both, reshape(filter, [rows, 1, columns, channels])), [2, 4]);
};

/** Where the pixels of a resized axis come from, as real numbers. */
function sources(from: number, to: number, { alignCorners, halfPixelCenters }: Attributes, half: number): number[] {
  const isAligned = alignCorners && to > 1;
  const ratio = isAligned ? (from - 1) / (to - 1) : from / to;
  return range(to).map((i) => (halfPixelCenters ? ratio * (i + 0.5) - half : ratio * i));
}

const nearest: Capture = (inputs, attributes) =>
  [1, 2].reduce(
    (x, axis) => {
      const length = x.shape[axis]!;
      const rounded = sources(length, attributes.size[axis - 1], attributes, 0).map((at) =>
        Math.max(0, Math.min(length - 1, attributes.alignCorners ? Math.round(at) : Math.floor(at))),
      );
      return gather(x, builder().constant(Float64Array.from(rounded), [rounded.length], "int32"), axis);
    },
    operand(inputs, "images"),
  );

/** The matrix of linear interpolation along an axis: [to, from]. */
function interpolation(from: number, to: number, attributes: Attributes): Variable {
  const weights = new Float64Array(to * from);
  sources(from, to, attributes, 0.5).forEach((at, i) => {
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(from - 1, Math.ceil(at));
    weights[i * from + low]! += 1 - (at - low);
    weights[i * from + high]! += at - low;
  });
  return builder().constant(weights, [to, from], "float32");
}

const bilinear: Capture = (inputs, attributes) => {
  const x = real(operand(inputs, "images"));
  const [n, height, width, channels] = x.shape as Four;
  const [newHeight, newWidth] = attributes.size;
  const rows = matMul(interpolation(height, newHeight, attributes), reshape(x, [n, height, width * channels]));
  return matMul(interpolation(width, newWidth, attributes), reshape(rows, [n, newHeight, width, channels]));
};

/** x · (bias + α·Σ x²)^−β, the sum over the neighbouring channels. */
const localResponseNormalization: Capture = (inputs, { depthRadius, bias, alpha, beta }) => {
  const x = operand(inputs, "x");
  const span = { count: x.shape[3]!, size: 2 * depthRadius + 1, stride: 1, dilation: 1, before: depthRadius };
  const sums = reduceSum(windows(square(x), 3, span, 0), [4]);
  return mul(x, pow(add(mul(sums, alpha), bias), -beta));
};

export const imageCaptures: Captures = {
  AvgPool: avgPool,
  AvgPool3D: avgPool,
  Dilation2D: dilation2d,
  FlipLeftRight: (inputs) => reverse(operand(inputs, "image"), [2]),
  LRN: localResponseNormalization,
  MaxPool: maxPool,
  MaxPool3D: maxPool,
  ResizeBilinear: bilinear,
  ResizeNearestNeighbor: nearest,
};
