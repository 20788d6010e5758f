import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { isSpecial, logOfSum } from "./log.js";
import { infinity, signOf, type Vector, where } from "./vector.js";

export interface Log1pOptions {
  /** The caller knows that −1 < x < ∞. @defaultValue false */
  readonly isRegular?: boolean;
}

/** log(1 + x), to 1 ulp also near 0: what is lost in u = 1 + x is added to u's mantissa. */
export function log1p(fn: FunctionBuilder, x: V128, { isRegular = false }: Log1pOptions = {}): Vector {
  const argument = fn.let(x);
  const u = fn.let(f32x4.add(argument, 1));
  const logarithm = logOfSum(fn, u, f32x4.sub(argument, f32x4.sub(u, 1)));
  // −0 stays −0
  const result = fn.let(v128.or(logarithm, signOf(argument)));
  if (isRegular) return result;
  fn.if(v128.anyTrue(isSpecial(u)), () => {
    const regular = fn.let(v128.and(f32x4.gt(argument, -1), f32x4.lt(argument, infinity)));
    const nanBelow = f32x4.sub(f32x4.sqrt(u), infinity); // −∞ at −1
    const special = where(f32x4.gt(argument, 0), argument, nanBelow);
    fn.set(result, where(regular, result, v128.or(special, f32x4.ne(argument, argument))));
  });
  return result;
}
