import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { exp } from "./exp.js";
import { polynomial, signOf, type Unary, type Vector, where } from "./vector.js";

/** Where the second form takes over. */
const middle = 0.9277344;
/** erf a/a − 1 in a² for a ≤ 0.93, to 2⁻³⁰. */
const centre: readonly number[] = [
  1.2837917e-1, -3.761263e-1, 1.1283626e-1, -2.685573e-2, 5.1923934e-3, -8.0495456e-4, 7.9952944e-5,
];
/** log(erfc a)/a + 1 for 0.92 ≤ a ≤ 3.95, to 2⁻²⁸ of erf a. */
const tail = [-1.2851436e-1, -6.357183e-1, -1.05261914e-1, 2.2890039e-2, -3.214991e-3, 2.1399117e-4];

/** erf x for |x| ≤ 0.93 */
export const erfNearZero = (fn: FunctionBuilder, x: Vector): V128 =>
  f32x4.ma(polynomial(fn, fn.let(f32x4.mul(x, x)), centre), x, x);

/** erf x, to 2 ulp: a polynomial near 0, then 1 − e^{log erfc a}. */
export const erf: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.pmin(f32x4.abs(argument), 3.95));
  const small = erfNearZero(fn, a);
  const logTail = f32x4.sub(f32x4.mul(polynomial(fn, a, tail), a), a);
  const large = f32x4.sub(1, exp(fn, logTail, { isInRange: true }));
  return fn.let(v128.or(where(f32x4.lt(a, middle), small, large), signOf(argument)));
};
