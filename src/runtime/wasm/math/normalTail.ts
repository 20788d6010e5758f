// erfc and what is made of the normal distribution's tail: e^{−a²}·erfcx a, where a² keeps all its digits.
import { excessSeries } from "../../../util/special/millsCumulant.js";
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { erfNearZero } from "./erf.js";
import { expOfSum } from "./exp.js";
import { logOfSum } from "./log.js";
import { horner, invalidWhere, negativeAbs, onlyWhere, type Unary, type Vector, where } from "./vector.js";

/** (1 + 2a)·erfcx a − 1 in q = (a − 2)/(a + 2) (Shepherd and Laframboise 1981), for all a ≥ 0, to 2⁻²⁵·⁸. */
const scaled = [
  2.769784e-1, -9.276383e-2, -1.6603136e-1, 1.6405104e-1, -5.421103e-2, -8.026697e-3, 8.688171e-3, 1.2325856e-3,
  -1.3955906e-3, -3.7111208e-4, 1.6100348e-4, 6.7603985e-5,
];

/** erfcx a = e^{a²}·erfc a for a ≥ 0 as a quotient, which neither over- nor underflows. */
function erfcx(fn: FunctionBuilder, a: Vector): { top: Vector; bottom: Vector } {
  const q = fn.let(f32x4.sub(1, f32x4.div(4, f32x4.add(a, 2))));
  const top = fn.let(f32x4.add(f32x4.mul(horner(q, scaled), 0.5), 0.5));
  return { top, bottom: fn.let(f32x4.add(a, 0.5)) };
}

/** e^{−c·a²} with c = 1 or ½: a = h + (a − h), where h² is exact. */
function gaussian(fn: FunctionBuilder, a: Vector, c: number): Vector {
  const h = fn.let(v128.and(a, i32x4.const(-4096)));
  const rest = f32x4.mul(f32x4.sub(a, h), f32x4.add(a, h));
  const scale = (x: V128): V128 => f32x4.mul(x, -c);
  return expOfSum(fn, scale(f32x4.mul(h, h)), scale(rest));
}

/** erfc x */
export const erfc: Unary = (fn, x) => {
  const argument = fn.let(x);
  const a = fn.let(f32x4.pmin(f32x4.abs(argument), 10.25));
  const { top, bottom } = erfcx(fn, a);
  const upper = fn.let(f32x4.div(f32x4.mul(gaussian(fn, a, 1), top), bottom));
  const far = where(f32x4.lt(argument, 0), f32x4.sub(2, upper), upper);
  const near = f32x4.sub(1, erfNearZero(fn, argument));
  return fn.let(where(f32x4.lt(a, 0.5), near, far));
};

interface NormalParts {
  /** e^{−x²/2} */
  readonly density: Vector;
  /** Φ(x) where x is positive or near 0, and what its rounding lost. */
  readonly probability: Vector;
  readonly lost: V128;
  /** Φ(−|x|), away from 0. */
  readonly beyond: Vector;
  /** erfcx(|x|/√2) = top/bottom */
  readonly top: Vector;
  readonly bottom: Vector;
  /** Where Φ(x) is to be used, not erfcx. */
  readonly isCentral: Vector;
}

/** Φ(x) = ½ + ½·erf(x/√2) near 0, 1 − ½·e^{−x²/2}·erfcx(x/√2) above. */
function normalParts(fn: FunctionBuilder, x: Vector): NormalParts {
  const z = fn.let(f32x4.mul(x, Math.SQRT1_2));
  const size = fn.let(f32x4.abs(z));
  const { top, bottom } = erfcx(fn, size);
  const density = gaussian(fn, fn.let(f32x4.pmin(f32x4.abs(x), 15)), 0.5);
  const isNear = fn.let(f32x4.lt(size, 0.5));
  const beyond = fn.let(f32x4.div(f32x4.mul(f32x4.mul(density, 0.5), top), bottom));
  const rest = fn.let(f32x4.sub(1, beyond));
  const probability = fn.let(where(isNear, f32x4.ma(erfNearZero(fn, z), 0.5, 0.5), rest));
  const lost = v128.andnot(f32x4.sub(f32x4.sub(1, rest), beyond), isNear);
  return { density, probability, lost, beyond, top, bottom, isCentral: fn.let(v128.or(isNear, f32x4.gt(x, 0))) };
}

/** Φ(x) = ½·e^{−a²/2}·erfcx(a/√2) for negative x = −a. */
export const ndtr: Unary = (fn, x) => {
  const { probability, beyond, isCentral } = normalParts(fn, fn.let(x));
  return fn.let(where(isCentral, probability, beyond));
};

/** log Φ(x) = log(½·erfcx(a/√2)) − a²/2 for negative x = −a. */
export const logNdtr: Unary = (fn, x) => {
  const argument = fn.let(x);
  const { probability, lost, top, bottom, isCentral } = normalParts(fn, argument);
  const half = f32x4.div(f32x4.mul(top, 0.5), bottom);
  const logarithm = logOfSum(fn, fn.let(where(isCentral, probability, half)), onlyWhere(isCentral, lost));
  const exponent = v128.andnot(f32x4.mul(f32x4.mul(argument, 0.5), argument), isCentral);
  // never positive: −0 at ∞
  const sum = negativeAbs(f32x4.sub(logarithm, exponent));
  return fn.let(invalidWhere(f32x4.ne(argument, argument), sum));
};

/** λ(x) = φ(x)/Φ(x), and √(2/π)/erfcx(a/√2) for negative x = −a. */
export const inverseMills: Unary = (fn, x) => {
  const { density, probability, top, bottom, isCentral } = normalParts(fn, fn.let(x));
  const central = f32x4.mul(density, 1 / Math.sqrt(2 * Math.PI));
  const below = f32x4.mul(bottom, Math.sqrt(2 / Math.PI));
  return fn.let(f32x4.div(where(isCentral, central, below), where(isCentral, probability, top)));
};

/** x + λ(x), which cancel for negative x. */
export const millsExcess: Unary = (fn, x) => {
  const argument = fn.let(x);
  const above = f32x4.add(inverseMills(fn, argument), argument);
  const a = fn.let(f32x4.pmax(f32x4.neg(argument), 0.5));
  const q = fn.let(f32x4.sub(1, f32x4.div(6, f32x4.add(a, 3))));
  const below = f32x4.div(horner(q, excessSeries), f32x4.add(a, 2));
  return fn.let(where(f32x4.lt(argument, -0.5), below, above));
};
