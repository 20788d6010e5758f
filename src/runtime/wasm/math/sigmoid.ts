import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { exp } from "./exp.js";
import { horner, negativeAbs, type Unary, type Vector, where } from "./vector.js";

export interface SigmoidOptions {
  /** The caller knows that |x| ≤ 87 (or NaN). @defaultValue false */
  readonly isInRange?: boolean;
}

/** (log(1 + e) − e)/e² for 0 ≤ e ≤ 1, to 2⁻³⁰ of the logarithm. */
const tail = [
  -4.9999988e-1, 3.3332714e-1, -2.4988864e-1, 1.9899622e-1, -1.6135158e-1, 1.2479481e-1, -8.323805e-2, 4.2113908e-2,
  -1.3691187e-2, 2.08444e-3,
];

/** σ(x) = 1/(1 + e⁻ˣ), as eˣ/(1 + eˣ) for negative x: nothing overflows, and small values keep their digits. */
export function sigmoid(fn: FunctionBuilder, x: V128, { isInRange = false }: SigmoidOptions = {}): Vector {
  const argument = fn.let(x);
  const e = exp(fn, negativeAbs(argument), { isBounded: true, isInRange });
  const sum = fn.let(f32x4.add(e, 1));
  const quotient = fn.let(f32x4.div(where(f32x4.lt(argument, 0), e, f32x4.const(1)), sum));
  // what is lost in 1 + e
  const lost = f32x4.sub(e, f32x4.sub(sum, 1));
  return fn.let(f32x4.nma(quotient, lost, quotient));
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|) */
export function softplus(fn: FunctionBuilder, x: V128, { isInRange = false }: SigmoidOptions = {}): Vector {
  const argument = fn.let(x);
  const e = exp(fn, negativeAbs(argument), { isBounded: true, isInRange });
  // the small terms first
  const rest = f32x4.ma(horner(e, tail), f32x4.mul(e, e), f32x4.pmax(argument, 0));
  return fn.let(f32x4.add(rest, e));
}

/** log σ(x) = −softplus(−x) */
export const logSigmoid: Unary = (fn, x) => fn.let(f32x4.neg(softplus(fn, f32x4.neg(x))));
