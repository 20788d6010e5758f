// Operations that move, reduce or look up elements along axes.
import fc from "fast-check";
import * as axes from "../../../../src/ir/primitives/axes.js";
import * as cumulative from "../../../../src/ir/primitives/cumulative.js";
import * as indexing from "../../../../src/ir/primitives/indexing.js";
import { concat } from "../../../../src/ir/primitives/joining.js";
import * as leaf from "../../../../src/ir/primitives/leaf.js";
import { logSumExp } from "../../../../src/ir/primitives/logSumExp.js";
import * as marks from "../../../../src/ir/primitives/marks.js";
import * as reductions from "../../../../src/ir/primitives/reductions.js";
import * as slicing from "../../../../src/ir/primitives/slicing.js";
import { topK } from "../../../../src/ir/primitives/sorting.js";
import { weakProduct } from "../../../../src/ir/primitives/weakProduct.js";
import type { DType } from "../../../../src/ir/program.js";
import { type Shape, sizeOf } from "../../../../src/util/shapes.js";
import {
  anAxis,
  between,
  broadcasting,
  type Conformance,
  distinct,
  dtypeOf,
  each,
  everywhere,
  integers,
  type Signature,
  shapes,
  someAxes,
  sometimes,
  withAttributes,
} from "../conformance.js";
import { one } from "./elementwise.js";

const numbers: DType[] = ["float32", "int32"];
const all: DType[] = ["float32", "int32", "bool"];
const values = everywhere(between(-3, 3));
const flags = everywhere(integers(0, 1));

/** The ways to write a size as a product of up to three axes. */
const reshaped = (shape: Shape): fc.Arbitrary<number[]> => {
  const size = sizeOf(shape);
  const divisors = (n: number) => Array.from({ length: n }, (_, i) => i + 1).filter((each) => n % each === 0);
  return fc
    .constantFrom(...divisors(size))
    .chain((first) =>
      fc.constantFrom(...divisors(size / first)).map((second) => [first, second, size / first / second]),
    )
    .chain((three) => fc.boolean().map((drop) => (drop ? three.filter((each) => each > 1) : three)));
};

const permutation = (shape: Shape) =>
  fc.shuffledSubarray(
    shape.map((_, i) => i),
    { minLength: shape.length, maxLength: shape.length },
  );

const perAxis = <T>(shape: Shape, arbitrary: (size: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  shape.length === 0 ? fc.constant([]) : (fc.tuple(...shape.map(arbitrary)) as fc.Arbitrary<T[]>);

const paddings = (shape: Shape): fc.Arbitrary<[number, number][]> =>
  perAxis(shape, () => fc.tuple(fc.nat(2), fc.nat(2)));

const axesCases: Conformance[] = [
  {
    primitive: axes.reshape.primitive,
    signature: withAttributes((shape) => reshaped(shape).map((to) => ({ shape: to })), { dtypes: all }),
    domains: values,
  },
  {
    primitive: axes.broadcastTo.primitive,
    signature: fc
      .tuple(shapes(), shapes(0, 1), dtypeOf(...all), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
      .map(([full, extra, dtype, ones]) => ({
        types: [{ shape: full.map((size, axis) => (ones[axis] ? 1 : size)), dtype }],
        attributes: { shape: [...extra, ...full] },
      })),
    domains: values,
  },
  {
    primitive: axes.transpose.primitive,
    signature: withAttributes((shape) => permutation(shape).map((order) => ({ permutation: order })), { dtypes: all }),
    domains: values,
  },
  {
    primitive: slicing.slice.primitive,
    signature: withAttributes(
      (shape) =>
        perAxis(shape, (size) =>
          fc.nat(size - 1).chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: 1, max: size - begin }))),
        ).map((ranges) => ({ begin: ranges.map(([begin]) => begin), size: ranges.map(([, size]) => size) })),
      { dtypes: all },
    ),
    domains: values,
  },
  {
    primitive: slicing.pad.primitive,
    signature: withAttributes((shape) => paddings(shape).map((each) => ({ paddings: each })), { dtypes: all }),
    domains: values,
  },
  {
    primitive: slicing.padWith.primitive,
    signature: withAttributes((shape) => paddings(shape).map((each) => ({ paddings: each, value: 1 })), {
      dtypes: all,
    }),
    domains: values,
  },
  {
    primitive: slicing.reverse.primitive,
    signature: withAttributes((shape) => someAxes(shape).map((each) => ({ axes: each })), {
      dtypes: all,
      minRank: 1,
    }),
    domains: values,
  },
  {
    primitive: concat.primitive,
    signature: fc
      .tuple(shapes(1), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), dtypeOf(...all))
      .chain(([shape, sizes, dtype]) =>
        anAxis(shape).map((axis) => ({
          types: sizes.map((size) => ({ shape: shape.map((each, i) => (i === axis ? size : each)), dtype })),
          attributes: { axis },
        })),
      ),
    domains: values,
  },
];

const reduced = (dtypes: DType[] = ["float32"]) =>
  withAttributes(
    (shape) =>
      fc
        .subarray(
          shape.map((_, i) => i),
          { minLength: 1 },
        )
        .map((each) => ({ axes: each })),
    { dtypes, minRank: 1 },
  );
const alongAxis = (dtypes: DType[] = ["float32"]) =>
  withAttributes((shape) => anAxis(shape).map((axis) => ({ axis })), { dtypes, minRank: 1 });
const apart = everywhere(distinct(-3, 3));

const reductionCases: Conformance[] = [
  {
    primitive: axes.reduceSum.primitive,
    signature: reduced(numbers),
    domains: values,
    tolerance: { absolute: 1e-5, relative: 1e-5 },
  },
  { primitive: reductions.reduceMax.primitive, signature: reduced(numbers), domains: values, smooth: apart },
  { primitive: reductions.reduceMin.primitive, signature: reduced(numbers), domains: values, smooth: apart },
  {
    primitive: reductions.reduceProd.primitive,
    signature: reduced(),
    domains: everywhere(sometimes(0, between(-1.25, 1.25))),
    tolerance: { absolute: 1e-5, relative: 1e-5 },
  },
  { primitive: reductions.reduceAny.primitive, signature: reduced(["bool"]), domains: flags },
  { primitive: reductions.reduceAll.primitive, signature: reduced(["bool"]), domains: flags },
  { primitive: reductions.argMax.primitive, signature: alongAxis(numbers), domains: values },
  { primitive: reductions.argMin.primitive, signature: alongAxis(numbers), domains: values },
  { primitive: logSumExp.primitive, signature: reduced(), domains: values },
];

const cumulativeAttributes = withAttributes(
  (shape) => fc.record({ axis: anAxis(shape), exclusive: fc.boolean(), reverse: fc.boolean() }),
  { minRank: 1 },
);

const cumulativeCases: Conformance[] = [
  { primitive: cumulative.cumsum.primitive, signature: cumulativeAttributes, domains: values },
  {
    primitive: cumulative.cumprod.primitive,
    signature: cumulativeAttributes,
    domains: everywhere(sometimes(0, between(-2, 2))),
    tolerance: { absolute: 1e-5, relative: 1e-5 },
  },
];

/** Data of rank 1–3 and indices of rank 0–2 into one of its axes, with some axes in common. */
const lookups = fc
  .tuple(shapes(1), shapes(0, 2), dtypeOf("float32", "float32", "int32"))
  .chain(([shape, own, dtype]) =>
    anAxis(shape).chain((axis) => fc.nat(axis).map((batchDims) => ({ shape, own, dtype, axis, batchDims }))),
  );

const indexingCases: Conformance[] = [
  {
    primitive: indexing.gather.primitive,
    signature: lookups.map(({ shape, own, dtype, axis, batchDims }) => ({
      types: [
        { shape, dtype },
        { shape: [...shape.slice(0, batchDims), ...own], dtype: "int32" as const },
      ],
      attributes: { axis, batchDims },
    })),
    domains: ({ types, attributes }: Signature) => [between(-3, 3), integers(0, types[0]!.shape[attributes.axis]! - 1)],
  },
  {
    primitive: indexing.scatterAdd.primitive,
    signature: lookups.map(({ shape, own, dtype, axis, batchDims }) => ({
      types: [
        { shape: [...shape.slice(0, axis), ...own, ...shape.slice(axis + 1)], dtype },
        { shape: [...shape.slice(0, batchDims), ...own], dtype: "int32" as const },
      ],
      attributes: { axis, batchDims, size: shape[axis]! },
    })),
    domains: ({ attributes }: Signature) => [between(-3, 3), integers(0, attributes.size - 1)],
  },
  {
    primitive: indexing.oneHot.primitive,
    signature: withAttributes(() => fc.integer({ min: 1, max: 4 }).map((depth) => ({ depth })), { dtypes: ["int32"] }),
    domains: everywhere(integers(-1, 4)),
  },
  {
    primitive: topK.primitive,
    signature: withAttributes((shape) => fc.integer({ min: 1, max: shape.at(-1)! }).map((k) => ({ k })), {
      minRank: 1,
    }),
    domains: apart,
  },
];

const markCases: Conformance[] = [
  one(marks.stopGradient, between(-2, 2), { order: 0, dtypes: all }),
  one(leaf.leaf, between(-2, 2)),
  one(marks.assumeContinuous, between(-2, 2)),
  {
    primitive: weakProduct.primitive,
    signature: broadcasting("float32", "float32").map((types) => ({
      types,
      attributes: { remaining: 1, message: "one derivative only" },
    })),
    domains: each(sometimes(0, between(-2, 2)), between(-2, 2)),
    order: 0,
  },
];

export const structureCases: readonly Conformance[] = [
  ...axesCases,
  ...reductionCases,
  ...cumulativeCases,
  ...indexingCases,
  ...markCases,
];
