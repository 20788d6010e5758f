// What is left of gamma functions and logarithms where Stirling's formula is taken away.
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { digamma } from "./digamma.js";
import { lgamma } from "./lgamma.js";
import { log } from "./log.js";
import { type Binary, polynomial, type Unary, type Vector, where } from "./vector.js";

const halfLogTwoPi = 0.9189385332046727;

/** From here on the asymptotic series are exact. */
const start = 8;

const series = (fn: FunctionBuilder, inverse: Vector, coefficients: readonly number[]) =>
  polynomial(fn, fn.let(f32x4.mul(inverse, inverse)), coefficients);

/** log Γ(x + 1) − (x + ½) log x + x − ½ log 2π: the series from 8 on, the definition below, where nothing is large. */
export const stirlingError: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const inverse = fn.let(f32x4.div(1, x));
  const result = fn.let(f32x4.mul(series(fn, inverse, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680]), inverse));
  const isSmall = fn.let(f32x4.lt(x, start));
  fn.if(v128.anyTrue(isSmall), () => {
    const logarithm = log(fn, x);
    const stirling = f32x4.sub(f32x4.sub(f32x4.mul(f32x4.add(x, 0.5), logarithm), x), -halfLogTwoPi);
    const direct = f32x4.sub(lgamma(fn, f32x4.add(x, 1)), stirling);
    fn.set(result, where(isSmall, direct, result));
  });
  return result;
};

/** log x − ψ(x): the series from 8 on, the definition below. */
export const digammaRemainder: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const inverse = fn.let(f32x4.div(1, x));
  const tail = series(fn, inverse, [1 / 12, -1 / 120, 1 / 252, -1 / 240]);
  const result = fn.let(f32x4.mul(f32x4.ma(tail, inverse, f32x4.const(0.5)), inverse));
  const isSmall = fn.let(f32x4.lt(x, start));
  fn.if(v128.anyTrue(isSmall), () => fn.set(result, where(isSmall, f32x4.sub(log(fn, x), digamma(fn, x)), result)));
  return result;
};

/** 2·(artanh(v)/v − 1)/v² − ⅔ and so on: Σ 2v²ʲ/(2j + 3). */
const artanhSeries = [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13];

/** x·log(x/m) + m − x: a series in v = (x − m)/(x + m) near x = m. */
export const deviance: Binary = (fn, first, second) => {
  const x = fn.let(first);
  const m = fn.let(second);
  const difference = fn.let(f32x4.sub(x, m));
  const v = fn.let(f32x4.div(difference, f32x4.add(x, m)));
  const squared = fn.let(f32x4.mul(v, v));
  // (x − m)·v + 2x·v·(v²/3 + v⁴/5 + …)
  const rest = f32x4.mul(f32x4.mul(f32x4.mul(x, v), squared), polynomial(fn, squared, artanhSeries));
  const near = f32x4.ma(difference, v, rest);
  const result = fn.let(where(f32x4.eq(difference, 0), f32x4.const(0), near));
  const isFar = fn.let(v128.not(f32x4.le(f32x4.abs(difference), f32x4.mul(f32x4.add(x, m), 0.25))));
  fn.if(v128.anyTrue(isFar), () => {
    const far = f32x4.sub(f32x4.mul(x, log(fn, f32x4.div(x, m))), difference);
    fn.set(result, where(isFar, where(f32x4.eq(x, 0), m, far), result));
  });
  return result;
};
