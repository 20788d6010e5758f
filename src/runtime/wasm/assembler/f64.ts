import type { F32, F64 } from "./expression.js";
import { liftI32 } from "./i32.js";
import { apply, binary, expression, lifting, loading, plain, unary } from "./instruction.js";

const constant = (value: number): F64 =>
  expression("f64", ({ bytes }) => {
    bytes.byte(0x44);
    bytes.float64(value);
  });

export const liftF64 = lifting(constant);
const two = (code: number) => binary(liftF64, "f64", plain(code));
const one = (code: number) => unary(liftF64, "f64", plain(code));
const compare = (code: number) => binary(liftF64, "i32", plain(code));

/** Double-precision numbers; a plain number is a constant. Comparisons give i32 1 or 0. */
export const f64 = {
  const: constant,
  eq: compare(0x61),
  ne: compare(0x62),
  lt: compare(0x63),
  gt: compare(0x64),
  le: compare(0x65),
  ge: compare(0x66),
  abs: one(0x99),
  neg: one(0x9a),
  ceil: one(0x9b),
  floor: one(0x9c),
  trunc: one(0x9d),
  /** To the nearest integer, halves to even. */
  nearest: one(0x9e),
  sqrt: one(0x9f),
  add: two(0xa0),
  sub: two(0xa1),
  mul: two(0xa2),
  div: two(0xa3),
  min: two(0xa4),
  max: two(0xa5),
  copysign: two(0xa6),
  convertI32S: unary(liftI32, "f64", plain(0xb7)),
  convertI32U: unary(liftI32, "f64", plain(0xb8)),
  promoteF32: (x: F32): F64 => apply("f64", plain(0xbb), [x]),
  load: loading("f64", plain(0x2b), 3),
};
