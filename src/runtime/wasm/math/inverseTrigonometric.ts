import { atanTail } from "../../../util/special/singlePrecision.js";
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { type Binary, polynomial, signOf, type Unary, type Vector, where } from "./vector.js";

/** (asin s − s)/s³ in s² for s ≤ ½, to 2⁻²⁷. */
const asinTail = [1.6666752e-1, 7.4953094e-2, 4.546915e-2, 2.4184778e-2, 4.2158306e-2];
/** π and π/2 in two parts. */
const halfPi = { high: 1.57079637050628662, low: -4.37113900018624283e-8 } as const;

/** c − x for c a multiple of π/2, with the digits that c has beyond single precision. */
const from = (multiple: number, x: V128): V128 =>
  f32x4.add(f32x4.sub(multiple * halfPi.high, x), multiple * halfPi.low);

/** asin a for a ≤ ½, and asin √((1 − a)/2) = ½·acos a above. */
function asinOrHalfAcos(fn: FunctionBuilder, a: Vector, isSmall: Vector): Vector {
  const squared = fn.let(where(isSmall, f32x4.mul(a, a), f32x4.mul(f32x4.sub(1, a), 0.5)));
  const s = fn.let(where(isSmall, a, f32x4.sqrt(squared)));
  return fn.let(f32x4.ma(f32x4.mul(squared, s), polynomial(fn, squared, asinTail), s));
}

/** asin x; π/2 − acos a for a > ½. */
export const asin: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const isSmall = fn.let(f32x4.le(a, 0.5));
  const inner = asinOrHalfAcos(fn, a, isSmall);
  const size = where(isSmall, inner, from(1, f32x4.add(inner, inner)));
  return fn.let(v128.or(size, signOf(argument)));
};

/** acos x; π − acos a for x < −½, π/2 − asin x between. */
export const acos: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const isSmall = fn.let(f32x4.le(a, 0.5));
  const inner = asinOrHalfAcos(fn, a, isSmall);
  const double = fn.let(f32x4.add(inner, inner));
  const outer = where(f32x4.lt(argument, 0), from(2, double), double);
  return fn.let(where(isSmall, from(1, v128.xor(inner, signOf(argument))), outer));
};

/** atan s for 0 ≤ s ≤ 1 */
function atanInner(fn: FunctionBuilder, s: Vector): V128 {
  const squared = fn.let(f32x4.mul(s, s));
  return f32x4.ma(f32x4.mul(squared, s), polynomial(fn, squared, atanTail), s);
}

/** atan x; π/2 − atan 1/a for a > 1. */
export const atan: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const inner = fn.let(atanInner(fn, fn.let(f32x4.div(f32x4.pmin(a, 1), f32x4.pmax(a, 1)))));
  const size = where(f32x4.gt(a, 1), from(1, inner), inner);
  return fn.let(v128.or(size, signOf(argument)));
};

/** The angle of the point (x, y), operands (y, x), in (−π, π], with the sign of y also for ±0. */
export const atan2: Binary = (fn, y, x) => {
  const [above, right] = [fn.let(y), fn.let(x)];
  const [tall, wide] = [fn.let(f32x4.abs(above)), fn.let(f32x4.abs(right))];
  const isSteep = fn.let(f32x4.gt(tall, wide));
  const longer = fn.let(f32x4.max(tall, wide));
  const shorter = f32x4.min(tall, wide);
  // 0/0 is to be 0, ∞/∞ is to be 1
  const ratio = fn.let(f32x4.div(shorter, where(f32x4.eq(longer, 0), f32x4.const(1), longer)));
  const isDiagonal = v128.and(f32x4.eq(tall, wide), f32x4.gt(tall, 0));
  const slope = fn.let(where(isDiagonal, f32x4.const(1), ratio));
  const inner = fn.let(atanInner(fn, slope));
  const first = fn.let(where(isSteep, from(1, inner), inner));
  const isLeft = i32x4.shrS(right, 31);
  return fn.let(v128.or(where(isLeft, from(2, first), first), signOf(above)));
};
