// What the functions of this folder share. They take four single-precision lanes and give a local; coefficients of
// polynomials come first for the lowest power and are least-maximum fits (Lawson's algorithm), rounded to single one after
// the other, each time fitting the rest anew.
import { ElbowError } from "../../../errors.js";
import type { Local, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";

export type Vector = Local<"v128">;

/** Writes the code of a function of one vector. */
export type Unary = (fn: FunctionBuilder, x: V128) => Vector;
export type Binary = (fn: FunctionBuilder, x: V128, y: V128) => Vector;

/** c₀ + x·(c₁ + x·(…)), lowest power first: slower than `polynomial`, and more exact where terms cancel. */
export const horner = (x: Vector, coefficients: readonly number[]): V128 =>
  coefficients.slice(0, -1).reduceRight<V128>((sum, each) => f32x4.ma(sum, x, each), f32x4.const(coefficients.at(-1)!));

/** A polynomial, lowest power first; long ones in two chains, of the even and of the odd powers. */
export function polynomial(fn: FunctionBuilder, x: Vector, coefficients: readonly number[]): V128 {
  if (coefficients.length <= 4) return horner(x, coefficients);
  const squared = fn.let(f32x4.mul(x, x));
  const every = (parity: number): V128 =>
    horner(
      squared,
      coefficients.filter((_, k) => k % 2 === parity),
    );
  return f32x4.ma(every(1), x, every(0));
}

/** The same in double precision. */
export const polynomial64 = (x: Vector, coefficients: readonly number[]): V128 =>
  coefficients
    .slice(0, -1)
    .reduceRight<V128>((sum, each) => f64x2.add(f64x2.mul(sum, x), each), f64x2.const(coefficients.at(-1)!));

const signBit = -(2 ** 31);
export const signOf = (x: V128): V128 => v128.and(x, i32x4.const(signBit));
/** −|x| */
export const negativeAbs = (x: V128): V128 => v128.or(x, i32x4.const(signBit));
/** x where the mask is set, else y. */
export const where = (mask: V128, x: V128, y: V128): V128 => v128.bitselect(x, y, mask);
/** x where the mask is set, else 0. */
export const onlyWhere = (mask: V128, x: V128): V128 => v128.and(x, mask);
/** Makes NaN where the mask is set. */
export const invalidWhere = (mask: V128, x: V128): V128 => v128.or(x, mask);
export const infinity = Number.POSITIVE_INFINITY;

/** Two doubles for the lower lanes, two for the upper ones. */
export type Doubles = readonly [Vector, Vector];
export const toDoubles = (fn: FunctionBuilder, x: Vector): Doubles => [
  fn.let(f64x2.promoteLowF32x4(x)),
  fn.let(f64x2.promoteLowF32x4(v128.shuffle32(x, x, [2, 3, 2, 3]))),
];
/** The lower two lanes of both, in this order. */
export const joinLow = (low: V128, high: V128): V128 => v128.shuffle32(low, high, [0, 1, 4, 5]);
export const toSingles = ([low, high]: readonly [V128, V128]): V128 =>
  joinLow(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high));

/** A function of the module that applies a unary function: where code would otherwise be repeated or is rarely run. */
export const outlined = (fn: FunctionBuilder, key: string, write: Unary): Callable<readonly ["v128"], "v128"> =>
  fn.surroundings.helper(key, { params: ["v128"], result: "v128" }, (helper, x) => helper.return(write(helper, x)));

/** The order of a polygamma function, or an error. */
export function checkOrder(n: number): void {
  if (Number.isInteger(n) && n >= 1) return;
  throw new ElbowError("argument", { message: `polygamma: order\n  expected: a positive integer\n  received: ${n}` });
}
