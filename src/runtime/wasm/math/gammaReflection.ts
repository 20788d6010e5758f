// sin πx and π·cot πx, for functions of the gamma family at negative arguments.

import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { polynomial, type Vector } from "./vector.js";

/** sin(πf)/f in f², and cos(πf)/(¼ − f²) in f², for |f| ≤ ½, to 2⁻²⁵ and 2⁻²⁹. */
const sine = [3.1415927, -5.167729, 2.5506525, -6.0452324e-1, 1.05454095e-1, -4.3629054e-2];
const cosine = [4, -3.7392082, 1.2779918, -2.2874707e-1, 2.4166012e-2];

/** The distance to the nearest integer, with its sign: exact. */
export const fractionOf = (fn: FunctionBuilder, x: Vector): Vector => fn.let(f32x4.sub(x, f32x4.nearest(x)));

/** sin πf for |f| ≤ ½ */
export const sinPi = (fn: FunctionBuilder, f: Vector): V128 =>
  f32x4.mul(polynomial(fn, fn.let(f32x4.mul(f, f)), sine), f);

/** π·cot πf for |f| ≤ ½ */
export function piCotPi(fn: FunctionBuilder, f: Vector): V128 {
  const squared = fn.let(f32x4.mul(f, f));
  const factor = f32x4.mul(f32x4.sub(0.5, f), f32x4.add(0.5, f));
  return f32x4.div(f32x4.mul(f32x4.mul(polynomial(fn, squared, cosine), factor), Math.PI), sinPi(fn, f));
}
