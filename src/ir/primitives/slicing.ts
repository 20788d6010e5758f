// Cutting, padding and reversing along axes, with offsets that are known when the program is built.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { formatShape, range, type Shape, sameShape, sizeOf, stridesOf } from "../../util/shapes.js";
import { builder, emitOne } from "../builder.js";
import { operation, type Primitive, type PrimitiveRules, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { broadcastTo, gatherStrided, linearUnary } from "./axes.js";
import { viaIntegers } from "./comparison.js";

/** How many elements to add before and after each axis. */
export type Paddings = readonly (readonly [before: number, after: number])[];

/** The axis counted from the front; a negative one counts from the back. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(normal) && normal >= 0 && normal < rank) return normal;
  throw new ElbowError("axis", {
    message: `axis ${axis} does not exist\n  value has rank ${rank}`,
    hint: rank === 0 ? "A scalar has no axes." : `Take one of 0 to ${rank - 1}, or -1 for the last.`,
  });
}

/** A scalar constant stretched to a shape. */
export const filled = (value: number, like: { shape: Shape; dtype: Variable["dtype"] }): Variable =>
  broadcastTo(builder().scalar(value, like.dtype), like.shape);

/** The block of shape `size` that starts at `begin`; transpose: pads with zeros. Attributes: `begin`, `size`. */
const slicePrimitive = linearUnary({
  name: "slice",
  infer: ([x], { begin, size }) => {
    const fits = x!.shape.every((length, i) => begin[i] >= 0 && size[i] >= 0 && begin[i] + size[i] <= length);
    if (begin.length === x!.shape.length && size.length === x!.shape.length && fits)
      return [{ shape: size, dtype: x!.dtype }];
    throw new ElbowError("shape", {
      message: `cannot slice ${formatShape(size)} from ${formatShape(begin)} out of ${formatShape(x!.shape)}`,
    });
  },
  evaluate: ([x], { begin, size }) => {
    const strides = stridesOf(x!.shape);
    const offset = strides.reduce((sum, stride, axis) => sum + stride * begin[axis], 0);
    return [gatherStrided(x!.elements, size, strides, offset)];
  },
  transpose: (ct, x, { begin, size }) =>
    pad(
      ct,
      x.shape.map((length, axis) => [begin[axis], length - begin[axis] - size[axis]]),
    ),
  batch: ([x], { begin, size }, rank) => [
    slice(x!, [...new Array<number>(rank).fill(0), ...begin], [...x!.shape.slice(0, rank), ...size]),
  ],
  axes: ([x], { size }) => [[x!.shape.map((length, axis) => (length === size[axis] ? axis : null))]],
  tfjs: ([x], { begin, size }) => [x!.rank === 0 ? tf.clone(x!) : tf.slice(x!, begin, size)],
  simplify: ({ inputs: [x], attributes: { size } }) => (sameShape(x!.shape, size) ? [x!] : undefined),
});
/** The block that starts at `begin`; a size of −1 (or a missing one) reaches to the end of the axis. */
export const slice = operation((x: Variable, begin: readonly number[], size: readonly number[] = []): Variable => {
  const from = x.shape.map((_, axis) => begin[axis] ?? 0);
  const length = x.shape.map((all, axis) => ((size[axis] ?? -1) < 0 ? all - from[axis]! : size[axis]!));
  return sameShape(length, x.shape) ? x : emitOne(slicePrimitive, [x], { begin: from, size: length });
}, slicePrimitive);

const paddedShape = (shape: Shape, paddings: Paddings): number[] =>
  shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]);

/** The rules of padding that do not depend on the value. */
const padRules = (self: () => Primitive): Omit<PrimitiveRules, "name"> => ({
  infer: ([x], { paddings }) => {
    if (paddings.length !== x!.shape.length || paddings.flat().some((each: number) => each < 0))
      throw new ElbowError("shape", {
        message: `cannot pad ${formatShape(x!.shape)} by ${JSON.stringify(paddings)}`,
        hint: "give every axis a pair of amounts that are not negative.",
      });
    return [{ shape: paddedShape(x!.shape, paddings), dtype: x!.dtype }];
  },
  evaluate: ([x], { paddings, value = 0 }) => {
    const shape = paddedShape(x!.shape, paddings);
    const strides = stridesOf(shape);
    const out = new Float64Array(sizeOf(shape)).fill(value);
    const offset = strides.reduce((sum, stride, axis) => sum + stride * paddings[axis][0], 0);
    const from = gatherStrided(Float64Array.from(out.keys()), x!.shape, strides, offset);
    from.forEach((at, i) => {
      out[at] = x!.elements[i]!;
    });
    return [out];
  },
  batch: ([x], attributes, rank) => [
    emitOne(self(), [x!], { ...attributes, paddings: [...range(rank).map(() => [0, 0]), ...attributes.paddings] }),
  ],
  axes: ([x], { paddings }) => [
    [x!.shape.map((_, axis) => (paddings[axis].every((n: number) => n === 0) ? axis : null))],
  ],
  tfjs: ([x], { paddings, value = 0 }) => [padKernel(x!, paddings, value)],
  simplify: ({ inputs: [x], outputs: [out] }) => (sameShape(x!.shape, out!.shape) ? [x!] : undefined),
});

/** Neighbouring axes that get nothing around them are padded as one: kernels take few axes. */
function padKernel(x: tf.Tensor, paddings: [number, number][], value: number): tf.Tensor {
  if (x.rank === 0) return tf.clone(x);
  const sizes: number[] = [];
  const around: [number, number][] = [];
  const isWhole = ([before, after]: [number, number]): boolean => before === 0 && after === 0;
  x.shape.forEach((size, axis) => {
    const padding = paddings[axis]!;
    if (isWhole(padding) && axis > 0 && isWhole(paddings[axis - 1]!)) sizes[sizes.length - 1]! *= size;
    else {
      sizes.push(size);
      around.push(padding);
    }
  });
  const padded = viaIntegers([tf.reshape(x, sizes)], (each) => tf.pad(each!, around, value));
  return tf.reshape(padded, paddedShape(x.shape, paddings));
}

/** Zeros around x; transpose: slices. Attributes: `paddings`. */
const padPrimitive: Primitive = linearUnary({
  name: "pad",
  ...padRules(() => padPrimitive),
  transpose: (ct, x, { paddings }) => unpad(ct, x.shape, paddings),
});

/** A constant other than zero around x: affine, with the derivative of `pad`. Attributes: `paddings`, `value`. */
const padWithPrimitive: Primitive = primitive({
  name: "padWith",
  ...padRules(() => padWithPrimitive),
  jvp: ({ attributes }, [dx]) => [dx && pad(dx, attributes.paddings)],
  vjp: ({ inputs: [x], attributes }, [ct]) => [ct && unpad(ct, x!.shape, attributes.paddings)],
  isContinuousIn: () => true,
});

const unpad = (ct: Variable, shape: Shape, paddings: Paddings): Variable =>
  slice(
    ct,
    paddings.map(([before]) => before),
    shape,
  );

const isNoPadding = (paddings: Paddings): boolean => paddings.every(([before, after]) => before === 0 && after === 0);

/** x with a constant before and after it along each axis. */
export const pad = operation((x: Variable, paddings: Paddings, value = 0): Variable => {
  const copy = paddings.map((pair) => [...pair]);
  if (copy.length === x.shape.length && isNoPadding(paddings)) return x;
  return value === 0
    ? emitOne(padPrimitive, [x], { paddings: copy })
    : emitOne(padWithPrimitive, [x], { paddings: copy, value });
}, padPrimitive);

/** `pad` with a constant other than zero, as an operation of its own: it is affine, not linear. */
export const padWith = operation(
  (x: Variable, paddings: Paddings, value: number): Variable =>
    emitOne(padWithPrimitive, [x], { paddings: paddings.map((pair) => [...pair]), value }),
  padWithPrimitive,
);

/** Elements in opposite order along axes; its own transpose. Attributes: `axes`. */
const reversePrimitive = linearUnary({
  name: "reverse",
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  evaluate: ([x], { axes }) => {
    const strides = stridesOf(x!.shape);
    const flipped = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
    const offset = axes.reduce((sum: number, axis: number) => sum + strides[axis]! * (x!.shape[axis]! - 1), 0);
    return [gatherStrided(x!.elements, x!.shape, flipped, offset)];
  },
  transpose: (ct, _, { axes }) => reverse(ct, axes),
  batch: ([x], { axes }, rank) => [
    reverse(
      x!,
      axes.map((axis: number) => axis + rank),
    ),
  ],
  axes: ([x], { axes }) => [[x!.shape.map((_, axis) => (axes.includes(axis) ? null : axis))]],
  tfjs: ([x], { axes }) => [viaIntegers([x!], (each) => tf.reverse(each!, axes))],
});
export const reverse = operation((x: Variable, axes: readonly number[] = range(x.shape.length)): Variable => {
  const normal = axes.map((axis) => normalAxis(axis, x.shape.length)).filter((axis) => x.shape[axis] !== 1);
  return normal.length === 0 ? x : emitOne(reversePrimitive, [x], { axes: normal });
}, reversePrimitive);
