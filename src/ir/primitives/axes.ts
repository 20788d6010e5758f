// Operations that only move, repeat or add up elements along axes. All are linear; each is another's transpose.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import {
  broadcastShapes,
  broadcastStrides,
  forEachBroadcast,
  formatShape,
  range,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import {
  type AxisMap,
  type AxisPlace,
  operation,
  type Primitive,
  type PrimitiveRules,
  primitive,
} from "../primitive.js";
import type { Attributes, Variable } from "../program.js";

/** A primitive of one operand that is linear in it: its derivative is itself, its vjp its transpose. */
export function linearUnary(
  rules: PrimitiveRules & { transpose: (cotangent: Variable, input: Variable, attributes: Attributes) => Variable },
): Primitive {
  const self: Primitive = primitive({
    linearIn: [[0]],
    isContinuousIn: () => true,
    jvp: ({ attributes }, [dx]) => [dx && emitOne(self, [dx], attributes)],
    vjp: ({ inputs, attributes }, [ct]) => [ct && rules.transpose(ct, inputs[0]!, attributes)],
    ...rules,
  });
  return self;
}

/** The input axes that survive a reshape: those that are split off by the same leading product and have the same size. */
export function reshapeAxes(from: Shape, to: Shape): AxisMap {
  return from.map((size, axis) => {
    const before = sizeOf(from.slice(0, axis));
    const match = to.findIndex((other, j) => other === size && sizeOf(to.slice(0, j)) === before && size > 1);
    return match < 0 ? null : match;
  });
}

/** Same elements in the same row-major order under another shape. Attributes: `shape`. */
const reshapePrimitive = linearUnary({
  name: "reshape",
  infer: ([x], { shape }) => {
    if (sizeOf(x!.shape) !== sizeOf(shape))
      throw new ElbowError("shape", {
        message: `cannot reshape ${formatShape(x!.shape)} to ${formatShape(shape)}: the sizes differ`,
      });
    return [{ shape, dtype: x!.dtype }];
  },
  evaluate: ([x]) => [x!.elements],
  transpose: (ct, x) => reshape(ct, x.shape),
  batch: ([x], { shape }, rank) => [reshape(x!, [...x!.shape.slice(0, rank), ...shape])],
  axes: ([x], { shape }) => [[reshapeAxes(x!.shape, shape)]],
  tfjs: ([x], { shape }) => [tf.reshape(x!, shape)],
  simplify: ({ inputs: [x], attributes }) => (sameShape(x!.shape, attributes.shape) ? [x!] : undefined),
});
export const reshape = operation(
  (x: Variable, shape: Shape): Variable =>
    sameShape(x.shape, shape) ? x : emitOne(reshapePrimitive, [x], { shape: [...shape] }),
  reshapePrimitive,
);

/** Stretches axes of size 1 (and adds leading ones) to `shape`. Attributes: `shape`. */
const broadcastToPrimitive = linearUnary({
  name: "broadcastTo",
  infer: ([x], { shape }) => {
    const both = broadcastShapes(x!.shape, shape);
    if (!both || !sameShape(both, shape))
      throw new ElbowError("shape", { message: `cannot broadcast ${formatShape(x!.shape)} to ${formatShape(shape)}` });
    return [{ shape, dtype: x!.dtype }];
  },
  evaluate: ([x], { shape }) => {
    const out = new Float64Array(sizeOf(shape));
    forEachBroadcast(shape, [x!.shape], (at, [from]) => {
      out[at] = x!.elements[from!]!;
    });
    return [out];
  },
  transpose: (ct, x) => sumTo(ct, x.shape),
  batch: ([x], { shape }, rank) => {
    const lead = x!.shape.slice(0, rank);
    const own = x!.shape.slice(rank);
    const padded = [...lead, ...new Array<number>(shape.length - own.length).fill(1), ...own];
    return [broadcastTo(reshape(x!, padded), [...lead, ...shape])];
  },
  axes: ([x], { shape }) => [[broadcastAxes(x!.shape, shape)]],
  tfjs: ([x], { shape }) => [tf.broadcastTo(x!, shape)],
  simplify: ({ inputs: [x], attributes }) => (sameShape(x!.shape, attributes.shape) ? [x!] : undefined),
});
export const broadcastTo = operation(
  (x: Variable, shape: Shape): Variable =>
    sameShape(x.shape, shape) ? x : emitOne(broadcastToPrimitive, [x], { shape: [...shape] }),
  broadcastToPrimitive,
);

/** The same place behind more axes in front. */
export const movedPlace = (place: AxisPlace, by: number): AxisPlace =>
  place === null ? null : typeof place === "number" ? place + by : { ...place, axis: place.axis + by };

/** Axis map of numpy broadcasting: trailing axes correspond; an axis of size 1 that is stretched is not kept. */
export const broadcastAxes = (from: Shape, to: Shape): AxisMap =>
  from.map((size, axis) => (size === to[axis + to.length - from.length] ? axis + to.length - from.length : null));

/** Sums a value down to a shape that broadcasts to its own: the transpose of broadcasting. */
export function sumTo(x: Variable, shape: Shape): Variable {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.shape.length - shape.length;
  const summed = range(x.shape.length).filter(
    (axis) => axis < offset || (shape[axis - offset] === 1 && x.shape[axis] !== 1),
  );
  return reshape(reduceSum(x, summed), shape);
}

/** Permutes axes: output axis i is input axis `permutation[i]`. */
const transposePrimitive = linearUnary({
  name: "transpose",
  infer: ([x], { permutation }) => [{ shape: permutation.map((axis: number) => x!.shape[axis]!), dtype: x!.dtype }],
  evaluate: ([x], { permutation }) => {
    const strides = stridesOf(x!.shape);
    const shape: number[] = permutation.map((axis: number) => x!.shape[axis]!);
    const moved: number[] = permutation.map((axis: number) => strides[axis]!);
    return [gatherStrided(x!.elements, shape, moved, 0)];
  },
  transpose: (ct, _, { permutation }) =>
    transpose(
      ct,
      range(permutation.length).map((axis) => permutation.indexOf(axis)),
    ),
  batch: ([x], { permutation }, rank) => [
    transpose(x!, [...range(rank), ...permutation.map((axis: number) => axis + rank)]),
  ],
  axes: ([x], { permutation }) => [[x!.shape.map((_, axis) => permutation.indexOf(axis))]],
  tfjs: ([x], { permutation }) => [tf.transpose(x!, permutation)],
  simplify: ({ inputs: [x], attributes: { permutation } }) =>
    permutation.every((axis: number, i: number) => axis === i) ? [x!] : undefined,
});
export const transpose = operation(
  (x: Variable, permutation: readonly number[]): Variable =>
    permutation.every((axis, i) => axis === i)
      ? x
      : emitOne(transposePrimitive, [x], { permutation: [...permutation] }),
  transposePrimitive,
);

/** Swaps the last two axes. */
export const matrixTranspose = (x: Variable): Variable => {
  const n = x.shape.length;
  return transpose(x, [...range(n - 2), n - 1, n - 2]);
};

/** Moves one axis to another position. */
export function moveAxis(x: Variable, from: number, to: number): Variable {
  const rest = range(x.shape.length).filter((axis) => axis !== from);
  rest.splice(to, 0, from);
  return transpose(x, rest);
}

/** Elements of a strided view, in row-major order of `shape`. */
export function gatherStrided(
  elements: Float64Array,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const counter = shape.map(() => 0);
  for (let at = 0, from = offset; at < out.length; at++) {
    out[at] = elements[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      counter[axis]!++;
      from += strides[axis]!;
      if (counter[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      counter[axis] = 0;
    }
  }
  return out;
}

/** The shape after reducing axes away. */
export const reducedShape = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));

/** Axis map of a reduction: reduced axes mix, the others move up. */
export const reducedAxes = (shape: Shape, axes: readonly number[]): AxisMap =>
  shape.map((_, axis) => (axes.includes(axis) ? null : axis - axes.filter((reduced) => reduced < axis).length));

/** Calls `visit(element, flat index of its group)` in row-major order: the loop of every reduction. */
export function forEachReduced(
  shape: Shape,
  axes: readonly number[],
  visit: (at: number, group: number) => void,
): void {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = broadcastStrides(kept, shape);
  const counter = shape.map(() => 0);
  const size = sizeOf(shape);
  for (let at = 0, group = 0; at < size; at++) {
    visit(at, group);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      counter[axis]!++;
      group += strides[axis]!;
      if (counter[axis]! < shape[axis]!) break;
      group -= strides[axis]! * shape[axis]!;
      counter[axis] = 0;
    }
  }
}

/** Sum over axes, which disappear. Attributes: `axes`. */
const reduceSumPrimitive = linearUnary({
  name: "reduceSum",
  infer: ([x], { axes }) => [{ shape: reducedShape(x!.shape, axes), dtype: x!.dtype === "bool" ? "int32" : x!.dtype }],
  evaluate: ([x], { axes }) => {
    const out = new Float64Array(sizeOf(reducedShape(x!.shape, axes)));
    forEachReduced(x!.shape, axes, (at, group) => {
      out[group]! += x!.elements[at]!;
    });
    return [out];
  },
  transpose: (ct, x, { axes }) => broadcastTo(expandAxes(ct, x.shape, axes), x.shape),
  batch: ([x], { axes }, rank) => [
    reduceSum(
      x!,
      axes.map((axis: number) => axis + rank),
    ),
  ],
  axes: ([x], { axes }) => [[reducedAxes(x!.shape, axes)]],
  tfjs: ([x], { axes }) => [sumKernel(x!, axes)],
  simplify: ({ inputs: [x], outputs: [out], attributes: { axes } }) =>
    x!.dtype !== out!.dtype
      ? undefined
      : axes.every((axis: number) => x!.shape[axis] === 1)
        ? [reshape(x!, reducedShape(x!.shape, axes))]
        : undefined,
});
export const reduceSum = operation(
  (x: Variable, axes: readonly number[] = range(x.shape.length)): Variable =>
    axes.length === 0 ? x : emitOne(reduceSumPrimitive, [x], { axes: [...axes] }),
  reduceSumPrimitive,
);

/** tfjs' wasm Sum is a naive float32 running sum: long sums are made in two levels, so that the error grows as √n. */
function sumKernel(x: tf.Tensor, axes: number[]): tf.Tensor {
  const block = 256;
  const length = x.shape.at(-1) ?? 1;
  if (axes.length === x.rank && x.size >= 8 * block && x.size % block === 0)
    return tf.sum(tf.sum(tf.reshape(x, [x.size / block, block]), 1));
  if (axes.length === 1 && axes[0] === x.rank - 1 && length >= 8 * block && length % block === 0)
    return tf.sum(tf.sum(tf.reshape(x, [...x.shape.slice(0, -1), length / block, block]), -1), -1);
  return tf.sum(x, axes);
}

/** Puts reduced axes back as axes of size 1. */
export const expandAxes = (x: Variable, shape: Shape, axes: readonly number[]): Variable =>
  reshape(
    x,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
