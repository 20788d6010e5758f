import type { F32, F64 } from "./expression.js";
import { liftI32 } from "./i32.js";
import { apply, binary, expression, lifting, loading, plain, unary } from "./instruction.js";

const constant = (value: number): F32 =>
  expression("f32", ({ bytes }) => {
    bytes.byte(0x43);
    bytes.float32(value);
  });

export const liftF32 = lifting(constant);
const two = (code: number) => binary(liftF32, "f32", plain(code));
const one = (code: number) => unary(liftF32, "f32", plain(code));
const compare = (code: number) => binary(liftF32, "i32", plain(code));

/** Single-precision numbers; a plain number is a constant. Comparisons give i32 1 or 0. */
export const f32 = {
  const: constant,
  eq: compare(0x5b),
  ne: compare(0x5c),
  lt: compare(0x5d),
  gt: compare(0x5e),
  le: compare(0x5f),
  ge: compare(0x60),
  abs: one(0x8b),
  neg: one(0x8c),
  ceil: one(0x8d),
  floor: one(0x8e),
  trunc: one(0x8f),
  /** To the nearest integer, halves to even. */
  nearest: one(0x90),
  sqrt: one(0x91),
  add: two(0x92),
  sub: two(0x93),
  mul: two(0x94),
  div: two(0x95),
  min: two(0x96),
  max: two(0x97),
  /** The first operand with the sign of the second. */
  copysign: two(0x98),
  convertI32S: unary(liftI32, "f32", plain(0xb2)),
  convertI32U: unary(liftI32, "f32", plain(0xb3)),
  demoteF64: (x: F64): F32 => apply("f32", plain(0xb6), [x]),
  reinterpretI32: unary(liftI32, "f32", plain(0xbe)),
  load: loading("f32", plain(0x2a), 2),
};
