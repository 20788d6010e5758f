// Taking elements at positions that are computed, and its transpose, adding them up there.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, invariant } from "../../errors.js";
import { broadcastShapes, formatShape, range, type Shape, sameShape, sizeOf, stridesOf } from "../../util/shapes.js";
import { builder, emitOne } from "../builder.js";
import { type AxisMap, operation, type Primitive, primitive } from "../primitive.js";
import type { Attributes, Type, Variable } from "../program.js";
import { broadcastTo, reduceSum, reshape, transpose } from "./axes.js";
import { mul } from "./elementwise.js";
import { normalAxis, slice } from "./slicing.js";

/** Sizes of the loops of a gather: batch × before the axis × along the axis × after it, with `picks` indices each. */
function loopsOf(data: Shape, indices: Shape, { axis, batchDims }: Attributes) {
  return {
    batch: sizeOf(data.slice(0, batchDims)),
    before: sizeOf(data.slice(batchDims, axis)),
    length: data[axis]!,
    after: sizeOf(data.slice(axis + 1)),
    picks: sizeOf(indices.slice(batchDims)),
  };
}

/** Calls `visit(flat index into the picked elements, flat index into the data)`. */
function forEachPick(
  data: Shape,
  indices: { shape: Shape; elements: Float64Array },
  attributes: Attributes,
  visit: (picked: number, at: number) => void,
): void {
  const { batch, before, length, after, picks } = loopsOf(data, indices.shape, attributes);
  let picked = 0;
  for (let b = 0; b < batch; b++)
    for (let m = 0; m < before; m++)
      for (let i = 0; i < picks; i++) {
        const at = indices.elements[b * picks + i]!;
        if (!(at >= 0 && at < length))
          throw new ElbowError("index", { message: `index ${at} is outside an axis of ${length} elements` });
        const row = ((b * before + m) * length + at) * after;
        for (let r = 0; r < after; r++) visit(picked++, row + r);
      }
}

function checkIndices(name: string, data: Shape, indices: Type, { axis, batchDims }: Attributes): void {
  const aligned = sameShape(data.slice(0, batchDims), indices.shape.slice(0, batchDims));
  if (indices.dtype === "int32" && axis >= batchDims && aligned) return;
  throw new ElbowError("shape", {
    message: `${name}: indices do not fit\n  indices: ${indices.dtype}${formatShape(indices.shape)}\n  value:   ${formatShape(data)}, axis ${axis}, ${batchDims} common axes`,
  });
}

/** Where the axes of the indices come out. */
const indexAxes = (indices: Shape, { axis, batchDims }: Attributes): AxisMap =>
  indices.map((_, i) => (i < batchDims ? i : axis + i - batchDims));

/**
 * Brings axes into the given order; those that are left out have size 1 and go.
 */
function arrange(x: Variable, order: readonly number[]): Variable {
  const rest = range(x.shape.length).filter((axis) => !order.includes(axis));
  return reshape(
    transpose(x, [...order, ...rest]),
    order.map((axis) => x.shape[axis]!),
  );
}

/** out[b…, m…, i…, r…] = x[b…, m…, indices[b…, i…], r…]; linear in x. Attributes: `axis`, `batchDims`. */
const gatherPrimitive: Primitive = primitive({
  name: "gather",
  infer: ([x, indices], attributes) => {
    checkIndices("gather", x!.shape, indices!, attributes);
    const { axis, batchDims } = attributes;
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape.slice(batchDims), ...x!.shape.slice(axis + 1)];
    return [{ shape, dtype: x!.dtype }];
  },
  evaluate: ([x, indices], attributes) => {
    const { batch, before, after, picks } = loopsOf(x!.shape, indices!.shape, attributes);
    const out = new Float64Array(batch * before * picks * after);
    forEachPick(x!.shape, indices!, attributes, (picked, at) => {
      out[picked] = x!.elements[at]!;
    });
    return [out];
  },
  jvp: ({ inputs: [, indices], attributes }, [dx]) => [dx && emitOne(gatherPrimitive, [dx, indices!], attributes)],
  vjp: ({ inputs: [x, indices], attributes: { axis, batchDims } }, [ct]) => [
    ct && scatterAdd(ct, indices!, x!.shape[axis]!, axis, batchDims),
    undefined,
  ],
  // Batch axes that both operands have become common axes; those of one operand alone stay with it, so nothing is repeated.
  batch: ([x, indices], { axis, batchDims }, rank) => {
    const batchAxes = range(rank);
    const common = range(batchDims).map((i) => rank + i);
    const shared = batchAxes.filter((i) => x!.shape[i]! > 1 && indices!.shape[i]! > 1);
    const ofIndices = batchAxes.filter((i) => x!.shape[i] === 1 && indices!.shape[i]! > 1);
    const ofData = batchAxes.filter((i) => indices!.shape[i] === 1);
    const own = (v: Variable, from: number) => range(v.shape.length).slice(from);
    const picked = gather(
      arrange(x!, [...shared, ...common, ...ofData, ...own(x!, rank + batchDims)]),
      arrange(indices!, [...shared, ...common, ...ofIndices, ...own(indices!, rank + batchDims)]),
      shared.length + ofData.length + axis,
      shared.length + batchDims,
    );
    const before = range(axis - batchDims).map((i) => `before${i}`);
    const rest = range(x!.shape.length + indices!.shape.length - 2 * rank - batchDims - axis - 1).map(
      (i) => `rest${i}`,
    );
    const now = [...shared, ...common, ...ofData, ...before, ...ofIndices, ...rest];
    return [
      transpose(
        picked,
        [...batchAxes, ...common, ...before, ...rest].map((label) => now.indexOf(label)),
      ),
    ];
  },
  axes: ([x, indices], attributes) => {
    const { axis, batchDims } = attributes;
    const added = indices!.shape.length - batchDims - 1;
    const ofData = x!.shape.map((_, i) => (i < axis ? i : i === axis ? null : i + added));
    return [[ofData, indexAxes(indices!.shape, attributes)]];
  },
  isContinuousIn: (input) => input === 0,
  linearIn: [[0]],
  tfjs: ([x, indices], attributes) => [gatherKernel(x!, indices!, attributes)],
});
/** Elements of an axis of x at the positions `indices`; the first `batchDims` axes of both run together. */
export const gather = operation(
  (x: Variable, indices: Variable, axis = 0, batchDims = 0): Variable =>
    emitOne(gatherPrimitive, [x, indices], { axis: normalAxis(axis, x.shape.length), batchDims }),
  gatherPrimitive,
);

/** The shape of what a scatter makes. */
const scatteredShape = (updates: Shape, indices: Shape, { size, axis, batchDims }: Attributes): number[] => [
  ...updates.slice(0, axis),
  size,
  ...updates.slice(axis + indices.length - batchDims),
];

/** Zeros to which updates[b…, m…, i…, r…] is added at [b…, m…, indices[b…, i…], r…]; linear in the updates. */
const scatterAddPrimitive: Primitive = primitive({
  name: "scatterAdd",
  infer: ([updates, indices], attributes) => {
    const { axis, batchDims } = attributes;
    const shape = scatteredShape(updates!.shape, indices!.shape, attributes);
    checkIndices("scatterAdd", shape, indices!, attributes);
    const picked = updates!.shape.slice(axis, axis + indices!.shape.length - batchDims);
    if (!sameShape(picked, indices!.shape.slice(batchDims)))
      throw new ElbowError("shape", {
        message: `scatterAdd: updates ${formatShape(updates!.shape)} do not have the axes of the indices ${formatShape(indices!.shape)} at axis ${axis}`,
      });
    return [{ shape, dtype: updates!.dtype }];
  },
  evaluate: ([updates, indices], attributes) => {
    const shape = scatteredShape(updates!.shape, indices!.shape, attributes);
    const out = new Float64Array(sizeOf(shape));
    forEachPick(shape, indices!, attributes, (picked, at) => {
      out[at]! += updates!.elements[picked]!;
    });
    return [out];
  },
  jvp: ({ inputs: [, indices], attributes }, [du]) => [du && emitOne(scatterAddPrimitive, [du, indices!], attributes)],
  vjp: ({ inputs: [, indices], attributes: { axis, batchDims } }, [ct]) => [
    ct && gather(ct, indices!, axis, batchDims),
    undefined,
  ],
  // As for gather, but a batch axis of the indices alone makes different results from the same updates: they are repeated.
  batch: ([updates, indices], { size, axis, batchDims }, rank) => {
    const lead = broadcastShapes(updates!.shape.slice(0, rank), indices!.shape.slice(0, rank));
    invariant(lead, "scatterAdd: batch axes do not broadcast");
    const stretched = broadcastTo(updates!, [...lead, ...updates!.shape.slice(rank)]);
    const batchAxes = range(rank);
    const common = range(batchDims).map((i) => rank + i);
    const shared = batchAxes.filter((i) => indices!.shape[i]! > 1);
    const ofData = batchAxes.filter((i) => indices!.shape[i] === 1);
    const own = (v: Variable) => range(v.shape.length).slice(rank + batchDims);
    const sums = scatterAdd(
      arrange(stretched, [...shared, ...common, ...ofData, ...own(stretched)]),
      arrange(indices!, [...shared, ...common, ...own(indices!)]),
      size,
      shared.length + ofData.length + axis,
      shared.length + batchDims,
    );
    const rest = range(sums.shape.length).slice(rank + batchDims);
    const now = [...shared, ...common, ...ofData, ...rest];
    return [
      transpose(
        sums,
        [...batchAxes, ...common, ...rest].map((label) => now.indexOf(label)),
      ),
    ];
  },
  axes: ([updates, indices], attributes) => {
    const { axis, batchDims } = attributes;
    const picks = indices!.shape.length - batchDims;
    const ofUpdates = updates!.shape.map((_, i) => (i < axis ? i : i < axis + picks ? null : i - picks + 1));
    return [[ofUpdates, indices!.shape.map((_, i) => (i < batchDims ? i : null))]];
  },
  isContinuousIn: (input) => input === 0,
  linearIn: [[0]],
  tfjs: ([updates, indices], attributes) => [scatterKernel(updates!, indices!, attributes)],
});
/** Adds updates up at positions of an axis of length `size`: the transpose of {@link gather}. */
export const scatterAdd = operation(
  (updates: Variable, indices: Variable, size: number, axis = 0, batchDims = 0): Variable =>
    emitOne(scatterAddPrimitive, [updates, indices], { size, axis, batchDims }),
  scatterAddPrimitive,
);

/** Positions in the axis that batch and data axis make together, as one list. */
function rowsOf(indices: tf.Tensor, batch: number, length: number): tf.Tensor1D {
  if (batch === 1) return tf.reshape(indices, [indices.size]);
  const offsets = tf.reshape(tf.range(0, batch * length, length, "int32"), [batch, 1]);
  return tf.reshape(tf.add(tf.reshape(indices, [batch, indices.size / batch]), offsets), [indices.size]);
}

/** [a, b, c, d] → [a, c, b, d] */
const swapMiddle = (x: tf.Tensor, shape: [number, number, number, number]): tf.Tensor =>
  tf.transpose(tf.reshape(x, shape), [0, 2, 1, 3]);

/** Without common axes, which the wasm backend gets wrong: they and the data axis become one axis in front. */
function gatherKernel(x: tf.Tensor, indices: tf.Tensor, attributes: Attributes): tf.Tensor {
  const { axis, batchDims } = attributes;
  const { batch, before, length, after, picks } = loopsOf(x.shape, indices.shape, attributes);
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  if (batch === 1) return tf.reshape(tf.gather(x, rowsOf(indices, 1, length), axis), shape);
  const rows = tf.reshape(swapMiddle(x, [batch, before, length, after]), [batch * length, before * after]);
  const picked = tf.gather(rows, rowsOf(indices, batch, length));
  return tf.reshape(swapMiddle(picked, [batch, picks, before, after]), shape);
}

/** scatterNd adds duplicates up, along the first axis only: batch and index become one axis in front. */
function scatterKernel(updates: tf.Tensor, indices: tf.Tensor, attributes: Attributes): tf.Tensor {
  const shape = scatteredShape(updates.shape, indices.shape, attributes);
  const { batch, before, length, after, picks } = loopsOf(shape, indices.shape, attributes);
  const rows = swapMiddle(updates, [batch, before, picks, after]);
  const sums = tf.scatterND(
    tf.reshape(rowsOf(indices, batch, length), [batch * picks, 1]),
    tf.reshape(rows, [batch * picks, before * after]),
    [batch * length, before * after],
  );
  return tf.reshape(swapMiddle(sums, [batch, length, before, after]), shape);
}

/** 1 at position `indices` of a new last axis, else 0; nowhere 1 if that is outside. Attributes: `depth`. */
const oneHotPrimitive: Primitive = primitive({
  name: "oneHot",
  infer: ([indices], { depth }) => [{ shape: [...indices!.shape, depth], dtype: "float32" }],
  evaluate: ([indices], { depth }) => {
    const out = new Float64Array(indices!.elements.length * depth);
    indices!.elements.forEach((at, i) => {
      if (at >= 0 && at < depth) out[i * depth + at] = 1;
    });
    return [out];
  },
  batch: ([indices], { depth }) => [oneHot(indices!, depth)],
  axes: ([indices]) => [[indices!.shape.map((_, axis) => axis)]],
  // tf.oneHot refuses a depth of 1.
  tfjs: ([indices], { depth }) => [
    tf.cast(tf.equal(tf.expandDims(indices!, -1), tf.range(0, depth, 1, "int32")), "float32"),
  ],
});
export const oneHot = operation(
  (indices: Variable, depth: number): Variable => emitOne(oneHotPrimitive, [indices], { depth }),
  oneHotPrimitive,
);

const integers = (values: readonly number[]): Variable =>
  builder().constant(Float64Array.from(values), [values.length], "int32");

/** Every `strides[axis]`-th element from `begin` up to, not including, `end` (negative strides run backwards). */
export function stridedSlice(
  x: Variable,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[] = begin.map(() => 1),
): Variable {
  const count = x.shape.map((_, i) => Math.max(0, Math.ceil((end[i]! - begin[i]!) / strides[i]!)));
  const isPlain = strides.map((stride, i) => stride === 1 || count[i] === 0);
  const cut = slice(
    x,
    begin.map((from, i) => (isPlain[i] ? Math.min(from, x.shape[i]! - count[i]!) : 0)),
    x.shape.map((size, i) => (isPlain[i] ? count[i]! : size)),
  );
  return range(x.shape.length)
    .filter((i) => !isPlain[i])
    .reduce((rest, i) => gather(rest, integers(range(count[i]!).map((k) => begin[i]! + k * strides[i]!)), i), cut);
}

/** The position in row-major order of points given by their coordinates in the last axis. */
function flatIndices(indices: Variable, shape: Shape): Variable {
  const depth = indices.shape.at(-1)!;
  return reduceSum(mul(indices, integers(stridesOf(shape.slice(0, depth)))), [indices.shape.length - 1]);
}

/** The elements (or subarrays) of x at points whose coordinates stand in the last axis of `indices`. */
export function gatherNd(x: Variable, indices: Variable): Variable {
  const depth = indices.shape.at(-1)!;
  const rows = reshape(x, [sizeOf(x.shape.slice(0, depth)), ...x.shape.slice(depth)]);
  return gather(rows, flatIndices(indices, x.shape), 0);
}

/** Zeros of a shape, with updates added at points: the transpose of {@link gatherNd}. */
export function scatterNd(indices: Variable, updates: Variable, shape: Shape): Variable {
  const depth = indices.shape.at(-1)!;
  return reshape(scatterAdd(updates, flatIndices(indices, shape), sizeOf(shape.slice(0, depth)), 0), shape);
}
