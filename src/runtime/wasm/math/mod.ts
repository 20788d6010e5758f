// Remainders and whole quotients; quotients go towards −∞, remainders have the divisor's sign.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { type Binary, joinLow, toDoubles, toSingles, type Vector, where } from "./vector.js";

/** ⌊x/y⌋ of the rounded quotient. */
export const floorDiv: Binary = (fn, x, y) => fn.let(f32x4.floor(f32x4.div(x, y)));

/** Quotients up to here times a single-precision divisor are exact in double precision. */
const exactQuotient = 2 ** 28;

/** x minus a whole multiple of y near x, exact; y = ∞ leaves x as it is. */
function subtractMultiple(fn: FunctionBuilder, x: Vector, y: V128): Vector {
  const divisor = fn.let(y);
  const quotient = fn.let(f64x2.trunc(f64x2.div(x, divisor)));
  const isSome = f64x2.ne(quotient, 0);
  return fn.let(f64x2.sub(x, v128.and(f64x2.mul(quotient, divisor), isSome)));
}

/** Two lanes of the remainder; large quotients are taken off in portions of 28 bits. */
function mod64(fn: FunctionBuilder, x: Vector, y: Vector): V128 {
  const rest = fn.let(x);
  const isHuge = f64x2.ge(f64x2.abs(f64x2.div(x, y)), exactQuotient);
  const isBounded = f64x2.lt(f64x2.abs(x), Number.POSITIVE_INFINITY);
  fn.if(v128.anyTrue(v128.and(isHuge, v128.and(isBounded, f64x2.ne(y, 0)))), () => {
    const scaled = fn.let(f64x2.mul(y, 2 ** 252));
    fn.loop(9, () => {
      fn.set(rest, subtractMultiple(fn, rest, scaled));
      fn.set(scaled, f64x2.mul(scaled, 2 ** -28));
    });
  });
  fn.set(rest, subtractMultiple(fn, rest, y));
  // a quotient rounded up leaves the wrong sign, like operands of different signs
  const isOff = v128.and(f64x2.ne(rest, 0), v128.xor(f64x2.lt(rest, 0), f64x2.lt(y, 0)));
  const remainder = fn.let(f64x2.add(rest, v128.and(y, isOff)));
  // as in JavaScript, a remainder of zero has the sign of x
  const sign = v128.and(x, f64x2.const(-0));
  return v128.or(remainder, v128.and(sign, f64x2.eq(remainder, 0)));
}

/** x − y·⌊x/y⌋ with the exact quotient, of y's sign; NaN for y = 0 and infinite x. */
export const mod: Binary = (fn, x, y) => {
  const [xs, ys] = [toDoubles(fn, fn.let(x)), toDoubles(fn, fn.let(y))];
  return fn.let(toSingles([mod64(fn, xs[0], ys[0]), mod64(fn, xs[1], ys[1])]));
};

const integersAsDoubles = (fn: FunctionBuilder, x: Vector): readonly [Vector, Vector] => [
  fn.let(f64x2.convertLowI32x4S(x)),
  fn.let(f64x2.convertLowI32x4S(v128.shuffle32(x, x, [2, 3, 2, 3]))),
];

/** ⌊x/y⌋ of 32-bit integers: 0 for y = 0; −2³¹/−1 wraps. */
export const floorDivI32: Binary = (fn, x, y) => {
  const [top, bottom] = [fn.let(x), fn.let(y)];
  const [xs, ys] = [integersAsDoubles(fn, top), integersAsDoubles(fn, bottom)];
  const half = (k: 0 | 1): V128 => i32x4.truncSatF64x2SZero(f64x2.floor(f64x2.div(xs[k], ys[k])));
  const quotient = where(i32x4.eq(bottom, -1), i32x4.neg(top), joinLow(half(0), half(1)));
  return fn.let(v128.andnot(quotient, i32x4.eq(bottom, 0)));
};

/** x − y·⌊x/y⌋ of 32-bit integers; 0 for y = 0. */
export const modI32: Binary = (fn, x, y) => {
  const [top, bottom] = [fn.let(x), fn.let(y)];
  const rest = i32x4.sub(top, i32x4.mul(floorDivI32(fn, top, bottom), bottom));
  return fn.let(v128.andnot(rest, i32x4.eq(bottom, 0)));
};
