// The modified Bessel functions I₀ and I₁: power series for |x| < 5, all of whose terms are positive, and e^{−|x|}·√|x| times
// them in 1/|x| beyond.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { exp } from "./exp.js";
import { logNormal } from "./log.js";
import {
  horner,
  infinity,
  invalidWhere,
  onlyWhere,
  polynomial,
  signOf,
  type Unary,
  type Vector,
  where,
} from "./vector.js";

const border = 5;
/** I₀(x) and I₁(x)/x in x², to 2⁻³¹ and 2⁻²⁸. */
const series0 = [
  1, 0.25, 0.015625, 4.3402755e-4, 6.7818064e-6, 6.7792314e-8, 4.73362e-10, 2.2787753e-12, 1.25403135e-14,
];
const series1 = [0.5, 0.06250001, 2.604158e-3, 5.4256812e-5, 6.7758606e-7, 5.7040945e-9, 3.1096112e-11, 2.1118136e-13];
/** √x·e^{−x}·I₀(x) and √x·e^{−x}·I₁(x) in 1/x, to 2⁻²⁵. */
const far0 = [
  0.3989423, 0.049862597, 0.028548017, 0.010639986, 0.3765277, -2.8964307, 12.743605, -14.384092, -15.301611,
];
const far1 = [
  0.3989423, -0.14960822, -0.046309683, -0.057480257, 0.2739244, -4.0398684, 27.730824, -110.713234, 172.48428,
];
/** log I₀(x)/x² in x² for |x| ≤ 2.5, to 2⁻²⁷. */
const logNearZero = [
  0.25, -0.015624968, 1.7358963e-3, -2.2328657e-4, 3.0319443e-5, -4.033376e-6, 4.7168857e-7, -4.217628e-8, 2.4194855e-9,
  -6.457302e-11,
];

interface Parts {
  /** |x|, x² where that is small, and 1/|x| where it is large. */
  readonly a: Vector;
  readonly squared: Vector;
  readonly inverse: Vector;
  readonly isNear: Vector;
}

function partsOf(fn: FunctionBuilder, x: Vector): Parts {
  const a = fn.let(f32x4.abs(x));
  const near = fn.let(f32x4.pmin(a, border));
  const inverse = fn.let(f32x4.div(1, f32x4.pmax(a, border)));
  return { a, squared: fn.let(f32x4.mul(near, near)), inverse, isNear: fn.let(f32x4.lt(a, border)) };
}

/** I₀ near 0, √x·e^{−x}·I₀ beyond. */
const order0 = (fn: FunctionBuilder, { squared, inverse, isNear }: Parts): V128 =>
  where(isNear, horner(squared, series0), polynomial(fn, inverse, far0));
/** The same of I₁. */
const order1 = (fn: FunctionBuilder, { a, squared, inverse, isNear }: Parts): V128 =>
  where(isNear, f32x4.mul(horner(squared, series1), a), polynomial(fn, inverse, far1));

/** e^{−|x|} near 0, 1/√|x| beyond. */
const scale = (fn: FunctionBuilder, { a, inverse, isNear }: Parts): V128 =>
  where(isNear, exp(fn, f32x4.neg(f32x4.pmin(a, border)), { isInRange: true }), f32x4.sqrt(inverse));

const keepNaN = (fn: FunctionBuilder, x: Vector, result: V128): Vector => fn.let(invalidWhere(f32x4.ne(x, x), result));

/** e^{−|x|}·I₀(x) */
export const i0e: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const parts = partsOf(fn, x);
  return keepNaN(fn, x, f32x4.mul(order0(fn, parts), scale(fn, parts)));
};

/** e^{−|x|}·I₁(x) */
export const i1e: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const parts = partsOf(fn, x);
  return keepNaN(fn, x, v128.or(f32x4.mul(order1(fn, parts), scale(fn, parts)), signOf(x)));
};

/** I₁(x)/I₀(x) */
export const besselRatio: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const parts = partsOf(fn, x);
  return keepNaN(fn, x, v128.or(f32x4.div(order1(fn, parts), order0(fn, parts)), signOf(x)));
};

/** log I₀(x) less |x| where `excess` is set: by powers up to 2.5, the logarithm of I₀ up to 5, that of e^{−|x|}·I₀ beyond. */
function logarithm(fn: FunctionBuilder, x: Vector, excess: boolean): V128 {
  const parts = partsOf(fn, x);
  const { a, squared, inverse, isNear } = parts;
  const factor = where(isNear, f32x4.const(1), f32x4.sqrt(inverse));
  const above = logNormal(fn, f32x4.mul(order0(fn, parts), factor));
  const below = f32x4.mul(horner(squared, logNearZero), squared);
  const chosen = where(f32x4.lt(a, 2.5), below, above);
  return excess ? f32x4.sub(chosen, onlyWhere(isNear, a)) : f32x4.add(chosen, v128.andnot(a, isNear));
}

/** log I₀(x) */
export const logI0: Unary = (fn, argument) => {
  const x = fn.let(argument);
  return keepNaN(fn, x, logarithm(fn, x, false));
};

/** log(e^{−x}I₀(x)) for x ≥ 0. */
export const logBesselI0e: Unary = (fn, argument) => {
  const x = fn.let(argument);
  const result = where(f32x4.eq(x, infinity), f32x4.const(-infinity), logarithm(fn, x, true));
  return fn.let(invalidWhere(v128.not(f32x4.ge(x, 0)), result));
};
