// Reductions over axes, which disappear. (The sum is in axes.ts.)
import * as tf from "@tensorflow/tfjs-core";
import { range, sizeOf } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { operation, type Primitive, type PrimitiveRules, primitive } from "../primitive.js";
import type { Attributes, DType, Variable } from "../program.js";
import { div } from "./arithmetic.js";
import { expandAxes, forEachReduced, reducedAxes, reducedShape, reduceSum, reshape, transpose } from "./axes.js";
import { cast, equal } from "./comparison.js";
import { cumprod } from "./cumulative.js";
import { mul } from "./elementwise.js";
import { normalAxis } from "./slicing.js";

/** What distinguishes one reduction from another. */
interface ReductionRules extends Partial<PrimitiveRules> {
  readonly name: string;
  /** The value of an empty group. */
  readonly initial: number;
  readonly combine: (total: number, element: number) => number;
  readonly dtype?: DType;
  /** Factors of the elements in the derivative: y's tangent is the sum of factor · dx. */
  readonly factors?: (x: Variable, y: Variable, axes: readonly number[]) => Variable;
}

/** A reduction of one operand, with the emitter that leaves the operand alone if there is no axis to reduce. */
export function reduction({ initial, combine, dtype, factors, ...rules }: ReductionRules) {
  const self: Primitive = primitive({
    infer: ([x], { axes }) => [{ shape: reducedShape(x!.shape, axes), dtype: dtype ?? x!.dtype }],
    evaluate: ([x], { axes }) => {
      const out = new Float64Array(sizeOf(reducedShape(x!.shape, axes))).fill(initial);
      forEachReduced(x!.shape, axes, (at, group) => {
        out[group] = combine(out[group]!, x!.elements[at]!);
      });
      return [out];
    },
    ...(factors && {
      isContinuousIn: () => true,
      jvp: ({ inputs: [x], outputs: [y], attributes: { axes } }, [dx]) => [
        dx && reduceSum(mul(factors(x!, y!, axes), dx), axes),
      ],
      vjp: ({ inputs: [x], outputs: [y], attributes: { axes } }, [ct]) => [
        ct && mul(factors(x!, y!, axes), expandAxes(ct, x!.shape, axes)),
      ],
    }),
    batch: ([x], { axes }, rank) => [emitOne(self, [x!], { axes: axes.map((axis: number) => axis + rank) })],
    axes: ([x], { axes }) => [[reducedAxes(x!.shape, axes)]],
    ...rules,
  });
  return operation((x: Variable, axes: readonly number[] = range(x.shape.length)): Variable => {
    const normal = axes.map((axis) => normalAxis(axis, x.shape.length));
    return normal.length === 0 ? x : emitOne(self, [x], { axes: normal });
  }, self);
}

/** A group of one element is that element. */
const simplifySingle: Primitive["simplify"] = ({ inputs: [x], outputs: [y], attributes: { axes } }) =>
  axes.every((axis: number) => x!.shape[axis] === 1) ? [reshape(x!, y!.shape)] : undefined;

/** 1/count at each of the elements that attain an extremum, 0 elsewhere. */
function shareOfTies(x: Variable, y: Variable, axes: readonly number[]): Variable {
  const attains = cast(equal(x, expandAxes(y, x.shape, axes)), "float32");
  return div(attains, expandAxes(reduceSum(attains, axes), x.shape, axes));
}

/** max x; the derivative is spread equally over the elements that attain it */
export const reduceMax = reduction({
  name: "reduceMax",
  initial: Number.NEGATIVE_INFINITY,
  combine: Math.max,
  factors: shareOfTies,
  hasKinks: true,
  tfjs: ([x], { axes }) => [tf.max(x!, axes)],
  simplify: simplifySingle,
});

/** min x; the derivative is spread equally over the elements that attain it */
export const reduceMin = reduction({
  name: "reduceMin",
  initial: Number.POSITIVE_INFINITY,
  combine: Math.min,
  factors: shareOfTies,
  hasKinks: true,
  tfjs: ([x], { axes }) => [tf.min(x!, axes)],
  simplify: simplifySingle,
});

/** The product of all other elements of each one's group, without dividing: right also where elements are zero. */
function productOfOthers(x: Variable, _: Variable, axes: readonly number[]): Variable {
  const kept = range(x.shape.length).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = transpose(x, order);
  const line = reshape(moved, [...kept.map((axis) => x.shape[axis]!), sizeOf(axes.map((axis) => x.shape[axis]!))]);
  const before = cumprod(line, { axis: kept.length, exclusive: true });
  const after = cumprod(line, { axis: kept.length, exclusive: true, reverse: true });
  return transpose(
    reshape(mul(before, after), moved.shape),
    range(order.length).map((axis) => order.indexOf(axis)),
  );
}

/** Π xᵢ; d = Σᵢ dxᵢ·Π_{j≠i} xⱼ */
export const reduceProd = reduction({
  name: "reduceProd",
  initial: 1,
  combine: (total, element) => total * element,
  factors: productOfOthers,
  tfjs: ([x], { axes }) => [tf.prod(x!, axes)],
  simplify: simplifySingle,
});

/** Whether any element of the group is true. */
export const reduceAny = reduction({
  name: "reduceAny",
  initial: 0,
  combine: (total, element) => +(total !== 0 || element !== 0),
  dtype: "bool",
  tfjs: ([x], { axes }) => [tf.any(x!, axes)],
});

/** Whether all elements of the group are true. */
export const reduceAll = reduction({
  name: "reduceAll",
  initial: 1,
  combine: (total, element) => +(total !== 0 && element !== 0),
  dtype: "bool",
  tfjs: ([x], { axes }) => [tf.all(x!, axes)],
});

/** The mean over axes, which disappear. */
export function mean(x: Variable, axes: readonly number[] = range(x.shape.length)): Variable {
  const normal = axes.map((axis) => normalAxis(axis, x.shape.length));
  return mul(reduceSum(cast(x, "float32"), normal), 1 / sizeOf(normal.map((axis) => x.shape[axis]!)));
}

/** The first position of an extremum along an axis, which disappears. Attributes: `axis`. */
function argReduction(name: string, isBetter: (x: number, best: number) => boolean, tfjs: Primitive["tfjs"]) {
  const self: Primitive = primitive({
    name,
    infer: ([x], { axis }) => [{ shape: reducedShape(x!.shape, [axis]), dtype: "int32" }],
    evaluate: ([x], { axis }: Attributes) => {
      const size = sizeOf(reducedShape(x!.shape, [axis]));
      const out = new Float64Array(size);
      const best = new Float64Array(size);
      const seen = new Float64Array(size);
      forEachReduced(x!.shape, [axis], (at, group) => {
        const element = x!.elements[at]!;
        if (seen[group] === 0 || isBetter(element, best[group]!)) {
          best[group] = element;
          out[group] = seen[group]!;
        }
        seen[group]!++;
      });
      return [out];
    },
    batch: ([x], { axis }, rank) => [emitOne(self, [x!], { axis: axis + rank })],
    axes: ([x], { axis }) => [[reducedAxes(x!.shape, [axis])]],
    ...(tfjs && { tfjs }),
  });
  return operation(
    (x: Variable, axis = -1): Variable => emitOne(self, [x], { axis: normalAxis(axis, x.shape.length) }),
    self,
  );
}

/** The first position of the largest element along an axis. */
export const argMax = argReduction(
  "argMax",
  (x, best) => x > best,
  ([x], { axis }) => [tf.argMax(x!, axis)],
);
/** The first position of the smallest element along an axis. */
export const argMin = argReduction(
  "argMin",
  (x, best) => x < best,
  ([x], { axis }) => [tf.argMin(x!, axis)],
);
