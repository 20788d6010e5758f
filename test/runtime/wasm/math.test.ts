// The vector functions against the double-precision rules of the reference, in units in the last place of the result.
import { expect, test } from "vitest";
import type { V128 } from "../../../src/runtime/wasm/assembler/expression.js";
import { detectFma } from "../../../src/runtime/wasm/assembler/fma.js";
import type { FunctionBuilder } from "../../../src/runtime/wasm/assembler/functionBuilder.js";
import { besselRatio, i0e, i1e, logBesselI0e, logI0 } from "../../../src/runtime/wasm/math/bessel.js";
import { betaln, digammaDifference } from "../../../src/runtime/wasm/math/betaln.js";
import { digamma } from "../../../src/runtime/wasm/math/digamma.js";
import { erf } from "../../../src/runtime/wasm/math/erf.js";
import { erfinv } from "../../../src/runtime/wasm/math/erfinv.js";
import { exp } from "../../../src/runtime/wasm/math/exp.js";
import { expm1 } from "../../../src/runtime/wasm/math/expm1.js";
import { cosh, sinh, tanh } from "../../../src/runtime/wasm/math/hyperbolic.js";
import { acosh, asinh, atanh } from "../../../src/runtime/wasm/math/inverseHyperbolic.js";
import { acos, asin, atan, atan2 } from "../../../src/runtime/wasm/math/inverseTrigonometric.js";
import { lgamma } from "../../../src/runtime/wasm/math/lgamma.js";
import { log } from "../../../src/runtime/wasm/math/log.js";
import { log1p } from "../../../src/runtime/wasm/math/log1p.js";
import { floorDiv, floorDivI32, mod, modI32 } from "../../../src/runtime/wasm/math/mod.js";
import { ndtri } from "../../../src/runtime/wasm/math/normalQuantile.js";
import { erfc, inverseMills, logNdtr, millsExcess, ndtr } from "../../../src/runtime/wasm/math/normalTail.js";
import { polygamma } from "../../../src/runtime/wasm/math/polygamma.js";
import { pow } from "../../../src/runtime/wasm/math/pow.js";
import { logSigmoid, sigmoid, softplus } from "../../../src/runtime/wasm/math/sigmoid.js";
import { rsqrt, sqrt } from "../../../src/runtime/wasm/math/sqrt.js";
import { cos, sin, tan } from "../../../src/runtime/wasm/math/trigonometric.js";
import { normalQuantile } from "../../../src/util/normalQuantile.js";
import * as referenceBessel from "../../../src/util/special/bessel.js";
import * as referenceBetaln from "../../../src/util/special/betaln.js";
import * as reference from "../../../src/util/special/erf.js";
import * as referenceErfinv from "../../../src/util/special/erfinv.js";
import * as referenceLgamma from "../../../src/util/special/lgamma.js";
import * as referenceNdtr from "../../../src/util/special/logNdtr.js";
import { millsCumulant } from "../../../src/util/special/millsCumulant.js";
import * as referencePolygamma from "../../../src/util/special/polygamma.js";
import { threefry } from "../../../src/util/threefry.js";
import { mapVectors } from "./support.js";

const hasFma = detectFma();
const points = 20_000;

/** Numbers in [0, 1), the same in every run. */
function uniforms(count: number, seed: number): Float64Array {
  const words = new Int32Array(2);
  return Float64Array.from({ length: count }, (_, i) => {
    threefry(seed, 7, 0, i, words);
    return (words[0]! >>> 0) / 2 ** 32;
  });
}

type Range = readonly [low: number, high: number];
const linear = ([low, high]: Range, seed: number): Float32Array =>
  Float32Array.from(uniforms(points, seed), (u) => low + (high - low) * u);
/** Log-spaced sizes with both signs. */
function signed([low, high]: Range, seed: number): Float32Array {
  const signs = uniforms(points, seed + 1000);
  const ratio = Math.log2(high / low);
  return Float32Array.from(uniforms(points, seed), (u, i) => (signs[i]! < 0.5 ? -1 : 1) * low * 2 ** (ratio * u));
}
const positive = (range: Range, seed: number): Float32Array => signed(range, seed).map(Math.abs);

const specials = Float32Array.of(
  0,
  -0,
  Infinity,
  -Infinity,
  Number.NaN,
  1,
  -1,
  2,
  -2,
  0.5,
  -0.5,
  3,
  -3,
  1.5,
  -1.5,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  -(2 ** -126),
  2 ** -127,
  3.4028234e38,
  -3.4028234e38,
  2 ** 23,
  -(2 ** 23),
  2 ** 22,
  2 ** 24,
  88.72283,
  88.72284,
  -87.33655,
  -103.97208,
  -104,
  89,
  100,
  -100,
  1e10,
  -1e10,
  1e-10,
  -1e-10,
  0.625,
  0.9277344,
  0.99999994,
  -0.99999994,
  1.0000001,
  10,
  -10,
);

/** NaN in many representations: what computes with bits must keep them all. */
const notNumbers = new Float32Array(
  Int32Array.from({ length: 4000 }, (_, k) => (k % 2 === 0 ? 0x7f800001 : 0xff800001) + 2 ** 11 * k).buffer,
);

/** The distance of two numbers in units in the last place of single precision at the expected one. */
function ulps(got: number, expected: number): number {
  const rounded = Math.fround(expected);
  if (Number.isNaN(rounded) || Number.isNaN(got)) return Number.isNaN(rounded) === Number.isNaN(got) ? 0 : Infinity;
  if (Object.is(got, rounded)) return 0;
  // ±0 and overflow are told apart, but a result next to the limit may fall to either side
  const limit = 2 ** 128 - 2 ** 104;
  if (!Number.isFinite(got))
    return Math.sign(got) === Math.sign(expected) && Math.abs(expected) >= limit ? 0 : Infinity;
  if (!Number.isFinite(rounded)) return Math.abs(got) >= limit - 2 ** 104 && got * expected > 0 ? 1 : Infinity;
  if (expected === 0 && got === 0) return Infinity;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(expected) || 2 ** -149)), -126);
  return Math.abs(got - expected) / 2 ** (exponent - 23);
}

type Function = (fn: FunctionBuilder, x: V128) => V128;
interface Case {
  readonly f: Function;
  readonly rule: (x: number) => number;
  readonly inputs: readonly Float32Array[];
  readonly limit: number;
  /** Where the result is ill conditioned, this much absolute error is allowed. */
  readonly absolute?: (x: number, y: number) => number;
  readonly withoutSpecials?: boolean;
}

const wide = signed([1e-45, 3.4e38], 1);
const small = signed([1e-8, 1], 2);
const moderate = linear([-20, 20], 3);
const around = linear([-100, 100], 4);
const unit = linear([-1, 1], 5);
const common = [wide, small, moderate, around, unit];
const above = [positive([1e-45, 3.4e38], 6), positive([1e-3, 100], 7), linear([0, 3], 8), linear([0, 20], 9)];

const multiplesOfHalfPi = Float32Array.from({ length: points }, (_, k) => (k + 1) * (Math.PI / 2));
const far = Float32Array.from({ length: points }, (_, k) => k * 1000 * (Math.PI / 2));
/** sin or cos of a float64 argument is only as good as Math's own reduction, which is exact. */
const angles = [...common, multiplesOfHalfPi, far, signed([4e6, 3.4e38], 10)];

const cases: Readonly<Record<string, Case>> = {
  exp: { f: exp, rule: Math.exp, inputs: [...common, linear([-104, 89], 11)], limit: 2 },
  "exp in range": {
    f: (fn, x) => exp(fn, x, { isInRange: true }),
    rule: Math.exp,
    inputs: [linear([-87, 88], 12), small],
    limit: 2,
    withoutSpecials: true,
  },
  expm1: { f: expm1, rule: Math.expm1, inputs: [...common, linear([-104, 89], 11)], limit: 2 },
  log: { f: log, rule: Math.log, inputs: [...above, ...common, linear([0.5, 2], 13)], limit: 1 },
  "log, positive normal": {
    f: (fn, x) => log(fn, x, { isPositiveNormal: true }),
    rule: Math.log,
    inputs: [positive([1.2e-38, 3.4e38], 14), linear([0.5, 2], 15)],
    limit: 1,
    withoutSpecials: true,
  },
  log1p: { f: log1p, rule: Math.log1p, inputs: [...above, ...common], limit: 2 },
  sqrt: { f: sqrt, rule: Math.sqrt, inputs: above, limit: 0.5 },
  rsqrt: { f: rsqrt, rule: (x) => 1 / Math.sqrt(x), inputs: above, limit: 2 },
  sigmoid: {
    f: sigmoid,
    rule: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    inputs: common,
    limit: 2,
  },
  softplus: {
    f: softplus,
    rule: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    inputs: common,
    limit: 2,
  },
  logSigmoid: {
    f: logSigmoid,
    rule: (x) => -(Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    inputs: common,
    limit: 2,
  },
  tanh: { f: tanh, rule: Math.tanh, inputs: common, limit: 2 },
  sinh: { f: sinh, rule: Math.sinh, inputs: common, limit: 2.5 },
  cosh: { f: cosh, rule: Math.cosh, inputs: common, limit: 2 },
  asinh: { f: asinh, rule: Math.asinh, inputs: common, limit: 3 },
  acosh: { f: acosh, rule: Math.acosh, inputs: [...common, ...above, linear([1, 2], 16)], limit: 3 },
  atanh: { f: atanh, rule: Math.atanh, inputs: common, limit: 3 },
  sin: { f: sin, rule: Math.sin, inputs: angles, limit: 2 },
  cos: { f: cos, rule: Math.cos, inputs: angles, limit: 2 },
  tan: { f: tan, rule: Math.tan, inputs: angles, limit: 4 },
  asin: { f: asin, rule: Math.asin, inputs: common, limit: 2 },
  acos: { f: acos, rule: Math.acos, inputs: common, limit: 2 },
  atan: { f: atan, rule: Math.atan, inputs: common, limit: 2 },
  erf: { f: erf, rule: reference.erf, inputs: common, limit: 2 },
  erfc: { f: erfc, rule: reference.erfc, inputs: [...common, linear([-4, 11], 17)], limit: 4 },
  erfinv: {
    f: erfinv,
    rule: referenceErfinv.erfinv,
    inputs: [unit, small, wide, linear([0.99, 1], 18), linear([-1, -0.9999], 19)],
    limit: 4,
  },
  lgamma: { f: lgamma, rule: referenceLgamma.lgamma, inputs: [...above, linear([-0.5, 4], 20)], limit: 4 },
  "lgamma, negative": {
    f: lgamma,
    rule: referenceLgamma.lgamma,
    inputs: [linear([-20, 0], 21), signed([1, 1e4], 22)],
    limit: 8,
    absolute: (x) => 4e-7 * (1 + Math.abs(x)),
  },
  digamma: { f: digamma, rule: referencePolygamma.digamma, inputs: [...above, linear([1.4, 1.5], 23)], limit: 4 },
  "digamma, negative": {
    f: digamma,
    rule: referencePolygamma.digamma,
    inputs: [linear([-20, 0], 24), signed([1e-8, 1e3], 25)],
    limit: 12,
    absolute: (x) => 1e-6 * (1 + Math.abs(referencePolygamma.digamma(1 - x))),
  },
  ...Object.fromEntries(
    [1, 2, 5].map((n): [string, Case] => [
      `polygamma ${n}`,
      {
        f: polygamma(n),
        rule: (x) => referencePolygamma.polygamma(n, x),
        inputs: [positive([1e-6, 1e6], 26), linear([0, 20], 27), linear([-10, 0], 28)],
        limit: 1,
      },
    ]),
  ),
  logNdtr: { f: logNdtr, rule: referenceNdtr.logNdtr, inputs: [...common, linear([-6, 14], 29)], limit: 4 },
  inverseMills: {
    f: inverseMills,
    rule: referenceNdtr.inverseMills,
    inputs: [...common, linear([-6, 14], 30)],
    limit: 4,
  },
  millsExcess: {
    f: millsExcess,
    rule: (x) => millsCumulant(1, x),
    inputs: [...common, linear([-6, 14], 49)],
    limit: 4,
  },
  ndtr: { f: ndtr, rule: referenceNdtr.ndtr, inputs: [...common, linear([-14.5, 6], 50)], limit: 4 },
  ndtri: {
    f: ndtri,
    rule: normalQuantile,
    inputs: [
      ...common,
      linear([0, 1], 51),
      linear([0.49, 0.51], 52),
      positive([1e-45, 0.5], 53),
      linear([0.999, 1], 54),
    ],
    limit: 4,
  },
  i0e: { f: i0e, rule: referenceBessel.i0e, inputs: [...common, linear([-10, 10], 55)], limit: 4 },
  i1e: { f: i1e, rule: referenceBessel.i1e, inputs: [...common, linear([-10, 10], 56)], limit: 4 },
  besselRatio: {
    f: besselRatio,
    rule: referenceBessel.besselRatio,
    inputs: [...common, linear([-10, 10], 57)],
    limit: 4,
  },
  logI0: { f: logI0, rule: referenceBessel.logI0, inputs: [...common, linear([-10, 10], 58)], limit: 4 },
  logBesselI0e: {
    f: logBesselI0e,
    rule: (x) => (x >= 0 ? (x < 0.5 ? referenceBessel.logI0(x) - x : Math.log(referenceBessel.i0e(x))) : Number.NaN),
    inputs: [...above, linear([0, 10], 59)],
    limit: 4,
  },
};

/** The largest error over all inputs, and where. */
function worst(
  { f, rule, inputs, absolute, withoutSpecials = false }: Case,
  fma: boolean,
): { error: number; at: number } {
  const result = { error: 0, at: 0 };
  for (const input of withoutSpecials ? inputs : [specials, notNumbers, ...inputs]) {
    const got = mapVectors((fn, x) => f(fn, x!), [input], fma);
    for (const [i, x] of input.entries()) {
      const expected = rule(x);
      const error = ulps(got[i]!, expected);
      if (absolute && Math.abs(got[i]! - expected) <= absolute(x, expected)) continue;
      if (error > result.error) {
        result.error = error;
        result.at = x;
      }
    }
  }
  return result;
}

/** A function of two arguments. */
interface BinaryCase {
  readonly f: (fn: FunctionBuilder, x: V128, y: V128) => V128;
  readonly rule: (x: number, y: number) => number;
  readonly inputs: readonly (readonly [Float32Array, Float32Array])[];
  readonly limit: number;
  /** Where the result is ill conditioned, this much absolute error is allowed. */
  readonly absolute?: number;
}

/** All pairs of special values. */
const everyPair: readonly [Float32Array, Float32Array] = [
  Float32Array.from([...specials].flatMap((x) => Array.from(specials, () => x))),
  Float32Array.from([...specials].flatMap(() => [...specials])),
];
const anyPositive = (seed: number, least = 1e-45): [Float32Array, Float32Array] => [
  positive([least, 3.4e38], seed),
  positive([least, 3.4e38], seed + 1),
];
const wholes = linear([-20, 20], 31).map(Math.round);
const binaryCases: Readonly<Record<string, BinaryCase>> = {
  betaln: {
    f: betaln,
    rule: referenceBetaln.betaln,
    inputs: [
      everyPair,
      anyPositive(60),
      [linear([0, 10], 62), linear([0, 10], 63)],
      [linear([0, 2], 64), linear([0, 2], 65)],
      [positive([1e-3, 1e4], 66), positive([1e-3, 1e4], 67)],
    ],
    limit: 4,
    absolute: 1e-11,
  },
  digammaDifference: {
    f: digammaDifference,
    rule: (a, b) => referenceBetaln.polygammaDifference(0, a, b),
    inputs: [
      everyPair,
      // b/(a + b) is denormal for smaller ones
      anyPositive(68, 1e-19),
      [linear([0, 10], 70), linear([0, 10], 71)],
      [positive([1e-3, 1e4], 72), positive([1e-3, 1e4], 73)],
    ],
    limit: 4,
  },
  atan2: {
    f: atan2,
    rule: Math.atan2,
    inputs: [everyPair, [wide, signed([1e-30, 1e30], 32)], [around, linear([-100, 100], 33)], [unit, small]],
    limit: 3,
  },
  pow: {
    f: pow,
    rule: (x, y) => (x === 1 ? 1 : x ** y),
    inputs: [
      everyPair,
      [positive([1e-45, 3.4e38], 34), signed([1e-3, 10], 35)],
      [linear([0.9, 1.1], 36), linear([-900, 900], 37)],
      [signed([1e-3, 1e3], 38), wholes],
      [linear([0, 10], 39), linear([-30, 30], 40)],
    ],
    limit: 1.5,
  },
  floorDiv: {
    f: floorDiv,
    rule: (x, y) => Math.floor(Math.fround(x / y)),
    inputs: [
      [around, linear([-9, 9], 41)],
      [wide, unit],
    ],
    limit: 0,
  },
  mod: {
    f: mod,
    rule: (x, y) => {
      const remainder = x % y;
      return remainder !== 0 && remainder < 0 !== y < 0 ? remainder + y : remainder;
    },
    inputs: [
      [around, linear([-9, 9], 42)],
      [wide, signed([1e-38, 1e38], 43)],
      [wholes, linear([-7, 7], 44).map(Math.round)],
      everyPair,
    ],
    limit: 0.51,
  },
};

function worstPair({ f, rule, inputs, absolute = 0 }: BinaryCase, fma: boolean): { error: number; at: string } {
  const result = { error: 0, at: "" };
  for (const [xs, ys] of inputs) {
    const got = mapVectors((fn, x, y) => f(fn, x!, y!), [xs, ys], fma);
    for (const [i, x] of xs.entries()) {
      const expected = rule(x, ys[i]!);
      const error = Math.abs(got[i]! - expected) <= absolute ? 0 : ulps(got[i]!, expected);
      if (error > result.error) {
        result.error = error;
        result.at = `${x}, ${ys[i]}: ${got[i]} for ${expected}`;
      }
    }
  }
  return result;
}

const table: Record<string, Record<string, string>> = {};
for (const fma of hasFma ? [false, true] : [false]) {
  for (const [name, each] of Object.entries(cases)) {
    test(`${name}${fma ? " with fma" : ""}: at most ${each.limit} ulp`, () => {
      const { error, at } = worst(each, fma);
      const column = fma ? "fma" : "plain";
      table[name] = { ...table[name], [column]: `${error.toFixed(2)} at ${at}` };
      expect(error, `at ${at}`).toBeLessThanOrEqual(each.limit);
    });
  }
}

for (const fma of hasFma ? [false, true] : [false]) {
  for (const [name, each] of Object.entries(binaryCases)) {
    test(`${name}${fma ? " with fma" : ""}: at most ${each.limit} ulp`, () => {
      const { error, at } = worstPair(each, fma);
      const column = fma ? "fma" : "plain";
      table[name] = { ...table[name], [column]: `${error.toFixed(2)} at ${at}` };
      expect(error, `at ${at}`).toBeLessThanOrEqual(each.limit);
    });
  }
}

test("whole quotients and remainders of integers", () => {
  const ints = [0, 1, -1, 2, -2, 3, 7, -7, 100, -100, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321];
  const xs = Int32Array.from(ints.flatMap((x) => ints.map(() => x)));
  const ys = Int32Array.from(ints.flatMap(() => ints));
  const inputs = [xs, ys].map((each) => new Float32Array(each.buffer));
  const run = (f: typeof mod): Int32Array =>
    new Int32Array(mapVectors((fn, x, y) => f(fn, x!, y!), inputs).buffer as ArrayBuffer);
  expect([...run(floorDivI32)]).toEqual([...xs].map((x, i) => Math.floor(x / ys[i]!) | 0));
  expect([...run(modI32)]).toEqual([...xs].map((x, i) => (ys[i] === 0 ? 0 : x - ys[i]! * Math.floor(x / ys[i]!)) | 0));
});

test("print", () => {
  console.table(table);
});
