// Order along the last axis.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { range } from "../../util/shapes.js";
import { emit } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { neg } from "./arithmetic.js";
import { moveAxis } from "./axes.js";
import { gather, scatterAdd } from "./indexing.js";
import { normalAxis } from "./slicing.js";

/** The k largest elements of the last axis, largest first, and their positions; d values = dx at the positions. */
const topKPrimitive: Primitive = primitive({
  name: "topK",
  infer: ([x], { k }) => {
    const length = x!.shape.at(-1) ?? 0;
    if (k > length) throw new ElbowError("shape", { message: `topK: ${k} elements of an axis of ${length}` });
    const shape = [...x!.shape.slice(0, -1), k];
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: "int32" },
    ];
  },
  evaluate: ([x], { k }) => {
    const length = x!.shape.at(-1)!;
    const rows = length === 0 ? 0 : x!.elements.length / length;
    const values = new Float64Array(rows * k);
    const indices = new Float64Array(rows * k);
    for (let row = 0; row < rows; row++) {
      const line = x!.elements.subarray(row * length, (row + 1) * length);
      const order = range(length).sort((i, j) => line[j]! - line[i]! || i - j);
      for (let i = 0; i < k; i++) {
        indices[row * k + i] = order[i]!;
        values[row * k + i] = line[order[i]!]!;
      }
    }
    return [values, indices];
  },
  jvp: ({ outputs: [, indices] }, [dx]) => {
    const last = indices!.shape.length - 1;
    return [dx && gather(dx, indices!, last, last), undefined];
  },
  vjp: ({ inputs: [x], outputs: [, indices] }, [ct]) => {
    const last = indices!.shape.length - 1;
    return [ct && scatterAdd(ct, indices!, x!.shape[last]!, last, last)];
  },
  batch: ([x], attributes) => emit(topKPrimitive, [x!], attributes),
  axes: ([x]) => {
    const map = x!.shape.map((_, axis) => (axis === x!.shape.length - 1 ? null : axis));
    return [[map], [map]];
  },
  // The values are; the positions, as all integers, are not.
  isContinuousIn: () => true,
  hasKinks: true,
  tfjs: ([x], { k }) => {
    const { values, indices } = tf.topk(x!, k, true);
    return [values, indices];
  },
});
export const topK = operation((x: Variable, k: number): { values: Variable; indices: Variable } => {
  const [values, indices] = emit(topKPrimitive, [x], { k });
  return { values: values!, indices: indices! };
}, topKPrimitive);

/** How to sort. */
export interface SortOptions {
  /** @defaultValue the last axis */
  readonly axis?: number;
  /** Largest first. @defaultValue false */
  readonly descending?: boolean;
}

/** All elements of an axis in order, and where they stood; equal elements keep their order. */
function sorted(x: Variable, { axis = -1, descending = false }: SortOptions) {
  const from = normalAxis(axis, x.shape.length);
  const last = x.shape.length - 1;
  const line = moveAxis(descending ? x : neg(x), from, last);
  const { values, indices } = topK(line, x.shape[from]!);
  return { values: moveAxis(descending ? values : neg(values), last, from), indices: moveAxis(indices, last, from) };
}

/** The elements of an axis in ascending (or descending) order. */
export const sort = (x: Variable, options: SortOptions = {}): Variable => sorted(x, options).values;

/** Where the elements of an axis stand that come first, second, … in order. */
export const argsort = (x: Variable, options: SortOptions = {}): Variable => sorted(x, options).indices;
