// Kernels that make, move, cut, join and repeat elements.
import { backend_util, slice_util, util } from "@tensorflow/tfjs-core";
import { range, type Shape, sizeOf } from "../../util/shapes.js";
import { builder } from "../builder.js";
import { broadcastTo, reshape, transpose } from "../primitives/axes.js";
import { cast } from "../primitives/comparison.js";
import { diagonalMatrix } from "../primitives/diagonals.js";
import { gather, stridedSlice } from "../primitives/indexing.js";
import { concat, stack, unstack } from "../primitives/joining.js";
import { filled, pad, reverse, slice } from "../primitives/slicing.js";
import type { DType, Variable } from "../program.js";
import { axesOf, type Captures, list, operand } from "./capture.js";

const constant = (elements: readonly number[], dtype: DType): Variable =>
  builder().constant(Float64Array.from(elements), [elements.length], dtype);

/** The numbers of `tf.range`: a step of 1 turns around if the range runs downwards. */
function numbersBetween(start: number, stop: number, step: number): number[] {
  if (start === stop || (start < stop && step < 0) || (stop < start && step > 1)) return [];
  const signed = stop < start && step === 1 ? -1 : step;
  return range(Math.abs(Math.ceil((stop - start) / step))).map((i) => start + i * signed);
}

const makers: Captures = {
  Fill: (_, { shape, value, dtype }) => filled(Number(value), { shape, dtype }),
  LinSpace: (_, { start, stop, num }) =>
    constant(
      range(num).map((i) => start + (num > 1 ? (i * (stop - start)) / (num - 1) : 0)),
      "float32",
    ),
  OnesLike: (inputs) => filled(1, operand(inputs, "x")),
  Range: (_, { start, stop, step, dtype }) => constant(numbersBetween(start, stop, step), dtype),
  ZerosLike: (inputs) => filled(0, operand(inputs, "x")),
};

/** Repeats x along its axes. Where only axes of size 1 are repeated, that is broadcasting, which is better known. */
function tile(x: Variable, times: readonly number[]): Variable {
  const shape = x.shape.map((size, axis) => size * times[axis]!);
  if (x.shape.every((size, axis) => size === 1 || times[axis] === 1)) return broadcastTo(x, shape);
  const apart = x.shape.flatMap((size) => [1, size]);
  const repeated = x.shape.flatMap((size, axis) => [times[axis]!, size]);
  return reshape(broadcastTo(reshape(x, apart), repeated), shape);
}

/** Channels of blocks become blocks of pixels. */
function depthToSpace(x: Variable, block: number): Variable {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const depth = channels / (block * block);
  const apart = transpose(reshape(x, [n, height, width, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return reshape(apart, [n, height * block, width * block, depth]);
}

const movers: Captures = {
  BatchToSpaceND: (inputs, { blockShape, crops }) => {
    const x = operand(inputs, "x");
    const all = sizeOf(blockShape);
    const apart = backend_util.getReshaped([...x.shape], blockShape, all);
    const joined = backend_util.getReshapedPermuted([...x.shape], blockShape, all);
    const moved = transpose(reshape(x, apart), backend_util.getPermuted(apart.length, blockShape.length));
    const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
    return slice(reshape(moved, joined), begin, backend_util.getSliceSize(joined, crops, blockShape.length));
  },
  BroadcastTo: (inputs, { shape }) => broadcastTo(operand(inputs, "x"), shape),
  Cast: (inputs, { dtype }) => cast(operand(inputs, "x"), dtype),
  DepthToSpace: (inputs, { blockSize, dataFormat }) => {
    const x = operand(inputs, "x");
    if (dataFormat === "NHWC") return depthToSpace(x, blockSize);
    return transpose(depthToSpace(transpose(x, [0, 2, 3, 1]), blockSize), [0, 3, 1, 2]);
  },
  Diag: (inputs) => {
    const x = operand(inputs, "x");
    return reshape(diagonalMatrix(reshape(x, [sizeOf(x.shape)])), [...x.shape, ...x.shape]);
  },
  ExpandDims: (inputs, { dim }) => {
    const x = operand(inputs, "input");
    const at = dim < 0 ? dim + x.shape.length + 1 : dim;
    return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  },
  Identity: (inputs) => operand(inputs, "x"),
  Reshape: (inputs, { shape }) => {
    const x = operand(inputs, "x");
    return reshape(x, util.inferFromImplicitShape([...shape], sizeOf(x.shape)));
  },
  Reverse: (inputs, { dims }) => {
    const x = operand(inputs, "x");
    return reverse(x, axesOf(dims, x));
  },
  SpaceToBatchND: (inputs, { blockShape, paddings }) => {
    const x = operand(inputs, "x");
    const whole = pad(
      x,
      x.shape.map((_, axis) => (axis > 0 && axis <= blockShape.length ? paddings[axis - 1] : [0, 0])),
    );
    const all = sizeOf(blockShape);
    const apart = backend_util.getReshaped([...whole.shape], blockShape, all, false);
    const moved = transpose(reshape(whole, apart), backend_util.getPermuted(apart.length, blockShape.length, false));
    return reshape(moved, backend_util.getReshapedPermuted([...whole.shape], blockShape, all, false));
  },
  Tile: (inputs, { reps }) => tile(operand(inputs, "x"), reps),
  Transpose: (inputs, { perm }) => transpose(operand(inputs, "x"), perm),
};

/** Where the elements of an axis come from that is continued by its mirror image. */
const mirrored = (size: number, [before, after]: readonly [number, number], isSymmetric: boolean): number[] =>
  range(before + size + after).map((i) => {
    const at = i - before;
    if (at < 0) return -at - (isSymmetric ? 1 : 0);
    return at < size ? at : 2 * (size - 1) - at + (isSymmetric ? 1 : 0);
  });

/** Pieces of the given sizes along an axis. */
function split(x: Variable, sizes: Shape, axis: number): Variable[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += size;
    return slice(
      x,
      begin,
      x.shape.map((all, i) => (i === axis ? size : all)),
    );
  });
}

const cutters: Captures = {
  Concat: (inputs, { axis }) => {
    const parts = list(inputs);
    const filledParts = parts.filter(({ shape }) => sizeOf(shape) > 0);
    return concat(filledParts.length > 0 ? filledParts : parts.slice(0, 1), axesOf(axis, parts[0]!)[0]!);
  },
  MirrorPad: (inputs, { paddings, mode }) =>
    (paddings as [number, number][]).reduce(
      (x, amounts, axis) =>
        amounts.every((amount) => amount === 0)
          ? x
          : gather(x, constant(mirrored(x.shape[axis]!, amounts, mode === "symmetric"), "int32"), axis),
      operand(inputs, "x"),
    ),
  Pack: (inputs, { axis }) => stack(list(inputs), axis),
  PadV2: (inputs, { paddings, constantValue }) => pad(operand(inputs, "x"), paddings, constantValue),
  Slice: (inputs, { begin, size }) => {
    const x = operand(inputs, "x");
    const [from, length] = slice_util.parseSliceParams({ ...x, dataId: {}, shape: [...x.shape] }, begin, size);
    return slice(x, from!, length!);
  },
  SplitV: (inputs, { numOrSizeSplits, axis }) => {
    const x = operand(inputs, "x");
    const at = axesOf(axis, x)[0]!;
    return split(x, backend_util.prepareSplitSize({ shape: [...x.shape] } as never, numOrSizeSplits, at), at);
  },
  StridedSlice: (inputs, attributes) => {
    const x = operand(inputs, "x");
    const { finalShape, begin, end, strides } = slice_util.sliceInfo(
      [...x.shape],
      attributes.begin,
      attributes.end,
      attributes.strides,
      attributes.beginMask,
      attributes.endMask,
      attributes.ellipsisMask,
      attributes.newAxisMask,
      attributes.shrinkAxisMask,
    );
    return reshape(stridedSlice(x, begin, end, strides), finalShape);
  },
  Unpack: (inputs, { axis }) => unstack(operand(inputs, "value"), axis),
};

export const shapeCaptures: Captures = { ...makers, ...movers, ...cutters };
