// sin πx and π·cot πx, for functions of the gamma family at negative arguments.

import { cosinePi, sinePi } from "../../../util/special/singlePrecision.js";
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { polynomial, type Vector } from "./vector.js";

/** The distance to the nearest integer, with its sign: exact. */
export const fractionOf = (fn: FunctionBuilder, x: Vector): Vector => fn.let(f32x4.sub(x, f32x4.nearest(x)));

/** sin πf for |f| ≤ ½ */
export const sinPi = (fn: FunctionBuilder, f: Vector): V128 =>
  f32x4.mul(polynomial(fn, fn.let(f32x4.mul(f, f)), sinePi), f);

/** π·cot πf for |f| ≤ ½ */
export function piCotPi(fn: FunctionBuilder, f: Vector): V128 {
  const squared = fn.let(f32x4.mul(f, f));
  const factor = f32x4.mul(f32x4.sub(0.5, f), f32x4.add(0.5, f));
  return f32x4.div(f32x4.mul(f32x4.mul(polynomial(fn, squared, cosinePi), factor), Math.PI), sinPi(fn, f));
}
