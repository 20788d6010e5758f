// Logarithms in double precision, of two lanes.
import type { V128 } from "../assembler/expression.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { polynomial64, type Vector, where } from "./vector.js";

/** 2·artanh(s)/s in s² for |s| ≤ 0.2, to 2⁻⁴⁹. */
const artanh = [
  2.0000000000000036, 0.6666666666585382, 0.4000000031396322, 0.28571382574024945, 0.22225441841491392,
  0.18066359625551248, 0.17415535993735184,
];
/** The high words of √½, and which words these are. */
const sqrtHalf = i32x4.const([0, 0x3fe6a09e, 0, 0x3fe6a09e]);
const highWords = i32x4.const([0, -1, 0, -1]);

/** 2·artanh s + e·ln 2 */
const assemble = (fn: FunctionBuilder, s: Vector, e: V128): Vector =>
  fn.let(f64x2.add(f64x2.mul(polynomial64(fn.let(f64x2.mul(s, s)), artanh), s), f64x2.mul(e, Math.LN2)));

/** log x of positive normal x. */
export function log64(fn: FunctionBuilder, x: V128): Vector {
  const argument = fn.let(x);
  const e = fn.let(i32x4.shrS(i32x4.sub(argument, sqrtHalf), 20));
  const mantissa = fn.let(i32x4.sub(argument, v128.and(i32x4.shl(e, 20), highWords)));
  const s = fn.let(f64x2.div(f64x2.sub(mantissa, 1), f64x2.add(mantissa, 1)));
  return assemble(fn, s, f64x2.convertLowI32x4S(v128.shuffle32(e, e, [1, 3, 1, 3])));
}

/** log(1 + p/q) for 0 ≤ p ≤ 2q, to all digits also where p/q is tiny. */
export function logOfOneAnd(fn: FunctionBuilder, p: Vector, q: Vector): Vector {
  const isSmall = fn.let(f64x2.lt(f64x2.mul(p, 2.4), q));
  // (u − 1)/(u + 1) of u = 1 + p/q, or of half of it
  const top = where(isSmall, p, f64x2.sub(p, q));
  const bottom = f64x2.add(p, f64x2.mul(q, where(isSmall, f64x2.const(2), f64x2.const(3))));
  return assemble(fn, fn.let(f64x2.div(top, bottom)), v128.andnot(f64x2.const(1), isSmall));
}
