import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { fractionOf, piCotPi } from "./gammaReflection.js";
import { logNormal } from "./log.js";
import { infinity, invalidWhere, onlyWhere, outlined, polynomial, type Unary, type Vector, where } from "./vector.js";

/** The positive zero of ψ in two parts. */
const zero = { high: 1.4616321325302124, low: 1.24381499389e-8 } as const;
/** ψ(x)/(x − zero) in x − 1.625 for 1 ≤ x ≤ 2.25, to 2⁻²⁵. */
const nearZero = [
  9.015925e-1, -3.6977497e-1, 1.9272335e-1, -1.0919779e-1, 6.4189e-2, -3.853242e-2, 2.3983767e-2, -1.4505484e-2,
  6.5786117e-3, -4.3828133e-3, 6.5149893e-3, -3.6633862e-3,
];
/** x²·(log x − 1/(2x) − ψ(x)) in 1/x² for x ≥ 3, to 2⁻³³ of ψ(x). */
const asymptotic = [8.3333276e-2, -8.328737e-3, 3.8448907e-3, -2.7319072e-3];

/** ψ(x) for x > 0 (−∞ at 0): on [1, 2.25] by its zero, around by the recurrence, from 3 on by the asymptotic series. */
function digammaMain(fn: FunctionBuilder, x: Vector): Vector {
  const isLarge = fn.let(f32x4.ge(x, 3));
  const isSmall = fn.let(f32x4.lt(x, 1));
  const isAbove = fn.let(f32x4.gt(x, 2.25));
  const shift = f32x4.sub(onlyWhere(isSmall, f32x4.const(1)), onlyWhere(isAbove, f32x4.const(1)));
  const y = fn.let(f32x4.add(x, shift));
  const factor = f32x4.sub(f32x4.sub(y, zero.high), zero.low);
  const core = f32x4.mul(polynomial(fn, fn.let(f32x4.sub(y, 1.625)), nearZero), factor);
  const inverse = fn.let(f32x4.div(1, where(v128.andnot(isAbove, isLarge), y, x)));
  // ψ(x) = ψ(x + 1) − 1/x = ψ(x − 1) + 1/(x − 1)
  const step = f32x4.sub(onlyWhere(isAbove, inverse), onlyWhere(isSmall, inverse));
  const squared = fn.let(f32x4.mul(inverse, inverse));
  const series = f32x4.ma(polynomial(fn, squared, asymptotic), squared, f32x4.mul(inverse, 0.5));
  const large = f32x4.sub(logNormal(fn, f32x4.pmax(x, 3)), series);
  return fn.let(where(isLarge, where(f32x4.eq(x, infinity), x, large), f32x4.add(core, step)));
}

/** Everywhere: ψ(x) = ψ(1 − x) − π·cot πx for x ≤ 0; NaN at the poles. */
function digammaAny(fn: FunctionBuilder, x: Vector): Vector {
  const isReflected = fn.let(f32x4.le(x, 0));
  const main = digammaMain(fn, fn.let(where(isReflected, f32x4.sub(1, x), x)));
  const f = fractionOf(fn, x);
  const reflected = invalidWhere(f32x4.eq(f, 0), f32x4.sub(main, piCotPi(fn, f)));
  return fn.let(where(isReflected, reflected, main));
}

/** ψ(x): to 4 ulp for x > 0; below, absolutely to about 4 ulp of the larger of |ψ(1 − x)| and |π·cot πx|. */
export const digamma: Unary = (fn, x) => {
  const argument = fn.let(x);
  const result = digammaMain(fn, argument);
  fn.if(v128.anyTrue(f32x4.le(argument, 0)), () =>
    fn.set(
      result,
      fn.call(
        outlined(fn, "digamma", (helper, y) => digammaAny(helper, helper.let(y))),
        argument,
      ),
    ),
  );
  return result;
};
