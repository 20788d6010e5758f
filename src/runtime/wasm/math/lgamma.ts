import { lgammaNearTwo, stirlingTail } from "../../../util/special/singlePrecision.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { fractionOf, sinPi } from "./gammaReflection.js";
import { leastNormal, log, logNormal, logOfAll } from "./log.js";
import { infinity, onlyWhere, outlined, polynomial, type Unary, type Vector, where } from "./vector.js";

const halfLogTwoPi = 0.9189385332046728;

/** log |Γ(x)| for x ≥ −½: by log Γ(2 + z) and the recurrence below 3, by Stirling's formula above. */
function lgammaMain(fn: FunctionBuilder, x: Vector): Vector {
  const isLarge = fn.let(f32x4.ge(x, 3));
  const isNearZero = fn.let(f32x4.lt(x, 0.5));
  const isBelowOne = fn.let(f32x4.lt(x, 1));
  // z = x, x − 1 or x − 2; log Γ(x) = log Γ(2 + z) − log |x(x + 1)|, − log x or − 0
  const z = fn.let(f32x4.sub(x, where(isNearZero, f32x4.const(0), where(isBelowOne, f32x4.const(1), f32x4.const(2)))));
  const small = fn.let(f32x4.mul(polynomial(fn, z, lgammaNearTwo), f32x4.mul(z, f32x4.add(z, 1))));
  const product = where(isNearZero, f32x4.abs(f32x4.ma(x, x, x)), where(isBelowOne, x, f32x4.const(1)));
  // one logarithm for all: of the product, or log x − 1
  const argument = fn.let(where(isLarge, x, product));
  const logarithm = logNormal(fn, argument, onlyWhere(isLarge, f32x4.const(-1)));
  const isTiny = fn.let(f32x4.lt(argument, leastNormal));
  fn.if(v128.anyTrue(isTiny), () => fn.set(logarithm, where(isTiny, fn.call(logOfAll(fn), argument), logarithm)));
  // this way round it is 0, not −0, at 1
  const below = f32x4.add(f32x4.sub(0, logarithm), small);
  const inverse = fn.let(f32x4.div(1, x));
  const series = f32x4.mul(polynomial(fn, fn.let(f32x4.mul(inverse, inverse)), stirlingTail), inverse);
  // (x − ½)(log x − 1) − ½ + ½ log 2π + …: nothing cancels
  const above = f32x4.ma(f32x4.sub(x, 0.5), logarithm, f32x4.add(series, halfLogTwoPi - 0.5));
  return fn.let(where(isLarge, where(f32x4.eq(x, infinity), x, above), below));
}

/** Everywhere: Γ(x)·Γ(−x) = −π/(x·sin πx) for x < −½. */
function lgammaAny(fn: FunctionBuilder, x: Vector): Vector {
  const isReflected = fn.let(f32x4.lt(x, -0.5));
  const a = fn.let(f32x4.abs(x));
  const main = lgammaMain(fn, fn.let(where(isReflected, a, x)));
  const sine = f32x4.abs(sinPi(fn, fractionOf(fn, a)));
  const reflected = f32x4.sub(f32x4.neg(log(fn, f32x4.mul(f32x4.mul(a, 1 / Math.PI), sine))), main);
  // from 2²³ on every number is an integer, and so a pole
  const atPoles = where(f32x4.ge(a, 2 ** 23), f32x4.const(infinity), reflected);
  return fn.let(where(isReflected, atPoles, main));
}

/** log |Γ(x)|: to 4 ulp for x > −½; below, to about 2e−7·(|x| + 1) absolutely (its zeros there are irrational). */
export const lgamma: Unary = (fn, x) => {
  const argument = fn.let(x);
  const result = lgammaMain(fn, argument);
  fn.if(v128.anyTrue(f32x4.lt(argument, -0.5)), () =>
    fn.set(
      result,
      fn.call(
        outlined(fn, "lgamma", (helper, y) => lgammaAny(helper, helper.let(y))),
        argument,
      ),
    ),
  );
  return result;
};
