import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { logNormal } from "./log.js";
import { polynomial, type Unary, type Vector, where } from "./vector.js";

// As M. Giles, "Approximating the erfinv function" (2011), by functions of w = −log(1 − y²).
/** erf⁻¹ y/y in w for w ≤ 6.2, to 2⁻²⁵. */
const centre = [
  8.8622695e-1, 2.320126e-1, 1.1556298e-2, -2.3527143e-3, -1.0510089e-4, 2.8996126e-5, 1.0575591e-5, -3.7078655e-6,
  4.9688157e-7, -3.3241715e-8, 9.261079e-10,
];
/** The same in √w − 3 for 6 ≤ w ≤ 16.7, to 2⁻²⁵·⁶. */
const tails = [
  2.8329768, 1.0016757, 9.443582e-3, -7.653454e-3, 5.7145115e-3, -3.5152014e-3, 1.3343918e-3, -1.4359738e-4,
  -4.8923008e-5,
];

/** factor·erf⁻¹ y/y in w = −log(1 − y²), 0 ≤ w ≤ 16.7. */
export function erfinvRatio(fn: FunctionBuilder, w: Vector, factor = 1): V128 {
  const times = (coefficients: readonly number[]) => coefficients.map((each) => Math.fround(each * factor));
  const root = fn.let(f32x4.sub(f32x4.sqrt(w), 3));
  return where(f32x4.lt(w, 6.1), polynomial(fn, w, times(centre)), polynomial(fn, root, times(tails)));
}

/** erf⁻¹ y, to 3 ulp of the exact y: ±∞ at ±1, NaN beyond. */
export const erfinv: Unary = (fn, y) => {
  const argument = fn.let(y);
  const a = fn.let(f32x4.abs(argument));
  const w = fn.let(f32x4.neg(logNormal(fn, f32x4.mul(f32x4.sub(1, a), f32x4.add(1, a)))));
  const result = fn.let(f32x4.mul(erfinvRatio(fn, w), argument));
  const isInside = fn.let(f32x4.lt(a, 1));
  fn.if(i32.eqz(v128.allTrue(isInside)), () =>
    fn.set(result, where(isInside, result, f32x4.div(argument, f32x4.sqrt(f32x4.sub(1, a))))),
  );
  return result;
};
