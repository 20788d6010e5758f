// Structures of programs: equal for programs that differ in nothing but names, different for everything else.
import "elbow";
import { describe, expect, test } from "vitest";
import { build, builder, emitOne } from "../../src/ir/builder.js";
import { reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../src/ir/primitives/exponential.js";
import type { DType, Program, Variable } from "../../src/ir/program.js";
import { sameStructure, structureOf } from "../../src/ir/structure.js";
import { scanPrimitive } from "../../src/transforms/scan.js";

interface Parts {
  readonly shape?: readonly number[];
  readonly dtype?: DType;
  readonly constant?: number;
  readonly table?: Float64Array;
  readonly f?: (x: Variable) => Variable;
  readonly axes?: readonly number[];
  readonly isSwapped?: boolean;
  readonly outputs?: number;
}

const long = Float64Array.from({ length: 100 }, (_, i) => i);
const longButOne = long.with(99, 98.5);

function programOf(parts: Parts = {}): Program {
  const { shape = [2, 100], dtype = "float32", constant = 2, table = long, f = exp } = parts;
  const { axes = [0], isSwapped = false, outputs = 1 } = parts;
  return build(
    [
      { shape, dtype },
      { shape, dtype },
    ],
    (...inputs) => {
      const [x, y] = (isSwapped ? inputs.toReversed() : inputs) as [Variable, Variable];
      const sum = reduceSum(add(x, mul(constant, y)), axes);
      const result = dtype === "float32" ? f(sum) : sum;
      const known = reduceSum(add(builder().constant(table, [table.length], "float32"), 0));
      return [result, known].slice(0, outputs);
    },
  );
}

/** A loop that applies a function of matrices to its carry. */
const looping =
  (f: (x: Variable) => Variable, length = 3) =>
  (x: Variable): Variable => {
    const carry = reshape(x, [1, x.shape[0]!]);
    const body = build([{ shape: carry.shape, dtype: "float32" }], (inner) => [reshape(f(inner!), carry.shape)]);
    const attributes = { body, constants: 0, carries: 1, length, reverse: false };
    return emitOne(scanPrimitive, [carry], attributes);
  };
const turned =
  (permutation: readonly number[]) =>
  (x: Variable): Variable =>
    transpose(x, permutation);

const isSame = (a: Program, b: Program): boolean => sameStructure(structureOf(a), structureOf(b));

test("programs that were built the same way have the same structure", () => {
  expect(programOf().inputs[0]!.id).not.toBe(programOf().inputs[0]!.id);
  expect(isSame(programOf(), programOf())).toBe(true);
  expect(isSame(programOf({ table: long.slice() }), programOf())).toBe(true);
  expect(isSame(programOf({ constant: Number.NaN }), programOf({ constant: Number.NaN }))).toBe(true);
});

describe("programs that differ in one thing have different structures", () => {
  test.each<[string, Parts, Parts?]>([
    ["a constant", { constant: 2.000001 }],
    ["the sign of a zero", { constant: 0 }, { constant: -0 }],
    ["one element of a long constant", { table: longButOne }],
    ["the length of a constant", { table: long.slice(0, 99) }],
    ["a shape", { shape: [100, 2] }],
    ["a dtype", { dtype: "int32" }],
    ["a primitive", { f: tanh }],
    ["an attribute", { axes: [1] }],
    ["the order of the inputs", { isSwapped: true }],
    ["the outputs", { outputs: 2 }],
    ["the inner program of a loop", { f: looping(exp) }, { f: looping(tanh) }],
    ["the length of a loop", { f: looping(exp, 3) }, { f: looping(exp, 4) }],
    ["an attribute of an inner program", { f: looping(turned([1, 0])) }, { f: looping(turned([0, 1])) }],
  ])("%s", (_, parts, others = {}) => {
    expect(isSame(programOf(parts), programOf(others))).toBe(false);
    expect(isSame(programOf(parts), programOf(parts))).toBe(true);
  });
});
