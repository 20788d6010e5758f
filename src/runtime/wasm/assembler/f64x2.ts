import type { V128 } from "./expression.js";
import { liftF64 } from "./f64.js";
import { apply, binary, extracting, lifting, replacing, simd, unary } from "./instruction.js";
import { constantOf, uniformConstants } from "./v128.js";

const uniform = uniformConstants((value) => constantOf(new Float64Array(2).fill(value)));

/** A constant vector: one number for both lanes, or two. */
const constant = (value: number | readonly [number, number]): V128 =>
  typeof value === "number" ? uniform(value) : constantOf(new Float64Array(value));

export const liftF64x2 = lifting(constant);
const two = (code: number) => binary(liftF64x2, "v128", simd(code));
const one = (code: number) => unary(liftF64x2, "v128", simd(code));

/** Two double-precision lanes; a plain number is a constant in both. Comparisons give lanes of ones or zeros. */
export const f64x2 = {
  const: constant,
  splat: unary(liftF64, "v128", simd(20)),
  extractLane: extracting("f64", simd(33)),
  replaceLane: replacing(liftF64, simd(34)),
  eq: two(71),
  ne: two(72),
  lt: two(73),
  gt: two(74),
  le: two(75),
  ge: two(76),
  ceil: one(116),
  floor: one(117),
  trunc: one(122),
  nearest: one(148),
  abs: one(236),
  neg: one(237),
  sqrt: one(239),
  add: two(240),
  sub: two(241),
  mul: two(242),
  div: two(243),
  /** y < x ? y : x; a NaN in x stays. */
  pmin: two(246),
  /** x < y ? y : x; a NaN in x stays. */
  pmax: two(247),
  /** The lower two single-precision lanes. */
  promoteLowF32x4: (x: V128): V128 => apply("v128", simd(95), [x]),
  /** The lower two integer lanes. */
  convertLowI32x4S: (x: V128): V128 => apply("v128", simd(254), [x]),
};
