import { eulerMaclaurin } from "../../../util/special/hurwitzZeta.js";
import { cotangentPolynomial, factorial } from "../../../util/special/polygamma.js";
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { checkOrder, outlined, polynomial64, toDoubles, toSingles, type Unary, type Vector, where } from "./vector.js";

/** sin(πf)/f and cos πf in f² for |f| ≤ ½, to 2⁻⁵¹ and 2⁻⁵⁷. */
const sine = [
  3.1415926535897927, -5.167712780049786, 2.5501640398618983, -0.5992645288259757, 0.08214587882499191,
  -0.007370364377706207, 0.0004659871648881796, -2.1133797645490632e-5,
];
const cosine = [
  1, -4.934802200544677, 4.0587121264164985, -1.3352627688434733, 0.23533063012976305, -0.02580688873798205,
  0.001929556273975504, -0.00010456655148280307, 4.149558148592234e-6,
];

/** xⁿ by squaring. */
function power(fn: FunctionBuilder, x: Vector, n: number): Vector {
  if (n === 1) return x;
  const half = power(fn, x, n >> 1);
  const squared = fn.let(f64x2.mul(half, half));
  return n % 2 === 0 ? squared : fn.let(f64x2.mul(squared, x));
}

/** Hurwitz' ζ(s, a) for a > 0: terms up to n + a ≥ 12 + s/2, then Euler–Maclaurin, as in util/special/hurwitzZeta. */
function hurwitzZeta(fn: FunctionBuilder, s: number, a: Vector): Vector {
  const start = 12 + s / 2;
  const x = fn.let(a);
  const sum = fn.let(f64x2.const(0));
  fn.loop(Math.ceil(start), () =>
    fn.scope(() => {
      const isBelow = fn.let(f64x2.lt(x, start));
      const term = power(fn, fn.let(f64x2.div(1, x)), s);
      fn.set(sum, f64x2.add(sum, v128.and(term, isBelow)));
      fn.set(x, f64x2.add(x, v128.and(f64x2.const(1), isBelow)));
    }),
  );
  const inverse = fn.let(f64x2.div(1, x));
  const squared = fn.let(f64x2.mul(inverse, inverse));
  const leading = power(fn, inverse, s - 1);
  // coefficients of (1/x²)ᵏ·x⁻ˢ⁻¹
  let rising = s;
  const coefficients = eulerMaclaurin.map((each, k) => {
    const coefficient = each * rising;
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
    return coefficient;
  });
  const inner = f64x2.add(f64x2.mul(polynomial64(squared, coefficients), inverse), 0.5);
  const rest = f64x2.mul(f64x2.add(f64x2.mul(inner, inverse), 1 / (s - 1)), leading);
  return fn.let(f64x2.add(sum, rest));
}

/** ψ⁽ⁿ⁾ on two lanes: (−1)ⁿ⁺¹ n! ζ(n + 1, x), and DLMF 5.15.6 for x ≤ 0. */
function polygamma64(fn: FunctionBuilder, n: number, x: Vector): V128 {
  const sign = n % 2 === 1 ? 1 : -1;
  const isReflected = fn.let(f64x2.le(x, 0));
  const argument = fn.let(where(isReflected, f64x2.sub(1, x), x));
  const main = fn.let(f64x2.mul(hurwitzZeta(fn, n + 1, argument), sign * factorial(n)));
  const reflected = fn.local("v128");
  fn.if(v128.anyTrue(isReflected), () => {
    const f = fn.let(f64x2.sub(x, f64x2.nearest(x)));
    const squared = fn.let(f64x2.mul(f, f));
    const cotangent = fn.let(f64x2.div(polynomial64(squared, cosine), f64x2.mul(polynomial64(squared, sine), f)));
    const derivative = f64x2.mul(polynomial64(cotangent, cotangentPolynomial(n)), Math.PI);
    const regular = f64x2.sub(f64x2.mul(main, -sign), derivative);
    const atPole = f64x2.const(n % 2 === 1 ? Number.POSITIVE_INFINITY : Number.NaN);
    fn.set(reflected, where(f64x2.eq(f, 0), atPole, regular));
  });
  return where(isReflected, reflected, main);
}

/** ψ⁽ⁿ⁾(x) for n ≥ 1, computed in double precision by a function of the module. */
export const polygamma =
  (n: number): Unary =>
  (fn, x) => {
    checkOrder(n);
    const helper = outlined(fn, `polygamma${n}`, (body, y) => {
      const singles = body.let(y);
      const [low, high] = toDoubles(body, singles);
      const value = toSingles([polygamma64(body, n, low), polygamma64(body, n, high)]);
      return body.let(v128.or(value, f32x4.ne(singles, singles)));
    });
    return fn.call(helper, x);
  };
