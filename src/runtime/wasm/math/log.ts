// log x = e·ln 2 + log(1 + f), where x = 2ᵉ·(1 + f) and √½ ≤ 1 + f < √2.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { ln2 } from "./exp.js";
import { infinity, invalidWhere, onlyWhere, outlined, polynomial, type Vector, where } from "./vector.js";

export interface LogOptions {
  /** The caller knows that x is positive, finite and not denormal: no special values. @defaultValue false */
  readonly isPositiveNormal?: boolean;
}

/** The bits of √½. */
const sqrtHalf = 0x3f3504f3;
const one = 0x3f800000;
/** The smallest positive number that is not denormal. */
export const leastNormal = 2 ** -126;

/** (log(1 + f) − f + f²/2)/f³ for √½ ≤ 1 + f ≤ √2, to 2⁻²⁷ of the logarithm. */
const tail = [
  3.333333e-1, -2.500082e-1, 2.000124e-1, -1.6623408e-1, 1.4201626e-1, -1.315968e-1, 1.2761879e-1, -7.635791e-2,
];

/** e as integers, and 1 + f, of a positive normal x. */
export function splitExponent(fn: FunctionBuilder, x: Vector): { e: Vector; mantissa: V128 } {
  const e = fn.let(i32x4.shrS(i32x4.sub(x, sqrtHalf), 23));
  return { e, mantissa: i32x4.sub(x, i32x4.shl(e, 23)) };
}

/** e·ln 2 + log(1 + f) + constant */
function assembleLog(fn: FunctionBuilder, f: Vector, integer: V128, constant?: V128 | number): Vector {
  const e = fn.let(f32x4.convertI32x4S(integer));
  const squared = fn.let(f32x4.mul(f, f));
  const cubic = f32x4.ma(e, ln2.low, f32x4.mul(polynomial(fn, f, tail), f32x4.mul(squared, f)));
  const rest = fn.let(f32x4.add(f32x4.nma(squared, 0.5, cubic), f));
  if (constant === undefined) return fn.let(f32x4.ma(e, ln2.high, rest));
  return fn.let(f32x4.add(f32x4.ma(e, ln2.high, constant), rest));
}

/** log x + constant (0 if left out) for positive normal x; the constant loses nothing if it has few bits. */
export function logNormal(fn: FunctionBuilder, x: V128, constant?: V128 | number): Vector {
  const { e, mantissa } = splitExponent(fn, fn.let(x));
  return assembleLog(fn, fn.let(f32x4.sub(mantissa, 1)), e, constant);
}

/** log x for any x: denormals are scaled up. */
function logAny(fn: FunctionBuilder, x: V128): Vector {
  const argument = fn.let(x);
  const isTiny = fn.let(f32x4.lt(argument, leastNormal));
  const scaled = fn.let(where(isTiny, f32x4.mul(argument, 2 ** 23), argument));
  const { e, mantissa } = splitExponent(fn, scaled);
  const result = assembleLog(fn, fn.let(f32x4.sub(mantissa, 1)), i32x4.sub(e, onlyWhere(isTiny, i32x4.const(23))));
  const isZero = f32x4.eq(argument, 0);
  const atEnds = where(f32x4.eq(argument, infinity), argument, where(isZero, f32x4.const(-infinity), result));
  return fn.let(invalidWhere(v128.not(f32x4.ge(argument, 0)), atEnds));
}

/** The function of the module that knows all special values. */
export const logOfAll = (fn: FunctionBuilder) => outlined(fn, "log", logAny);

/** Lanes that are 0, denormal, negative, ∞ or NaN: by their bits, which wrap around so that one comparison suffices. */
export const isSpecial = (x: V128): V128 => i32x4.gtS(0x01000000, i32x4.add(x, 0x00800000));

/** log x, to 1 ulp: −∞ at ±0, NaN below. */
export function log(fn: FunctionBuilder, x: V128, { isPositiveNormal = false }: LogOptions = {}): Vector {
  const argument = fn.let(x);
  const result = logNormal(fn, argument);
  if (isPositiveNormal) return result;
  fn.if(v128.anyTrue(isSpecial(argument)), () => fn.set(result, fn.call(logOfAll(fn), argument)));
  return result;
}

/** log(u + c) for positive normal u and |c| below an ulp of u. */
export function logOfSum(fn: FunctionBuilder, u: Vector, c: V128): Vector {
  const { e, mantissa } = splitExponent(fn, u);
  // 2^−e is not a normal number for the largest u, where c no longer matters
  const scale = i32x4.sub(one, i32x4.shl(i32x4.minS(e, 126), 23));
  return assembleLog(fn, fn.let(f32x4.ma(c, scale, f32x4.sub(mantissa, 1))), e);
}
