// Arithmetic, comparison, rounding.
import fc from "fast-check";
import * as arithmetic from "../../../../src/ir/primitives/arithmetic.js";
import { checked } from "../../../../src/ir/primitives/checked.js";
import * as comparison from "../../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../../src/ir/primitives/elementwise.js";
import { pow } from "../../../../src/ir/primitives/power.js";
import * as rounding from "../../../../src/ir/primitives/rounding.js";
import type { DType, Primitive } from "../../../../src/ir/program.js";
import {
  between,
  broadcasting,
  type Conformance,
  type Domain,
  distinct,
  dtypeOf,
  each,
  everywhere,
  integers,
  offGrid,
  plain,
  sameShapes,
  sometimes,
  withAttributes,
} from "../conformance.js";

/** Entry of an operation of one operand. */
export const one = (
  { primitive }: { primitive: Primitive },
  domain: Domain,
  options: Partial<Conformance> & { dtypes?: DType[] } = {},
): Conformance => ({
  primitive,
  signature: plain(dtypeOf(...(options.dtypes ?? ["float32"])).chain((dtype) => sameShapes(dtype))),
  domains: everywhere(domain),
  ...options,
});

/** Entry of an operation of two operands that broadcast. */
export const two = (
  { primitive }: { primitive: Primitive },
  domain: Domain,
  options: Partial<Conformance> & { dtypes?: DType[] } = {},
): Conformance => ({
  primitive,
  signature: plain(dtypeOf(...(options.dtypes ?? ["float32"])).chain((dtype) => broadcasting(dtype, dtype))),
  domains: everywhere(domain),
  ...options,
});

const numbers: DType[] = ["float32", "int32"];
const away = between(0.5, 4);
/** Apart from each other by more than finite differences reach. */
const apart = each(distinct(-3, 3), (random, shape) =>
  distinct(-3, 3)(random, shape, "float32").map((x) => x + 1 / 128),
);

const arithmeticCases: Conformance[] = [
  two(add, sometimes(0, between(-4, 4)), { dtypes: numbers }),
  two(arithmetic.sub, sometimes(0, between(-4, 4)), { dtypes: numbers }),
  two(mul, sometimes(1, between(-4, 4)), { dtypes: numbers }),
  one(arithmetic.neg, between(-4, 4), { dtypes: numbers }),
  two(arithmetic.div, away),
  one(arithmetic.reciprocal, between(-4, -0.5)),
  one(arithmetic.sign, between(-1, 1), { smooth: everywhere(offGrid(-2, 2)) }),
  one(arithmetic.abs, between(-1, 1), { dtypes: numbers, smooth: everywhere(offGrid(-2, 2)) }),
  two(arithmetic.maximum, between(-1, 1), { dtypes: numbers, smooth: apart }),
  two(arithmetic.minimum, between(-1, 1), { dtypes: numbers, smooth: apart }),
  two(arithmetic.floorDiv, integers(1, 5), { dtypes: numbers, smooth: each(integers(3, 3), between(2.1, 2.9)) }),
  two(arithmetic.mod, integers(1, 5), { dtypes: numbers, smooth: each(between(3, 4), between(2.1, 2.9)) }),
  {
    primitive: pow.primitive,
    signature: plain(broadcasting("float32", "float32")),
    domains: each(between(0.25, 2), sometimes(2, between(-2, 3))),
    tolerance: { absolute: 1e-5, relative: 1e-5 },
  },
];

const anyNumber = { dtypes: numbers, smooth: apart };

const comparisonCases: Conformance[] = [
  two(comparison.equal, between(-0.1, 0.1), anyNumber),
  two(comparison.notEqual, between(-0.1, 0.1), anyNumber),
  two(comparison.less, between(-0.1, 0.1), anyNumber),
  two(comparison.lessEqual, between(-0.1, 0.1), anyNumber),
  two(comparison.greater, between(-0.1, 0.1), anyNumber),
  two(comparison.greaterEqual, between(-0.1, 0.1), anyNumber),
  two(comparison.logicalAnd, integers(0, 1), { dtypes: ["bool"] }),
  two(comparison.logicalOr, integers(0, 1), { dtypes: ["bool"] }),
  two(comparison.logicalXor, integers(0, 1), { dtypes: ["bool"] }),
  one(comparison.logicalNot, integers(0, 1), { dtypes: ["bool"] }),
  one(comparison.isNaN, sometimes(Number.NaN, sometimes(Number.POSITIVE_INFINITY, between(-2, 2)))),
  one(comparison.isFinite, sometimes(Number.NaN, sometimes(Number.NEGATIVE_INFINITY, between(-2, 2)))),
  one(comparison.isInf, sometimes(Number.NaN, sometimes(Number.NEGATIVE_INFINITY, between(-2, 2)))),
  {
    primitive: comparison.cast.primitive,
    signature: withAttributes(() => fc.constantFrom("float32", "int32", "bool").map((dtype) => ({ dtype })), {
      dtypes: ["float32", "int32", "bool"],
    }),
    domains: everywhere(sometimes(0, between(-3, 3))),
    order: 0,
  },
  {
    primitive: checked.primitive,
    signature: plain(broadcasting("bool", "float32")),
    domains: each(integers(1, 1), between(-2, 2)),
    order: 0,
  },
  {
    primitive: comparison.select.primitive,
    signature: plain(dtypeOf("float32", "int32", "bool").chain((dtype) => broadcasting("bool", dtype, dtype))),
    domains: each(integers(0, 1), between(-2, 2), between(-2, 2)),
  },
];

const roundingCases: Conformance[] = [rounding.floor, rounding.ceil, rounding.round, rounding.trunc].map((emitter) =>
  one(emitter, (random, shape) => between(-8, 8)(random, shape, "int32").map((x) => x / 2), {
    smooth: everywhere(offGrid(-3, 3)),
  }),
);

export const elementwiseCases: readonly Conformance[] = [...arithmeticCases, ...comparisonCases, ...roundingCases];
