// Operations on tensors of many axes, for backends whose kernels take few: what is alike for neighbouring axes sees them as one.
import * as tf from "@tensorflow/tfjs-core";
import type { Attributes, DType, Primitive } from "../../ir/program.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
import type { Rule } from "./lowering.js";

/** How an operation is the same one on fewer axes. */
interface Merged {
  /** Of each operand. */
  readonly shapes: readonly number[][];
  readonly attributes: Attributes;
}

type Merge = (shapes: readonly Shape[], attributes: Attributes) => Merged;

/** Runs of neighbouring axes, as their first axes; an axis opens a run unless it continues the one before it. */
const runsOf = (rank: number, continues: (axis: number) => boolean): number[] =>
  Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis === 0 || !continues(axis));

/** One value per run. */
const overRuns = (starts: readonly number[], shape: Shape): number[] =>
  starts.map((start, i) => sizeOf(shape.slice(start, starts[i + 1])));

/** Axes of which each is listed or not. */
const listed: Merge = ([shape], { axes, ...rest }) => {
  const starts = runsOf(shape!.length, (axis) => axes.includes(axis) === axes.includes(axis - 1));
  const merged = starts.flatMap((start, i) => (axes.includes(start) ? [i] : []));
  return { shapes: [overRuns(starts, shape!)], attributes: { ...rest, axes: merged } };
};

/** One axis, and all before and all behind it. */
const alongOne: Merge = (shapes, { axis, ...rest }) => ({
  shapes: shapes.map((shape) => [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))]),
  attributes: { ...rest, axis: 1 },
});

/** All but the last axes. */
const onLast =
  (kept: number): Merge =>
  ([shape], attributes) => ({
    shapes: [[sizeOf(shape!.slice(0, shape!.length - kept)), ...shape!.slice(shape!.length - kept)]],
    attributes,
  });

/** Axes that stay neighbours. */
const permuted: Merge = ([shape], { permutation }) => {
  const placeOf = (axis: number): number => permutation.indexOf(axis);
  const starts = runsOf(shape!.length, (axis) => placeOf(axis) === placeOf(axis - 1) + 1);
  const order = [...starts.keys()].sort((a, b) => placeOf(starts[a]!) - placeOf(starts[b]!));
  return { shapes: [overRuns(starts, shape!)], attributes: { permutation: order } };
};

/** Axes that are taken whole. */
const cut: Merge = ([shape], { begin, size }) => {
  const isWhole = (axis: number): boolean => size[axis] === shape![axis];
  const starts = runsOf(shape!.length, (axis) => isWhole(axis) && isWhole(axis - 1));
  return {
    shapes: [overRuns(starts, shape!)],
    attributes: { begin: starts.map((start) => begin[start]), size: overRuns(starts, size) },
  };
};

const reductions = ["reduceSum", "reduceMax", "reduceMin", "reduceProd", "reduceAny", "reduceAll", "logSumExp"];

/** By primitive. */
const merges: ReadonlyMap<string, Merge> = new Map<string, Merge>([
  ...[...reductions, "reverse"].map((name): [string, Merge] => [name, listed]),
  ...["cumsum", "cumprod", "argMax", "argMin", "concat"].map((name): [string, Merge] => [name, alongOne]),
  ...["triangle", "diagonalPart"].map((name): [string, Merge] => [name, onLast(2)]),
  ["diagonalMatrix", onLast(1)],
  ["oneHot", onLast(0)],
  ["transpose", permuted],
  ["slice", cut],
]);

/** What all kernels take. */
const mostAxes = 4;

/** The rule that merges axes of operands or results that have many, for the primitives that it knows. */
export function onMergedAxes(primitive: Primitive, rule: Rule): Rule {
  const merge = merges.get(primitive.name);
  if (!merge) return rule;
  return (operands, attributes) => {
    const types = operands.map(({ shape, dtype }) => ({ shape: shape as Shape, dtype: dtype as DType }));
    const [output] = primitive.infer(types, attributes);
    if (Math.max(output!.shape.length, ...operands.map(({ rank }) => rank)) <= mostAxes)
      return rule(operands, attributes);
    const { shapes, attributes: merged } = merge(
      types.map(({ shape }) => shape),
      attributes,
    );
    const results = rule(
      operands.map((each, i) => tf.reshape(each, shapes[i]!)),
      merged,
    );
    return results.map((result) => tf.reshape(result, [...output!.shape]));
  };
}
