import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { erfinvRatio } from "./erfinv.js";
import { log, logNormal } from "./log.js";
import { infinity, invalidWhere, polynomial, signOf, type Unary, type Vector, where } from "./vector.js";

/** Below this probability the functions of erf⁻¹ end. */
const rare = 1.6e-8;
/** −Φ⁻¹(m) in √(−log m) − 7.125 for 10⁻⁴⁵ ≤ m ≤ 7·10⁻⁸, to 2⁻²⁶. */
const far = [
  9.752833, 1.4462135, -3.5938886e-3, 4.2416676e-4, -5.154317e-5, 6.4305837e-6, -7.591633e-7, 8.474848e-8,
  -1.8178568e-8, 2.909221e-9,
];

/** −Φ⁻¹(m) for 0 ≤ m ≤ 1.6e−8, NaN for what is no probability. */
function farQuantile(fn: FunctionBuilder, m: Vector): Vector {
  const root = fn.let(f32x4.sqrt(f32x4.neg(log(fn, m))));
  const size = polynomial(fn, fn.let(f32x4.sub(root, 7.125)), far);
  return fn.let(invalidWhere(v128.not(f32x4.ge(m, 0)), where(f32x4.eq(root, infinity), root, size)));
}

/** Φ⁻¹(p) = √2·erf⁻¹(2p − 1), to 4 ulp: ∓∞ at 0 and 1, NaN beyond. */
export const ndtri: Unary = (fn, p) => {
  const argument = fn.let(p);
  // 1 − p is exact from ½ on
  const m = fn.let(f32x4.pmin(f32x4.sub(1, argument), argument));
  const w = fn.let(f32x4.neg(logNormal(fn, f32x4.mul(f32x4.mul(m, 4), f32x4.sub(1, m)))));
  const size = fn.let(f32x4.mul(erfinvRatio(fn, w, Math.SQRT2), f32x4.sub(1, f32x4.add(m, m))));
  const isUsual = fn.let(f32x4.gt(m, rare));
  fn.if(i32.eqz(v128.allTrue(isUsual)), () => fn.set(size, where(isUsual, size, farQuantile(fn, m))));
  const isBelow = f32x4.lt(argument, 0.5);
  return fn.let(v128.or(size, v128.and(signOf(f32x4.const(-0)), isBelow)));
};
