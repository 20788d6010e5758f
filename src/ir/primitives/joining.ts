// Joining values along an axis and taking them apart again.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, invariant } from "../../errors.js";
import { broadcastShapes, formatShape, range, type Shape, sameShape, sizeOf } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { broadcastTo, reshape } from "./axes.js";
import { filled, normalAxis, slice } from "./slicing.js";

/** The most operands of one concatenation: longer ones are made in two levels. */
const mostOperands = 256;

/** Operands one after the other along an axis; transpose: slices. Attributes: `axis`. */
const concatPrimitive: Primitive = primitive({
  name: "concat",
  infer: (inputs, { axis }) => {
    const rest = (shape: Shape) => shape.map((size, i) => (i === axis ? -1 : size));
    const [first] = inputs;
    if (!inputs.every(({ shape, dtype }) => sameShape(rest(shape), rest(first!.shape)) && dtype === first!.dtype)) {
      const types = inputs.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(", ");
      throw new ElbowError("shape", { message: `cannot concatenate along axis ${axis}: ${types}` });
    }
    const total = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return [{ shape: first!.shape.map((size, i) => (i === axis ? total : size)), dtype: first!.dtype }];
  },
  evaluate: (inputs, { axis }) => {
    const total = inputs.reduce((sum, { elements }) => sum + elements.length, 0);
    const out = new Float64Array(total);
    const blocks = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
    const row = blocks.reduce((sum, block) => sum + block, 0);
    let start = 0;
    inputs.forEach(({ elements }, k) => {
      const block = blocks[k]!;
      for (let i = 0, at = start; i < elements.length; at += row - block)
        for (const end = i + block; i < end; i++, at++) out[at] = elements[i]!;
      start += block;
    });
    return [out];
  },
  jvp: ({ inputs, attributes }, tangents) => {
    if (tangents.every((tangent) => tangent === undefined)) return [undefined];
    return [
      concat(
        tangents.map((tangent, i) => tangent ?? filled(0, inputs[i]!)),
        attributes.axis,
      ),
    ];
  },
  vjp: ({ inputs, attributes: { axis } }, [ct]): MaybeZero[] => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const begin = shape.map((_, i) => (i === axis ? start : 0));
      start += shape[axis]!;
      return ct && slice(ct, begin, shape);
    });
  },
  batch: (inputs, { axis }, rank) => {
    const lead = broadcastShapes(...inputs.map(({ shape }) => shape.slice(0, rank)));
    invariant(lead, "concat: batch axes do not broadcast");
    return [
      concat(
        inputs.map((x) => broadcastTo(x, [...lead, ...x.shape.slice(rank)])),
        axis + rank,
      ),
    ];
  },
  axes: (inputs, _, [output]) => [
    inputs.map(({ shape }) => shape.map((size, axis) => (size === output!.shape[axis] ? axis : null))),
  ],
  isContinuousIn: () => true,
  linearIn: [range(mostOperands)],
  tfjs: (inputs, { axis }) => [tf.concat([...inputs], axis)],
  simplify: ({ inputs }) => (inputs.length === 1 ? [inputs[0]!] : undefined),
});
export const concat = operation((xs: readonly Variable[], axis: number): Variable => {
  const normal = normalAxis(axis, xs[0]!.shape.length);
  if (xs.length === 1) return xs[0]!;
  if (xs.length <= mostOperands) return emitOne(concatPrimitive, xs, { axis: normal });
  const parts = range(Math.ceil(xs.length / mostOperands)).map((i) =>
    xs.slice(i * mostOperands, (i + 1) * mostOperands),
  );
  return concat(
    parts.map((part): Variable => concat(part, normal)),
    normal,
  );
}, concatPrimitive);

/** Joins equal shapes along a new axis. */
export function stack(xs: readonly Variable[], axis = 0): Variable {
  const normal = normalAxis(axis, xs[0]!.shape.length + 1);
  const widened = xs.map((x) => reshape(x, [...x.shape.slice(0, normal), 1, ...x.shape.slice(normal)]));
  return concat(widened, normal);
}

/** Element `i` of an axis, which disappears; negative counts from the end. */
export function index(x: Variable, axis: number, i: number): Variable {
  const normal = normalAxis(axis, x.shape.length);
  const length = x.shape[normal]!;
  const at = i < 0 ? i + length : i;
  if (!(at >= 0 && at < length))
    throw new ElbowError("index", { message: `index ${i} is outside axis ${axis} of ${formatShape(x.shape)}` });
  const block = slice(
    x,
    x.shape.map((_, j) => (j === normal ? at : 0)),
    x.shape.map((size, j) => (j === normal ? 1 : size)),
  );
  return reshape(block, [...x.shape.slice(0, normal), ...x.shape.slice(normal + 1)]);
}

/** The elements of an axis, which disappears. */
export const unstack = (x: Variable, axis = 0): Variable[] =>
  range(x.shape[normalAxis(axis, x.shape.length)]!).map((i) => index(x, axis, i));
