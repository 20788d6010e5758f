import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { leastNormal, splitExponent } from "./log.js";
import {
  type Binary,
  type Doubles,
  infinity,
  onlyWhere,
  polynomial,
  polynomial64,
  signOf,
  toDoubles,
  toSingles,
  type Vector,
  where,
} from "./vector.js";

/** (2/ln 2)·artanh(s)/s in s² for |s| ≤ (√2 − 1)/(√2 + 1), to 2⁻⁵¹. */
const log2 = [
  2.885390081777927, 0.9617966939243182, 0.577078017252779, 0.41219840110339856, 0.3206164507954128,
  0.26144233443508813, 0.24293801725977035,
];
/** (2ᶠ − 1)/f for |f| ≤ ½, to 2⁻³² of 2ᶠ. */
const exp2 = [6.931472e-1, 2.402265e-1, 5.550405e-2, 9.618087e-3, 1.3337967e-3, 1.5452197e-4, 1.4320904e-5];

/** y·log₂ a of positive, normal or denormal a, in double precision. */
function exponentOf(fn: FunctionBuilder, a: Vector, y: Vector): Doubles {
  const isTiny = fn.let(f32x4.lt(a, leastNormal));
  const { e: shifted, mantissa } = splitExponent(fn, fn.let(where(isTiny, f32x4.mul(a, 2 ** 23), a)));
  const e = fn.let(i32x4.sub(shifted, onlyWhere(isTiny, i32x4.const(23))));
  const mantissas = toDoubles(fn, fn.let(mantissa));
  const exponents = [e, v128.shuffle32(e, e, [2, 3, 2, 3])].map((each) => f64x2.convertLowI32x4S(each));
  const factors = toDoubles(fn, y);
  const half = (k: 0 | 1): Vector => {
    const m = mantissas[k];
    const s = fn.let(f64x2.div(f64x2.sub(m, 1), f64x2.add(m, 1)));
    const series = f64x2.mul(polynomial64(fn.let(f64x2.mul(s, s)), log2), s);
    return fn.let(f64x2.mul(f64x2.add(series, exponents[k]!), factors[k]));
  };
  return [half(0), half(1)];
}

/** 2ᵗ */
function powerOfTwo(fn: FunctionBuilder, t: Doubles): V128 {
  const parts = t.map((each) => {
    const bounded = fn.let(f64x2.pmin(f64x2.pmax(each, -152), 130));
    // 1.5·2⁵² rounds to an integer in the low bits
    const bits = fn.let(f64x2.add(bounded, 1.5 * 2 ** 52 + 254));
    return { bits, f: fn.let(f64x2.sub(bounded, f64x2.sub(bits, 1.5 * 2 ** 52 + 254))) };
  });
  const f = fn.let(toSingles([parts[0]!.f, parts[1]!.f]));
  const n = fn.let(v128.shuffle32(parts[0]!.bits, parts[1]!.bits, [0, 2, 4, 6]));
  const half = fn.let(i32x4.shrU(n, 1));
  const power = f32x4.add(f32x4.mul(polynomial(fn, f, exp2), f), 1);
  return f32x4.mul(f32x4.mul(power, i32x4.shl(half, 23)), i32x4.shl(i32x4.sub(n, half), 23));
}

/** xʸ, to 1 ulp. As in JavaScript, but 1ʸ = 1 for every y; so (−1)^±∞ is NaN. */
export const pow: Binary = (fn, base, exponent) => {
  const x = fn.let(base);
  const y = fn.let(exponent);
  const a = fn.let(f32x4.abs(x));
  const size = fn.let(powerOfTwo(fn, exponentOf(fn, a, y)));
  // bases 0 and ∞, and exponents ±∞: 0, 1 or ∞
  const isInfinite = fn.let(f32x4.eq(f32x4.abs(y), infinity));
  const isEdge = fn.let(v128.or(v128.or(f32x4.eq(a, 0), f32x4.eq(a, infinity)), isInfinite));
  const grows = f32x4.eq(v128.xor(f32x4.gt(a, 1), f32x4.lt(y, 0)), f32x4.const(0));
  const edge = v128.andnot(f32x4.const(infinity), grows);
  const isUndefined = v128.and(isInfinite, f32x4.eq(a, 1));
  const magnitude = where(isEdge, v128.or(edge, isUndefined), size);
  // negative bases: whole exponents only, odd ones keep the sign
  const isWhole = fn.let(f32x4.eq(f32x4.nearest(y), y));
  const halved = fn.let(f32x4.mul(y, 0.5));
  const isOdd = v128.andnot(isWhole, f32x4.eq(f32x4.nearest(halved), halved));
  const signed = v128.or(magnitude, v128.and(signOf(x), isOdd));
  const isNegative = v128.and(f32x4.lt(x, 0), f32x4.gt(a, 0));
  const hasNoValue = v128.andnot(v128.and(isNegative, f32x4.lt(a, infinity)), isWhole);
  const isInvalid = v128.or(v128.or(f32x4.ne(x, x), f32x4.ne(y, y)), hasNoValue);
  const isOne = v128.or(f32x4.eq(y, 0), f32x4.eq(x, 1));
  return fn.let(where(isOne, f32x4.const(1), v128.or(signed, isInvalid)));
};
