// log B(a, b) and its derivatives, without the cancellation of gamma functions.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import { log1p } from "./log1p.js";
import { log64, logOfOneAnd } from "./log64.js";
import {
  type Binary,
  infinity,
  invalidWhere,
  onlyWhere,
  polynomial64,
  toDoubles,
  toSingles,
  type Vector,
  where,
} from "./vector.js";

const halfLogTwoPi = 0.9189385332046728;
/** From here on the asymptotic series are used. */
const start = 4;
/** x·(log Γ(x) − Stirling's formula) in 1/x² for x ≥ 4, to 2⁻⁴³ absolutely. */
const stirling = [
  0.08333333333324949, -0.0027777776777229003, 0.000793631362524773, -0.000593840872338822, 0.0007949876283926223,
  -0.0011385352426150944,
];

/** x(x + 1)(x + 2)(x + 3) */
function rising(fn: FunctionBuilder, x: V128): V128 {
  const product = fn.let(f64x2.mul(x, f64x2.add(x, 3)));
  return f64x2.mul(product, f64x2.add(product, 2));
}

function stirlingError(fn: FunctionBuilder, x: Vector): V128 {
  const inverse = fn.let(f64x2.div(1, x));
  return f64x2.mul(polynomial64(fn.let(f64x2.mul(inverse, inverse)), stirling), inverse);
}

/** log B(a, b) of doubles, by what Stirling's formulas leave of one another, and B(p, q) = B(p + 4, q)·(p + q)₄/(p)₄. */
function betaln64(fn: FunctionBuilder, a: Vector, b: Vector): V128 {
  const [least, largest] = [fn.let(f64x2.pmin(a, b)), fn.let(f64x2.pmax(a, b))];
  const sum = fn.let(f64x2.add(a, b));
  const [isLow, isBothLow] = [fn.let(f64x2.lt(least, start)), fn.let(f64x2.lt(largest, start))];
  const shift = (x: V128, isShifted: Vector): Vector => fn.let(f64x2.add(x, onlyWhere(isShifted, f64x2.const(start))));
  const [p, q] = [shift(least, isLow), shift(largest, isBothLow)];
  const between = shift(sum, isLow);
  const one = f64x2.const(1);
  const ratio = f64x2.mul(
    where(isLow, f64x2.div(rising(fn, sum), rising(fn, least)), one),
    where(isBothLow, f64x2.div(rising(fn, between), rising(fn, largest)), one),
  );
  const total = fn.let(f64x2.add(p, q));
  const main = f64x2.add(
    f64x2.mul(f64x2.sub(p, 0.5), log64(fn, f64x2.div(total, p))),
    f64x2.mul(q, logOfOneAnd(fn, p, q)),
  );
  const errors = f64x2.sub(f64x2.add(stirlingError(fn, p), stirlingError(fn, q)), stirlingError(fn, total));
  const rest = f64x2.add(log64(fn, f64x2.div(ratio, f64x2.sqrt(q))), f64x2.add(errors, halfLogTwoPi));
  const result = fn.let(f64x2.sub(rest, main));
  // what is left of 0 at (1, 1)
  return v128.and(result, f64x2.gt(f64x2.abs(result), 1e-12));
}

/** log B(a, b) for a, b ≥ 0, to 1 ulp, but for its zeros next to (1, 1), where it is exact to 10⁻¹² absolutely. */
export const betaln: Binary = (fn, first, second) => {
  const a = fn.let(first);
  const b = fn.let(second);
  const [lowA, highA] = toDoubles(fn, a);
  const [lowB, highB] = toDoubles(fn, b);
  const inside = toSingles([betaln64(fn, lowA, lowB), betaln64(fn, highA, highB)]);
  const isAtZero = v128.or(f32x4.eq(a, 0), f32x4.eq(b, 0));
  const isAtInfinity = fn.let(v128.or(f32x4.eq(a, infinity), f32x4.eq(b, infinity)));
  const result = where(isAtZero, f32x4.const(infinity), where(isAtInfinity, f32x4.const(-infinity), inside));
  const isInside = v128.and(f32x4.ge(a, 0), f32x4.ge(b, 0));
  return fn.let(invalidWhere(v128.or(v128.not(isInside), v128.and(isAtZero, isAtInfinity)), result));
};

/** log x − ψ(x) − 1/2x in 1/x² for x ≥ 4, from the first power on, to 2⁻²⁸ of ψ′ in the derivative. */
const remainder = [8.3332762e-2, -8.3046556e-3, 3.407415e-3] as const;

/** ψ(a) − ψ(a + b) for a > 0, b ≥ 0, to 4 ulp: terms of the recurrence up to 4, differences of an asymptotic series, of one sign. */
export const digammaDifference: Binary = (fn, first, second) => {
  const a = fn.let(first);
  const b = fn.let(second);
  const isSmall = fn.let(f32x4.lt(a, start));
  const x = fn.let(f32x4.add(a, onlyWhere(isSmall, f32x4.const(start))));
  const y = fn.let(f32x4.add(x, b));
  const u = fn.let(f32x4.div(1, x));
  const v = fn.let(f32x4.div(1, y));
  // u − v
  const difference = f32x4.mul(f32x4.mul(b, v), u);
  const [u2, v2] = [fn.let(f32x4.mul(u, u)), fn.let(f32x4.mul(v, v))];
  const power2 = fn.let(f32x4.add(u2, v2));
  // u⁴ + u²v² + v⁴
  const power4 = f32x4.ma(v2, v2, f32x4.mul(power2, u2));
  const [c0, c1, c2] = remainder;
  const series = f32x4.ma(power4, c2, f32x4.ma(power2, c1, f32x4.const(c0)));
  const factor = f32x4.ma(f32x4.add(u, v), series, f32x4.const(0.5));
  const logarithm = log1p(fn, f32x4.div(b, x));
  const sum = fn.let(f32x4.ma(difference, factor, logarithm));
  fn.if(v128.anyTrue(isSmall), () => {
    const total = fn.let(f32x4.add(a, b));
    for (let k = start - 1; k >= 0; k--) {
      const term = f32x4.div(f32x4.div(b, f32x4.add(total, k)), f32x4.add(a, k));
      fn.set(sum, f32x4.add(sum, onlyWhere(isSmall, term)));
    }
  });
  const isInside = v128.and(f32x4.ge(a, 0), f32x4.ge(b, 0));
  const size = where(f32x4.eq(b, infinity), logarithm, sum);
  return fn.let(invalidWhere(v128.not(isInside), f32x4.neg(size)));
};
