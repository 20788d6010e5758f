// Functions of double-precision numbers, as functions of the module.
import type { F64, I32, Local } from "../assembler/expression.js";
import { f64 } from "../assembler/f64.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { Build, Callable, FunctionBuilder, Types } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { select } from "../assembler/select.js";

/** What a function writes its code with, whatever its parameters are. */
export type AnyBuilder = Pick<FunctionBuilder, "surroundings" | "local" | "let" | "set" | "if" | "while" | "return"> & {
  readonly call: <Q extends Types>(
    callee: Callable<Q, "f64">,
    ...args: { readonly [K in keyof Q]: F64 }
  ) => Local<"f64">;
};

/** A function of doubles that is written once and called wherever it is needed. */
export function float64Function<const P extends readonly "f64"[]>(name: string, params: P, build: Build<P, "f64">) {
  return (fn: AnyBuilder, ...args: { readonly [K in keyof P]: F64 }): Local<"f64"> =>
    fn.call(fn.surroundings.helper(`float64 ${name}`, { params, result: "f64" }, build), ...args);
}

/** Horner's rule, the constant coefficient first. */
export const polynomial = (coefficients: readonly number[], x: F64): F64 => {
  const [last, ...rest] = [...coefficients].reverse();
  return rest.reduce<F64>((sum, coefficient) => f64.add(f64.mul(sum, x), coefficient), f64.const(last!));
};

/** 2ᵏ for −1022 ≤ k ≤ 1023 */
const powerOfTwo = (k: I32): F64 =>
  f64x2.extractLane(i32x4.replaceLane(i32x4.const(0), 1, i32.shl(i32.add(k, 1023), 20)), 0);

const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;

const factorialReciprocals = [1];
for (let n = 1; n <= 13; n++) factorialReciprocals.push(factorialReciprocals[n - 1]! / n);

/** eˣ = 2ᵏ·eʳ with |r| ≤ ½ log 2 */
export const exp = float64Function("exp", ["f64"], (fn, x) => {
  const bounded = fn.let(f64.max(f64.min(x, 1000), -1000));
  const k = fn.let(f64.nearest(f64.mul(bounded, Math.LOG2E)));
  const r = fn.let(f64.sub(f64.sub(bounded, f64.mul(k, ln2High)), f64.mul(k, ln2Low)));
  const exponent = fn.let(i32.truncSatF64S(k));
  const half = fn.let(i32.shrS(exponent, 1));
  const scaled = f64.mul(polynomial(factorialReciprocals, r), powerOfTwo(half));
  fn.return(f64.mul(scaled, powerOfTwo(i32.sub(exponent, half))));
});

/** 1, ⅓, ⅕, … */
const oddReciprocals = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1));

/** log x = e·log 2 + 2·artanh((m − 1)/(m + 1)) for x = m·2ᵉ, √½ ≤ m < √2; x is positive, finite and not subnormal. */
export const log = float64Function("log", ["f64"], (fn, x) => {
  const bits = fn.let(f64x2.splat(x));
  const high = fn.let(i32x4.extractLane(bits, 1));
  const exponent = fn.let(i32.sub(i32.shrS(high, 20), 1023));
  const mantissaHigh = i32.or(i32.and(high, 0x000fffff), 0x3ff00000);
  const m = fn.let(f64x2.extractLane(i32x4.replaceLane(bits, 1, mantissaHigh), 0));
  fn.if(f64.gt(m, Math.SQRT2), () => {
    fn.set(m, f64.mul(m, 0.5));
    fn.set(exponent, i32.add(exponent, 1));
  });
  const s = fn.let(f64.div(f64.sub(m, 1), f64.add(m, 1)));
  const e = fn.let(f64.convertI32S(exponent));
  const small = f64.mul(f64.mul(s, 2), polynomial(oddReciprocals, fn.let(f64.mul(s, s))));
  fn.return(f64.add(f64.mul(e, ln2High), f64.add(small, f64.mul(e, ln2Low))));
});

/** log(1 + x) for x > −1 */
export const log1p = float64Function("log1p", ["f64"], (fn, x) => {
  const whole = fn.let(f64.add(x, 1));
  const lost = f64.div(f64.sub(x, f64.sub(whole, 1)), whole);
  const result = log(fn, whole);
  fn.return(f64.add(result, lost));
});

export const when = (condition: I32, then: F64 | number, otherwise: F64 | number): F64 =>
  select(
    condition,
    typeof then === "number" ? f64.const(then) : then,
    typeof otherwise === "number" ? f64.const(otherwise) : otherwise,
  );
