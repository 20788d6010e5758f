import { cosineTail, sineTail } from "../../../util/special/singlePrecision.js";
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { reduceAngle } from "./angle.js";
import { polynomial, signOf, type Unary, type Vector, where } from "./vector.js";

function sineAndCosine(fn: FunctionBuilder, r: Vector): { sine: Vector; cosine: Vector } {
  const squared = fn.let(f32x4.mul(r, r));
  const sine = f32x4.ma(f32x4.mul(squared, r), polynomial(fn, squared, sineTail), r);
  const quartic = f32x4.mul(f32x4.mul(squared, squared), polynomial(fn, squared, cosineTail));
  return { sine: fn.let(sine), cosine: fn.let(f32x4.add(f32x4.nma(squared, 0.5, quartic), 1)) };
}

/** All ones where q is odd. */
const oddMask = (q: V128): V128 => i32x4.shrS(i32x4.shl(q, 31), 31);
/** The sign bit where q is 2 or 3 modulo 4. */
const halfTurnSign = (q: V128): V128 => signOf(i32x4.shl(q, 30));

/** sin x, to 1 ulp for all finite x. */
export const sin: Unary = (fn, x) => {
  const argument = fn.let(x);
  const { q, r } = reduceAngle(fn, fn.let(f32x4.abs(argument)));
  const { sine, cosine } = sineAndCosine(fn, r);
  const sign = v128.xor(halfTurnSign(q), signOf(argument));
  return fn.let(v128.xor(where(oddMask(q), cosine, sine), sign));
};

/** cos x, to 1 ulp for all finite x. */
export const cos: Unary = (fn, x) => {
  const { q, r } = reduceAngle(fn, fn.let(f32x4.abs(x)));
  const { sine, cosine } = sineAndCosine(fn, r);
  return fn.let(v128.xor(where(oddMask(q), sine, cosine), halfTurnSign(i32x4.add(q, 1))));
};

/** tan x = sin r/cos r, or −cos r/sin r in odd quadrants. */
export const tan: Unary = (fn, x) => {
  const argument = fn.let(x);
  const { q, r } = reduceAngle(fn, fn.let(f32x4.abs(argument)));
  const { sine, cosine } = sineAndCosine(fn, r);
  const isOdd = fn.let(oddMask(q));
  const ratio = f32x4.div(where(isOdd, cosine, sine), where(isOdd, sine, cosine));
  return fn.let(v128.xor(ratio, v128.xor(signOf(isOdd), signOf(argument))));
};
