import { f32x4 } from "../assembler/f32x4.js";
import { v128 } from "../assembler/v128.js";
import { log1p } from "./log1p.js";
import { invalidWhere, onlyWhere, signOf, type Unary, where } from "./vector.js";

/** From here on asinh a = acosh a = log 2a to single precision. */
const large = 2 ** 30;

/** asinh a = log(1 + a + a²/(1 + √(a² + 1))), with the sign of x. */
export const asinh: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const squared = fn.let(f32x4.mul(a, a));
  const excess = f32x4.add(a, f32x4.div(squared, f32x4.add(f32x4.sqrt(f32x4.add(squared, 1)), 1)));
  const isLarge = fn.let(f32x4.ge(a, large));
  const size = f32x4.add(log1p(fn, where(isLarge, a, excess)), onlyWhere(isLarge, f32x4.const(Math.LN2)));
  return fn.let(v128.or(size, signOf(argument)));
};

/** acosh x = log(1 + t + √t·√(t + 2)) with t = x − 1; NaN for x < 1. */
export const acosh: Unary = (fn, x) => {
  const argument = fn.let(x);
  const t = fn.let(f32x4.sub(argument, 1));
  const excess = f32x4.add(t, f32x4.mul(f32x4.sqrt(t), f32x4.sqrt(f32x4.add(t, 2))));
  const isLarge = fn.let(f32x4.ge(argument, large));
  const size = f32x4.add(log1p(fn, where(isLarge, argument, excess)), onlyWhere(isLarge, f32x4.const(Math.LN2)));
  return fn.let(invalidWhere(f32x4.lt(argument, 1), size));
};

/** atanh a = ½·log(1 + 2a/(1 − a)), with the sign of x; NaN for |x| > 1. */
export const atanh: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.abs(argument));
  const size = f32x4.mul(log1p(fn, f32x4.div(f32x4.add(a, a), f32x4.sub(1, a))), 0.5);
  return fn.let(v128.or(size, signOf(argument)));
};
