// eˣ = 2ⁿ·eʳ with n = round(x/ln 2) and |r| ≤ ½ ln 2.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { polynomial, type Vector } from "./vector.js";

export interface ExpOptions {
  /** The caller knows that −87 ≤ x ≤ 88 (or NaN): one scaling step. @defaultValue false */
  readonly isInRange?: boolean;
  /** The caller knows that x ≤ 88: no overflow. @defaultValue false */
  readonly isBounded?: boolean;
  /** Gives eˣ·2^exponent, also where eˣ alone would overflow. @defaultValue 0 */
  readonly exponent?: number;
}

const log2e = 1.4426950408889634;
/** ln 2 in two parts: n times the first is exact. */
export const ln2 = { high: 0.693359375, low: -2.12194440054690583e-4 } as const;
/** Adding it rounds to the nearest integer, which then stands in the low bits. */
export const magic = 1.5 * 2 ** 23;

/** (eʳ − 1 − r)/r² for |r| ≤ ½ ln 2, to 2⁻²⁸ of eʳ. */
const tail = [4.9999994e-1, 1.6666517e-1, 4.166828e-2, 8.369248e-3, 1.3820742e-3];

/** n as the low bits of a vector (with an offset added), and r. */
export function reduceExp(fn: FunctionBuilder, x: Vector, offset: number, low?: V128): { bits: Vector; r: Vector } {
  const bits = fn.let(f32x4.ma(low ? f32x4.add(x, low) : x, log2e, magic + offset));
  const n = fn.let(f32x4.sub(bits, magic + offset));
  const reduced = f32x4.nma(n, ln2.low, f32x4.nma(n, ln2.high, x));
  return { bits, r: fn.let(low ? f32x4.add(reduced, low) : reduced) };
}

/** eʳ − 1 for |r| ≤ ½ ln 2 */
export const expm1OfReduced = (fn: FunctionBuilder, r: Vector): V128 =>
  f32x4.ma(polynomial(fn, r, tail), f32x4.mul(r, r), r);

/** eʳ·2ⁿ where n is the exponent of a normal number; `bits` holds n + 127. A product, not a sum of bits, keeps NaN. */
const scaleOnce = (fn: FunctionBuilder, { bits, r }: { bits: Vector; r: Vector }): Vector =>
  fn.let(f32x4.mul(f32x4.add(expm1OfReduced(fn, r), 1), i32x4.shl(bits, 23)));

/** eʳ·2ⁿ in two steps, each by half of the exponent; `bits` holds n + 254. */
function scaleTwice(fn: FunctionBuilder, { bits, r }: { bits: Vector; r: Vector }): Vector {
  const half = fn.let(i32x4.shrU(bits, 1));
  const rest = i32x4.sub(bits, half);
  const power = f32x4.add(expm1OfReduced(fn, r), 1);
  return fn.let(f32x4.mul(f32x4.mul(power, i32x4.shl(half, 23)), i32x4.shl(rest, 23)));
}

/** eˣ, to 1 ulp; denormal results are rounded twice. */
export function exp(fn: FunctionBuilder, x: V128, options: ExpOptions = {}): Vector {
  const { isInRange = false, isBounded = isInRange, exponent = 0 } = options;
  if (isInRange) return scaleOnce(fn, reduceExp(fn, fn.let(x), 127 + exponent));
  const bounded = isBounded ? x : f32x4.pmin(x, 89 - 0.75 * exponent);
  return scaleTwice(fn, reduceExp(fn, fn.let(f32x4.pmax(bounded, -104)), 254 + exponent));
}

/** e^(high + low) for high + low ≤ 88 where `low` is below 0.1 and only high·1 is to be exact. */
export const expOfSum = (fn: FunctionBuilder, high: V128, low: V128): Vector =>
  scaleTwice(fn, reduceExp(fn, fn.let(high), 254, fn.let(low)));
