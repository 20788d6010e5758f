// Every instruction against JavaScript's semantics.
import { expect, test } from "vitest";
import type { Expression, V128, ValueType } from "../../../../src/runtime/wasm/assembler/expression.js";
import { f32 } from "../../../../src/runtime/wasm/assembler/f32.js";
import { f32x4 } from "../../../../src/runtime/wasm/assembler/f32x4.js";
import { f64 } from "../../../../src/runtime/wasm/assembler/f64.js";
import { f64x2 } from "../../../../src/runtime/wasm/assembler/f64x2.js";
import { detectFma } from "../../../../src/runtime/wasm/assembler/fma.js";
import { i32 } from "../../../../src/runtime/wasm/assembler/i32.js";
import { i32x4 } from "../../../../src/runtime/wasm/assembler/i32x4.js";
import { select } from "../../../../src/runtime/wasm/assembler/select.js";
import { v128 } from "../../../../src/runtime/wasm/assembler/v128.js";
import { applyToLanes, instantiate } from "../support.js";

const hasFma = detectFma();

/** The rounding of halves to even. */
function nearest(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
const bit = (condition: boolean): number => (condition ? 1 : 0);
const clamp = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x)));
const reinterpret = (x: number): number => new Int32Array(new Float32Array([x]).buffer)[0]!;
const floatOf = (x: number): number => new Float32Array(new Int32Array([x]).buffer)[0]!;
const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);

type Rule = (...args: number[]) => number;
const arithmetic: Record<string, Rule> = {
  abs: Math.abs,
  neg: (x) => -x!,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest: (x) => nearest(x!),
  sqrt: Math.sqrt,
  add: (x, y) => x! + y!,
  sub: (x, y) => x! - y!,
  mul: (x, y) => x! * y!,
  div: (x, y) => x! / y!,
  min: Math.min,
  max: Math.max,
  copysign: (x, y) => (isNegative(x!) === isNegative(y!) ? x! : -x!),
};
const comparisons: Record<string, Rule> = {
  eq: (x, y) => bit(x! === y!),
  ne: (x, y) => bit(x! !== y!),
  lt: (x, y) => bit(x! < y!),
  gt: (x, y) => bit(x! > y!),
  le: (x, y) => bit(x! <= y!),
  ge: (x, y) => bit(x! >= y!),
};
const integers: Record<string, Rule> = {
  eq: comparisons.eq!,
  ne: comparisons.ne!,
  ltS: comparisons.lt!,
  gtS: comparisons.gt!,
  leS: comparisons.le!,
  geS: comparisons.ge!,
  ltU: (x, y) => bit(x! >>> 0 < y! >>> 0),
  gtU: (x, y) => bit(x! >>> 0 > y! >>> 0),
  leU: (x, y) => bit(x! >>> 0 <= y! >>> 0),
  geU: (x, y) => bit(x! >>> 0 >= y! >>> 0),
  add: (x, y) => (x! + y!) | 0,
  sub: (x, y) => (x! - y!) | 0,
  mul: (x, y) => Math.imul(x!, y!),
};
const scalarIntegers: Record<string, Rule> = {
  ...integers,
  eqz: (x) => bit(x === 0),
  clz: (x) => Math.clz32(x!),
  ctz: (x) => (x === 0 ? 32 : 31 - Math.clz32(x! & -x!)),
  popcnt: (x) => [...(x! >>> 0).toString(2)].filter((digit) => digit === "1").length,
  divS: (x, y) => (y === 0 || (y === -1 && x === -(2 ** 31)) ? Number.NaN : (x! / y!) | 0),
  divU: (x, y) => (y === 0 ? Number.NaN : ((x! >>> 0) / (y! >>> 0)) | 0),
  remS: (x, y) => (y === 0 ? Number.NaN : (x! % y!) | 0),
  remU: (x, y) => (y === 0 ? Number.NaN : ((x! >>> 0) % (y! >>> 0)) | 0),
  and: (x, y) => x! & y!,
  or: (x, y) => x! | y!,
  xor: (x, y) => x! ^ y!,
  shl: (x, y) => x! << y!,
  shrS: (x, y) => x! >> y!,
  shrU: (x, y) => (x! >>> y!) | 0,
  rotl: (x, y) => (x! << y!) | (x! >>> -y!),
  rotr: (x, y) => (x! >>> y!) | (x! << -y!),
};

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  2.5,
  -2.5,
  3.75,
  1e-40,
  1e10,
  -1e38,
  3e38,
  Infinity,
  -Infinity,
  Number.NaN,
  7.1,
];
const ints = [0, 1, -1, 2, 5, 31, 33, 255, -256, 65535, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321];

/** Runs one instruction of scalar operands on all combinations of samples. */
function checkScalar(
  operand: ValueType,
  samples: readonly number[],
  name: string,
  factory: (...args: never[]) => Expression,
  rule: Rule,
): void {
  const { functions } = instantiate(1, false, (module) => {
    const wrap = (arity: number): void => {
      const params = new Array<ValueType>(arity).fill(operand);
      const probe = factory(...(new Array(arity).fill(i32.const(0)) as never[]));
      const fn = module.function({ params, result: probe.type });
      fn.return(factory(...(fn.params as unknown as never[])));
      module.export(name, fn);
    };
    wrap(rule.length || 2);
  });
  for (const x of samples)
    for (const y of rule.length === 1 ? [0] : samples) {
      const expected = rule(x, y);
      if (Number.isNaN(expected) && operand === "i32") continue;
      expect(functions[name]!(x, y), `${operand}.${name}(${x}, ${y})`).toBe(expected);
    }
}
const unaries = ["abs", "ceil", "floor", "trunc", "sqrt"];
const withArity = (name: string, rule: Rule, round: (x: number) => number): Rule =>
  unaries.includes(name) || rule.length === 1 ? (x) => round(rule(x!)) : (x, y) => round(rule(x!, y!));

test("f32 and f64", () => {
  const single = floats.map(Math.fround);
  for (const [name, rule] of Object.entries(arithmetic)) {
    checkScalar("f32", single, name, f32[name as "add"], withArity(name, rule, Math.fround));
    checkScalar("f64", floats, name, f64[name as "add"], withArity(name, rule, Number));
  }
  for (const [name, rule] of Object.entries(comparisons)) {
    checkScalar("f32", single, name, f32[name as "eq"], rule);
    checkScalar("f64", floats, name, f64[name as "eq"], rule);
  }
});

test("i32", () => {
  for (const [name, rule] of Object.entries(scalarIntegers)) checkScalar("i32", ints, name, i32[name as "add"], rule);
});

test("conversions between scalars", () => {
  const signed: Rule = (x) => clamp(x!, -(2 ** 31), 2 ** 31 - 1) + 0;
  const unsigned: Rule = (x) => clamp(x!, 0, 2 ** 32 - 1) | 0;
  checkScalar("f32", floats.map(Math.fround), "truncSatF32S", i32.truncSatF32S, signed);
  checkScalar("f32", floats.map(Math.fround), "truncSatF32U", i32.truncSatF32U, unsigned);
  checkScalar("f64", floats, "truncSatF64S", i32.truncSatF64S, signed);
  checkScalar("f64", floats, "truncSatF64U", i32.truncSatF64U, unsigned);
  checkScalar("f32", [0, -0, 1.5, -3e38], "reinterpretF32", i32.reinterpretF32, (x) => reinterpret(x!));
  checkScalar("i32", [0, 1, 0x3f800000, -(2 ** 31)], "reinterpretI32", f32.reinterpretI32, (x) => floatOf(x!));
  checkScalar("i32", ints, "convertI32S", f32.convertI32S, (x) => Math.fround(x!));
  checkScalar("i32", ints, "convertI32U", f32.convertI32U, (x) => Math.fround(x! >>> 0));
  checkScalar("i32", ints, "convertI32S", f64.convertI32S, (x) => x!);
  checkScalar("i32", ints, "convertI32U", f64.convertI32U, (x) => x! >>> 0);
  checkScalar("f64", floats, "demoteF64", f32.demoteF64, (x) => Math.fround(x!));
  checkScalar("f32", floats.map(Math.fround), "promoteF32", f64.promoteF32, (x) => x!);
});

test("select", () => {
  const { functions } = instantiate(1, false, (module) => {
    const scalar = module.function({ params: ["i32", "f32", "f32"], result: "f32" });
    scalar.return(select(...scalar.params));
    module.export("scalar", scalar);
    const vector = module.function({ params: ["i32"], result: "i32" });
    vector.return(i32x4.extractLane(select(vector.params[0], i32x4.const(7), i32x4.const(9)), 2));
    module.export("vector", vector);
  });
  expect([functions.scalar!(5, 1, 2), functions.scalar!(0, 1, 2)]).toEqual([1, 2]);
  expect([functions.vector!(1), functions.vector!(0)]).toEqual([7, 9]);
});

const bytesOf = (elements: Float32Array | Int32Array | Float64Array): Uint8Array =>
  new Uint8Array(elements.buffer.slice(0));
type Lanes = Float32ArrayConstructor | Int32ArrayConstructor | Float64ArrayConstructor;

/** Checks a lanewise operation on all combinations of samples, by JavaScript's typed arrays. */
function checkLanes(
  from: Lanes,
  to: Lanes,
  samples: readonly number[],
  name: string,
  f: (x: V128, y: V128) => V128,
  rule: (x: number, y: number) => number,
): void {
  const lanes = 16 / from.BYTES_PER_ELEMENT;
  for (const y of samples) {
    for (let i = 0; i < samples.length; i += lanes) {
      const xs = from.from(Array.from({ length: lanes }, (_, k) => samples[(i + k) % samples.length]!));
      const ys = from.from(new Array<number>(lanes).fill(y));
      const out = new to(applyToLanes((_, a, b) => f(a!, b!), [bytesOf(xs), bytesOf(ys)]).buffer as ArrayBuffer);
      const expected = to.from(Array.from(xs, (x, k) => rule(x, ys[k]!)));
      expect(Array.from(out), `${name}(${xs}; ${y})`).toEqual(Array.from(expected));
    }
  }
}

const few = [0, -0, 1.5, -2.5, 0.5, 1e10, -1e38, Infinity, -Infinity, Number.NaN, 7.125, 1e-40];
const fewInts = [0, 1, -1, 5, 65535, 2 ** 31 - 1, -(2 ** 31), -987654321];
const pmin = (x: number, y: number): number => (y < x ? y : x);
const pmax = (x: number, y: number): number => (x < y ? y : x);

test("f32x4 and f64x2", () => {
  const rules: Record<string, Rule> = { ...arithmetic, pmin: (x, y) => pmin(x!, y!), pmax: (x, y) => pmax(x!, y!) };
  for (const [name, rule] of Object.entries(rules)) {
    const [single, double] = [f32x4[name as "add"], f64x2[name as "add"]];
    const each = (x: number, y: number): number => (withArity(name, rule, Number).length === 1 ? rule(x) : rule(x, y));
    if (single) checkLanes(Float32Array, Float32Array, few, name, single, each);
    if (double) checkLanes(Float64Array, Float64Array, few, name, double, each);
  }
  for (const [name, rule] of Object.entries(comparisons)) {
    checkLanes(Float32Array, Int32Array, few, name, f32x4[name as "eq"], (x, y) => -rule(x, y));
    const low = (x: V128, y: V128): V128 => f64x2[name as "eq"](x, y);
    const as64 = applyToLanes(
      (_, a, b) => low(a!, b!),
      [bytesOf(Float64Array.of(1, 2)), bytesOf(Float64Array.of(2, 2))],
    );
    expect([...new Int32Array(as64.buffer)]).toEqual([1, 2].flatMap((x) => [0 - rule(x, 2), 0 - rule(x, 2)]));
  }
});

test("i32x4", () => {
  const rules: Record<string, Rule> = {
    ...integers,
    abs: (x) => Math.abs(x!) | 0,
    neg: (x) => -x! | 0,
    minS: (x, y) => Math.min(x!, y!),
    maxS: (x, y) => Math.max(x!, y!),
    minU: (x, y) => Math.min(x! >>> 0, y! >>> 0) | 0,
    maxU: (x, y) => Math.max(x! >>> 0, y! >>> 0) | 0,
  };
  for (const [name, rule] of Object.entries(rules)) {
    const isTest = /^(eq|ne|(lt|gt|le|ge).)$/.test(name);
    checkLanes(Int32Array, Int32Array, fewInts, name, i32x4[name as "add"], (x, y) =>
      isTest ? -rule(x, y) : rule(x, y),
    );
  }
  for (const by of [0, 1, 13, 31]) {
    checkLanes(
      Int32Array,
      Int32Array,
      fewInts,
      "shl",
      (x) => i32x4.shl(x, by),
      (x) => x << by,
    );
    checkLanes(
      Int32Array,
      Int32Array,
      fewInts,
      "shrS",
      (x) => i32x4.shrS(x, i32.const(by)),
      (x) => x >> by,
    );
    checkLanes(
      Int32Array,
      Int32Array,
      fewInts,
      "shrU",
      (x) => i32x4.shrU(x, by),
      (x) => (x >>> by) | 0,
    );
  }
});

test("conversions between lanes", () => {
  checkLanes(Int32Array, Float32Array, fewInts, "convertI32x4S", f32x4.convertI32x4S, (x) => x);
  checkLanes(Int32Array, Float32Array, fewInts, "convertI32x4U", f32x4.convertI32x4U, (x) => x >>> 0);
  checkLanes(Float32Array, Int32Array, few, "S", i32x4.truncSatF32x4S, (x) => clamp(x, -(2 ** 31), 2 ** 31 - 1));
  checkLanes(Float32Array, Int32Array, few, "U", i32x4.truncSatF32x4U, (x) => clamp(x, 0, 2 ** 32 - 1));
  const singles = bytesOf(Float32Array.of(1.5, -2, 3, 4));
  const doubles = bytesOf(Float64Array.of(1.1, -2.9));
  const ints = bytesOf(Int32Array.of(-7, 2 ** 31 - 1, 3, 4));
  const run = (f: (x: V128) => V128, x: Uint8Array): ArrayBuffer =>
    applyToLanes((_, a) => f(a!), [x]).buffer as ArrayBuffer;
  expect([...new Float64Array(run(f64x2.promoteLowF32x4, singles))]).toEqual([1.5, -2]);
  expect([...new Float64Array(run(f64x2.convertLowI32x4S, ints))]).toEqual([-7, 2 ** 31 - 1]);
  expect([...new Float32Array(run(f32x4.demoteF64x2Zero, doubles))]).toEqual([1.1, -2.9, 0, 0].map(Math.fround));
  expect([...new Int32Array(run(i32x4.truncSatF64x2SZero, doubles))]).toEqual([1, -2, 0, 0]);
});

test("bits", () => {
  const x = Int32Array.of(0x0f0f0f0f, -1, 0, 0x12345678);
  const y = Int32Array.of(0x00ff00ff, 5, 0, -1);
  const mask = Int32Array.of(-65536, 255, -1, 0);
  const run = (f: (...v: V128[]) => V128): number[] => [
    ...new Int32Array(applyToLanes((_, ...v) => f(...v), [x, y, mask].map(bytesOf)).buffer),
  ];
  const rule = (f: (x: number, y: number, mask: number) => number): number[] =>
    [0, 1, 2, 3].map((k) => f(x[k]!, y[k]!, mask[k]!));
  expect(run((a) => v128.not(a!))).toEqual(rule((a) => ~a));
  expect(run((a, b) => v128.and(a!, b!))).toEqual(rule((a, b) => a & b));
  expect(run((a, b) => v128.andnot(a!, b!))).toEqual(rule((a, b) => a & ~b));
  expect(run((a, b) => v128.or(a!, b!))).toEqual(rule((a, b) => a | b));
  expect(run((a, b) => v128.xor(a!, b!))).toEqual(rule((a, b) => a ^ b));
  expect(run((a, b, c) => v128.bitselect(a!, b!, c!))).toEqual(rule((a, b, c) => (a & c) | (b & ~c)));
  expect(run((a, b) => v128.shuffle32(a!, b!, [3, 0, 5, 7]))).toEqual([x[3], x[0], y[1], y[3]]);
  expect(run((a, b) => v128.shuffle(a!, b!, [16, 1, 2, 3, ...Array.from({ length: 12 }, () => 12)]))[0]).toBe(
    0x0f0f0fff,
  );
  expect(run(() => v128.const(Uint8Array.from({ length: 16 }, (_, i) => i)))).toEqual([
    0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
  ]);
});

test("lanes and truth", () => {
  const { functions } = instantiate(1, false, (module) => {
    const add = (name: string, build: (x: Expression<"f32">) => Expression): void => {
      const value = build(f32.const(0));
      const fn = module.function({ params: ["f32"], result: value.type });
      fn.return(build(fn.params[0]));
      module.export(name, fn);
    };
    const vector = f32x4.const([1, 2, 3, 4]);
    add("extract", () => f32x4.extractLane(vector, 2));
    add("replace", (x) => f32x4.extractLane(f32x4.replaceLane(vector, 1, x), 1));
    add("kept", (x) => f32x4.extractLane(f32x4.replaceLane(vector, 1, x), 0));
    add("splat", (x) => f32x4.extractLane(f32x4.splat(x), 3));
    add("intSplat", (x) => i32x4.extractLane(i32x4.splat(i32.truncSatF32S(x)), 3));
    add("intReplace", (x) =>
      i32x4.extractLane(i32x4.replaceLane(i32x4.const([1, 2, 3, 4]), 3, i32.truncSatF32S(x)), 3),
    );
    add("doubleSplat", (x) => f64x2.extractLane(f64x2.splat(f64.promoteF32(x)), 1));
    add("doubleReplace", (x) => f64x2.extractLane(f64x2.replaceLane(f64x2.const([1, 2]), 1, f64.promoteF32(x)), 1));
    add("any", (x) => v128.anyTrue(f32x4.gt(vector, f32x4.splat(x))));
    add("all", (x) => v128.allTrue(f32x4.gt(vector, f32x4.splat(x))));
    add("mask", (x) => i32.bitmaskI32x4(f32x4.gt(vector, f32x4.splat(x))));
  });
  const at = (name: string, x: number): number => functions[name]!(x);
  expect(at("extract", 0)).toBe(3);
  expect(at("replace", 9)).toBe(9);
  expect(at("kept", 9)).toBe(1);
  for (const name of ["splat", "intSplat", "intReplace", "doubleSplat", "doubleReplace"]) expect(at(name, 7)).toBe(7);
  expect([0, 2.5, 5].map((x) => at("any", x))).toEqual([1, 1, 0]);
  expect([0, 2.5, 5].map((x) => at("all", x))).toEqual([1, 0, 0]);
  expect([0, 2.5, 5].map((x) => at("mask", x))).toEqual([15, 12, 0]);
});

test("memory", () => {
  const { functions, memory } = instantiate(1, false, (module) => {
    const fn = module.function({ params: ["i32"] });
    const [at] = fn.params;
    fn.store(at, i32.const(-2));
    fn.store(at, f32.const(1.5), 4);
    fn.store(at, f64.const(-2.25), 8);
    fn.store(at, f32x4.const([1, 2, 3, 4]), 16);
    fn.store8(at, -1, 32);
    fn.store16(at, 0x1234, 34);
    fn.storeLane32(at, i32x4.const([1, 2, 3, 4]), 2, 36);
    fn.storeLane64(at, f64x2.const([8, 9]), 1, 40);
    fn.copyMemory(i32.add(at, 64), at, 48);
    fn.fillMemory(i32.add(at, 128), 7, i32.const(5));
    module.export("write", fn);
    const read = (name: string, value: (address: Expression<"i32">) => Expression): void => {
      const reader = module.function({ params: ["i32"], result: value(i32.const(0)).type });
      reader.return(value(reader.params[0]));
      module.export(name, reader);
    };
    read("load", (a) => i32.load(a));
    read("load8U", (a) => i32.load8U(a, 32));
    read("load8S", (a) => i32.load8S(a, 32));
    read("load16U", (a) => i32.load16U(a));
    read("load16S", (a) => i32.load16S(a));
    read("f32", (a) => f32.load(a, 4));
    read("f64", (a) => f64.load(a, 8));
    read("vector", (a) => f32x4.extractLane(v128.load(a, 16), 3));
    read("splat32", (a) => f32x4.extractLane(v128.load32Splat(a, 20), 3));
    read("zero32", (a) => f32x4.extractLane(f32x4.add(v128.load32Zero(a, 20), 1), 3));
    read("first32", (a) => f32x4.extractLane(v128.load32Zero(a, 20), 0));
    read("splat64", (a) => f64x2.extractLane(v128.load64Splat(a, 40), 1));
    read("zero64", (a) => f64x2.extractLane(v128.load64Zero(a, 40), 1));
    read("constantAddress", () => i32.load(256 + 4, 4));
    read("table", (a) => i32.load8U(i32.add(i32.addressOf(Uint8Array.of(10, 20, 30)), a)));
    module.data(256, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 42));
  });
  functions.write!(512);
  const at = (name: string, address = 512): number => functions[name]!(address);
  expect(at("load")).toBe(-2);
  expect([at("load8U"), at("load8S"), at("load16U"), at("load16S")]).toEqual([255, -1, 65534, -2]);
  expect([at("f32"), at("f64"), at("vector"), at("splat32"), at("zero32"), at("first32")]).toEqual([
    1.5, -2.25, 4, 2, 1, 2,
  ]);
  expect([at("splat64"), at("zero64")]).toEqual([9, 0]);
  expect([at("f32", 576), at("vector", 576)]).toEqual([1.5, 4]);
  expect([...new Uint8Array(memory.buffer, 640, 6)]).toEqual([7, 7, 7, 7, 7, 0]);
  expect([...new Uint8Array(memory.buffer, 546, 2)]).toEqual([0x34, 0x12]);
  expect(new Int32Array(memory.buffer, 548, 1)[0]).toBe(3);
  expect([at("constantAddress"), at("table", 2)]).toEqual([42, 30]);
});

test("multiply-add, plain and relaxed", () => {
  const x = Float32Array.of(1 + 2 ** -12, 2, 3, -4);
  const y = Float32Array.of(1 + 2 ** -12, 5, 6, 7);
  const z = Float32Array.of(-1 - 2 ** -11, 1, 2, 3);
  const run = (f: (...v: V128[]) => V128, fma: boolean): number[] => [
    ...new Float32Array(applyToLanes((_, ...v) => f(...v), [x, y, z].map(bytesOf), fma).buffer),
  ];
  const plainly = [0, 1, 2, 3].map((k) => Math.fround(Math.fround(x[k]! * y[k]!) + z[k]!));
  expect(run((a, b, c) => f32x4.ma(a!, b!, c!), false)).toEqual(plainly);
  expect(run((a, b, c) => f32x4.nma(a!, b!, f32x4.neg(c!)), false)).toEqual(
    plainly.map((each) => (each === 0 ? 0 : -each)),
  );
  if (!hasFma) return;
  const fused = [0, 1, 2, 3].map((k) => Math.fround(x[k]! * y[k]! + z[k]!));
  for (const f of [f32x4.ma, f32x4.relaxedMadd]) {
    const result = run((a, b, c) => f(a!, b!, c!), true);
    expect(result.slice(1)).toEqual(fused.slice(1));
    expect([plainly[0], fused[0]]).toContain(result[0]);
  }
  expect(run((a, b, c) => f32x4.relaxedNmadd(a!, b!, c!), true).slice(1)).toEqual([-9, -16, 31]);
});
