import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { exp } from "./exp.js";
import { polynomial, signOf, type Unary, type Vector, where } from "./vector.js";

/** (tanh a − a)/a³ in a² for a ≤ 0.625, to 2⁻²⁷ of tanh a. */
const tanhTail = [-3.333328e-1, 1.333141e-1, -5.3737268e-2, 2.0631723e-2, -5.697346e-3];
/** (sinh a − a)/a³ in a² for a ≤ 1, to 2⁻³¹ of sinh a. */
const sinhTail = [1.6666667e-1, 8.3333105e-3, 1.9842896e-4, 2.7822132e-6];

/** a + a³·p(a²) */
function odd(fn: FunctionBuilder, a: Vector, coefficients: readonly number[]): Vector {
  const squared = fn.let(f32x4.mul(a, a));
  return fn.let(f32x4.ma(f32x4.mul(squared, a), polynomial(fn, squared, coefficients), a));
}

/** tanh x = 1 − 2/(e²ˣ + 1), by a polynomial for |x| < 0.625. */
export const tanh: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.pmin(f32x4.abs(argument), 10));
  const e = exp(fn, f32x4.add(a, a), { isInRange: true });
  const large = f32x4.sub(1, f32x4.div(2, f32x4.add(e, 1)));
  const size = where(f32x4.lt(a, 0.625), odd(fn, a, tanhTail), large);
  return fn.let(v128.or(size, signOf(argument)));
};

/** eᵃ/2, which overflows only where sinh and cosh do. */
const halfExp = (fn: FunctionBuilder, a: Vector): Vector => exp(fn, a, { exponent: -1 });

/** sinh x = eˣ/2 − e⁻ˣ/2, by a polynomial for |x| < 1. */
export const sinh: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const half = halfExp(fn, a);
  const large = f32x4.sub(half, f32x4.div(0.25, half));
  const size = where(f32x4.lt(a, 1), odd(fn, a, sinhTail), large);
  return fn.let(v128.or(size, signOf(argument)));
};

/** cosh x = eˣ/2 + e⁻ˣ/2 */
export const cosh: Unary = (fn, x) => {
  const half = halfExp(fn, fn.let(f32x4.abs(x)));
  return fn.let(f32x4.add(half, f32x4.div(0.25, half)));
};
