// Convolution kernels, all through the IR's conv2d.
import { backend_util } from "@tensorflow/tfjs-core";
import { range, type Shape } from "../../util/shapes.js";
import { reshape, transpose } from "../primitives/axes.js";
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from "../primitives/convolution.js";
import type { Pair, Window } from "../primitives/convolutionKernels.js";
import { add } from "../primitives/elementwise.js";
import type { Attributes, Variable } from "../program.js";
import { activate } from "./activations.js";
import { type Capture, type Captures, type Inputs, operand, optional } from "./capture.js";
import { spanOf, windows } from "./windows.js";

type Four = [number, number, number, number];

/** How far to pad after an axis, so that there are exactly as many positions as tfjs says. */
const padAfter = (length: number, count: number, reach: number, stride: number, [before, after]: Pair): number =>
  Math.floor((length + before + after - reach) / stride) + 1 === count
    ? after
    : spanOf(length, count, reach, stride, before);

/**
 * The window of a convolution as tfjs describes it, for shapes with channels last. With a number for a padding, tfjs 4.22
 * counts the positions along the width by the filter's height and its stride: some may be missing, which pads negatively.
 */
function windowOf(x: Shape, filter: Shape, { strides, dilations = 1, pad, dimRoundingMode }: Attributes): Window {
  const info = backend_util.computeConv2DInfo(x as Four, filter as Four, strides, dilations, pad, dimRoundingMode);
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const [rows, columns] = [info.effectiveFilterHeight, info.effectiveFilterWidth];
  const below = padAfter(info.inHeight, info.outHeight, rows, strideHeight, [padInfo.top, padInfo.bottom]);
  const beyond = padAfter(info.inWidth, info.outWidth, columns, strideWidth, [padInfo.left, padInfo.right]);
  return {
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    padding: [
      [padInfo.top, below],
      [padInfo.left, beyond],
    ],
  };
}

const isChannelsFirst = ({ dataFormat }: Attributes): boolean => dataFormat === "NCHW";
const toLast = (x: Variable, attributes: Attributes): Variable =>
  isChannelsFirst(attributes) ? transpose(x, [0, 2, 3, 1]) : x;
const fromLast = (x: Variable, attributes: Attributes): Variable =>
  isChannelsFirst(attributes) ? transpose(x, [0, 3, 1, 2]) : x;

/** A convolution of each channel by itself: channels are lanes. [n, h, w, c] * [h, w, c, m] ↦ [n, h, w, c·m]. */
function depthwise(x: Variable, filter: Variable, window: Window): Variable {
  const lanes = reshape(transpose(x, [3, 0, 1, 2]), [x.shape[3]!, ...x.shape.slice(0, 3), 1]);
  const own = transpose(filter, [2, 0, 1, 3]);
  const found = conv2d(lanes, reshape(own, [...own.shape.slice(0, 3), 1, own.shape[3]!]), window);
  const joined = transpose(found, [1, 2, 3, 0, 4]);
  return reshape(joined, [...joined.shape.slice(0, 3), joined.shape[3]! * joined.shape[4]!]);
}

const convolution =
  (convolve: (x: Variable, filter: Variable, window: Window) => Variable): Capture =>
  (inputs, attributes) => {
    const [x, filter] = [toLast(operand(inputs, "x"), attributes), operand(inputs, "filter")];
    return fromLast(convolve(x, filter, windowOf(x.shape, filter.shape, attributes)), attributes);
  };

/** The same with a bias and an activation. */
const fused =
  (convolve: (x: Variable, filter: Variable, window: Window) => Variable): Capture =>
  (inputs: Inputs, attributes) => {
    const found = convolution(convolve)(inputs, attributes) as Variable;
    const bias = optional(inputs, "bias");
    // A bias per channel stands before height and width if channels come first.
    const isColumn = bias !== undefined && isChannelsFirst(attributes) && bias.shape.length === 1;
    const aligned = isColumn && bias.shape[0] !== 1 ? reshape(bias, [bias.shape[0]!, 1, 1]) : bias;
    return activate(aligned ? add(found, aligned) : found, attributes, optional(inputs, "preluActivationWeights"));
  };

/** The planes of a filter's depth become channels: [n, d, h, w, c] * [d, h, w, c, m] ↦ [n, d, h, w, m]. */
const conv3d: Capture = (inputs, { strides, dilations = 1, pad }) => {
  const [x, filter] = [operand(inputs, "x"), operand(inputs, "filter")];
  const info = backend_util.computeConv3DInfo(
    x.shape as [number, number, number, number, number],
    filter.shape as [number, number, number, number, number],
    strides,
    dilations,
    pad,
  );
  const [depth, rows, columns, channels, outputs] = filter.shape as [number, number, number, number, number];
  const { padInfo, outDepth, outHeight, outWidth, strideDepth, dilationDepth } = info;
  const span = { count: outDepth, size: depth, stride: strideDepth, dilation: dilationDepth, before: padInfo.front };
  const planes = transpose(windows(x, 1, span, 0), [0, 1, 3, 4, 2, 5]);
  const images = reshape(planes, [x.shape[0]! * outDepth, ...x.shape.slice(2, 4), depth * channels]);
  const weights = reshape(transpose(filter, [1, 2, 0, 3, 4]), [rows, columns, depth * channels, outputs]);
  const found = conv2d(images, weights, {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padding: [
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
    ],
  });
  return reshape(found, [x.shape[0]!, outDepth, outHeight, outWidth, outputs]);
};

/** A shape given in the attributes' data format, with channels last. */
const shapeLast = (shape: Shape, attributes: Attributes): number[] =>
  isChannelsFirst(attributes) ? [0, 2, 3, 1].map((axis) => shape[axis]!) : range(4).map((axis) => shape[axis]!);

export const convolutionCaptures: Captures = {
  Conv2D: convolution(conv2d),
  Conv2DBackpropFilter: (inputs, attributes) => {
    const [x, dy] = [toLast(operand(inputs, "x"), attributes), toLast(operand(inputs, "dy"), attributes)];
    return conv2dFilterGradient(x, dy, attributes.filterShape, windowOf(x.shape, attributes.filterShape, attributes));
  },
  Conv2DBackpropInput: (inputs, attributes) => {
    const [dy, filter] = [toLast(operand(inputs, "dy"), attributes), operand(inputs, "filter")];
    const shape = shapeLast(attributes.inputShape, attributes);
    return fromLast(conv2dInputGradient(dy, filter, shape, windowOf(shape, filter.shape, attributes)), attributes);
  },
  Conv3D: conv3d,
  DepthwiseConv2dNative: convolution(depthwise),
  FusedConv2D: fused(conv2d),
  FusedDepthwiseConv2D: fused(depthwise),
};
