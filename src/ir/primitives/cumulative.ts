// Running sums and products along an axis.
import * as tf from "@tensorflow/tfjs-core";
import { range, type Shape, sizeOf } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { operation, type Primitive, type PrimitiveRules, primitive } from "../primitive.js";
import type { Attributes, Variable } from "../program.js";
import { linearUnary } from "./axes.js";
import { add, mul } from "./elementwise.js";
import { normalAxis, pad, slice } from "./slicing.js";

/** Which way a running sum or product goes. */
export interface CumulativeOptions {
  /** @defaultValue the last axis */
  readonly axis?: number;
  /** Leaves each element itself out. @defaultValue false */
  readonly exclusive?: boolean;
  /** Runs from the last element to the first. @defaultValue false */
  readonly reverse?: boolean;
}

/** Runs along an axis, keeping the total so far. */
function scanned(
  elements: Float64Array,
  shape: Shape,
  { axis, exclusive, reverse }: Attributes,
  initial: number,
  combine: (total: number, element: number) => number,
): Float64Array {
  const out = new Float64Array(elements.length);
  const length = shape[axis]!;
  const inner = sizeOf(shape.slice(axis + 1));
  for (let line = 0; line < elements.length / Math.max(1, length); line++) {
    const start = Math.floor(line / inner) * inner * length + (line % inner);
    let total = initial;
    for (let k = 0; k < length; k++) {
      const at = start + inner * (reverse ? length - 1 - k : k);
      const next = combine(total, elements[at]!);
      out[at] = exclusive ? total : next;
      total = next;
    }
  }
  return out;
}

const rules = (self: () => Primitive): Pick<PrimitiveRules, "infer" | "batch" | "axes"> => ({
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  batch: ([x], attributes, rank) => [emitOne(self(), [x!], { ...attributes, axis: attributes.axis + rank })],
  axes: ([x], { axis: along, reverse }) => [
    [x!.shape.map((_, axis) => (axis === along ? { axis, reverse: reverse as boolean } : axis))],
  ],
});

const emitter =
  (self: Primitive) =>
  (x: Variable, { axis = -1, exclusive = false, reverse = false }: CumulativeOptions = {}): Variable =>
    emitOne(self, [x], { axis: normalAxis(axis, x.shape.length), exclusive, reverse });

/** yᵢ = Σ_{j≤i} xⱼ; transpose: the sum that runs the other way. Attributes: `axis`, `exclusive`, `reverse`. */
const cumsumPrimitive: Primitive = linearUnary({
  name: "cumsum",
  ...rules(() => cumsumPrimitive),
  evaluate: ([x], attributes) => [scanned(x!.elements, x!.shape, attributes, 0, (total, element) => total + element)],
  transpose: (ct, _, attributes) => emitOne(cumsumPrimitive, [ct], { ...attributes, reverse: !attributes.reverse }),
  tfjs: ([x], { axis, exclusive, reverse }) => [tf.cumsum(x!, axis, exclusive, reverse)],
});
export const cumsum = operation(emitter(cumsumPrimitive), cumsumPrimitive);

/** Moves elements `by` places on in the running direction; what enters is `fill`. */
function shift(x: Variable, by: number, fill: number, { axis, reverse }: Attributes): Variable {
  const length = x.shape[axis]!;
  const begin = x.shape.map((_, i) => (i === axis && reverse ? by : 0));
  const size = x.shape.map((all, i) => (i === axis ? length - by : all));
  const paddings = x.shape.map((_, i): [number, number] => (i !== axis ? [0, 0] : reverse ? [0, by] : [by, 0]));
  return pad(slice(x, begin, size), paddings, fill);
}

/** The distances 1, 2, 4, … below the length: after all of them every element has met every earlier one. */
const distances = (length: number): number[] => range(Math.ceil(Math.log2(Math.max(1, length)))).map((k) => 2 ** k);

/**
 * The inclusive running product by doubling, y ← y · shift(y): multiplications only, so that its derivative is right
 * where elements are zero, unlike (Σ …)/x. Returns the value before each step.
 */
function doublings(x: Variable, attributes: Attributes): Variable[] {
  const steps = [x];
  for (const by of distances(x.shape[attributes.axis]!)) {
    const y = steps.at(-1)!;
    steps.push(mul(y, shift(y, by, 1, attributes)));
  }
  return steps;
}

/** yᵢ = Π_{j≤i} xⱼ; dyᵢ = Σ_{j≤i} dxⱼ·Π_{k≤i, k≠j} xₖ. Attributes: `axis`, `exclusive`, `reverse`. */
const cumprodPrimitive: Primitive = primitive({
  name: "cumprod",
  ...rules(() => cumprodPrimitive),
  evaluate: ([x], attributes) => [scanned(x!.elements, x!.shape, attributes, 1, (total, element) => total * element)],
  jvp: ({ inputs: [x], attributes }, [dx]) => {
    if (!dx) return [undefined];
    const steps = doublings(x!, attributes);
    const dy = distances(x!.shape[attributes.axis]!).reduce((tangent, by, k) => {
      const y = steps[k]!;
      return add(mul(tangent, shift(y, by, 1, attributes)), mul(y, shift(tangent, by, 0, attributes)));
    }, dx);
    return [attributes.exclusive ? shift(dy, 1, 0, attributes) : dy];
  },
  vjp: ({ inputs: [x], attributes }, [ct]) => {
    if (!ct) return [undefined];
    const back = { ...attributes, reverse: !attributes.reverse };
    const steps = doublings(x!, attributes);
    const start = attributes.exclusive ? shift(ct, 1, 0, back) : ct;
    return [
      distances(x!.shape[attributes.axis]!).reduceRight((cotangent, by, k) => {
        const y = steps[k]!;
        return add(mul(cotangent, shift(y, by, 1, attributes)), shift(mul(cotangent, y), by, 0, back));
      }, start),
    ];
  },
  isContinuousIn: () => true,
  tfjs: ([x], { axis, exclusive, reverse }) => [tf.cumprod(x!, axis, exclusive, reverse)],
});
export const cumprod = operation(emitter(cumprodPrimitive), cumprodPrimitive);
