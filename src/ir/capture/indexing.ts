// Kernels that look elements up, or put them, at positions that are computed.
import { ElbowError } from "../../errors.js";
import { formatShape, sizeOf } from "../../util/shapes.js";
import { reduceSum, reshape } from "../primitives/axes.js";
import { cast, greater, less, lessEqual, select } from "../primitives/comparison.js";
import { add, mul } from "../primitives/elementwise.js";
import { gather, gatherNd, oneHot, scatterAdd, scatterNd } from "../primitives/indexing.js";
import { filled } from "../primitives/slicing.js";
import type { DType, Variable } from "../program.js";
import { type Capture, type Captures, operand } from "./capture.js";

const indices = (x: Variable): Variable => cast(x, "int32");

/** Sums of weights (or counts) by the value of x in the last axis; values outside 0 … size − 1 do not count. */
const bincount: Capture = (inputs, { size, binaryOutput = false }) => {
  const [x, weights] = [operand(inputs, "x"), operand(inputs, "weights")];
  const member = oneHot(indices(x), size);
  const weighted =
    binaryOutput || sizeOf(weights.shape) === 0 ? member : mul(member, reshape(weights, [...weights.shape, 1]));
  const sums = reduceSum(weighted, [x.shape.length - 1]);
  return cast(binaryOutput ? cast(greater(sums, 0), "float32") : sums, weights.dtype);
};

/** How many elements of each sorted row come before a value: [rows, n], [rows, m] ↦ [rows, m]. */
const searchSorted: Capture = (inputs, { side }) => {
  const [sorted, values] = [operand(inputs, "sortedSequence"), operand(inputs, "values")];
  const row = reshape(sorted, [sorted.shape[0]!, 1, sorted.shape[1]!]);
  const column = reshape(values, [...values.shape, 1]);
  return reduceSum(cast((side === "left" ? less : lessEqual)(row, column), "int32"), [2]);
};

/** A tensor with some of its elements, or subarrays, replaced. Points that occur twice have no defined value in tfjs. */
const scatterUpdate: Capture = (inputs) => {
  const [tensor, updates] = [operand(inputs, "tensor"), operand(inputs, "updates")];
  const at = indices(operand(inputs, "indices"));
  const isReplaced = greater(scatterNd(at, filled(1, { shape: updates.shape, dtype: "int32" }), tensor.shape), 0);
  return select(isReplaced, scatterNd(at, updates, tensor.shape), tensor);
};

const scaled = (x: Variable, on: number, off: number, dtype: DType): Variable =>
  on === 1 && off === 0 ? cast(x, dtype) : cast(add(mul(x, on - off), off), dtype);

export const indexingCaptures: Captures = {
  Bincount: bincount,
  DenseBincount: bincount,
  GatherNd: (inputs) => gatherNd(operand(inputs, "params"), indices(operand(inputs, "indices"))),
  GatherV2: (inputs, { axis, batchDims = 0 }) =>
    gather(operand(inputs, "x"), indices(operand(inputs, "indices")), axis, batchDims),
  OneHot: (inputs, { depth, onValue, offValue, dtype }) =>
    scaled(oneHot(indices(operand(inputs, "indices")), depth), onValue, offValue, dtype),
  ScatterNd: (inputs, { shape }) => scatterNd(indices(operand(inputs, "indices")), operand(inputs, "updates"), shape),
  SearchSorted: searchSorted,
  TensorScatterUpdate: scatterUpdate,
  UnsortedSegmentSum: (inputs, { numSegments }) => {
    const [x, segments] = [operand(inputs, "x"), operand(inputs, "segmentIds")];
    if (segments.shape.length === 1) return scatterAdd(x, indices(segments), numSegments, 0);
    throw new ElbowError("unsupported-op", {
      message: `unsortedSegmentSum: segment numbers have shape ${formatShape(segments.shape)}`,
      hint: "Give one segment number per row, as a vector.",
    });
  },
};
