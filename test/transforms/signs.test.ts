// Comparisons with zero that always have the same outcome.
import { expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { abs, neg, square } from "../../src/ir/primitives/arithmetic.js";
import { broadcastTo } from "../../src/ir/primitives/axes.js";
import { greater, greaterEqual, less, lessEqual, select } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log, sigmoid, softplus, sqrt } from "../../src/ir/primitives/exponential.js";
import { stopGradient } from "../../src/ir/primitives/marks.js";
import type { Program, Variable } from "../../src/ir/program.js";
import { simplify } from "../../src/transforms/simplify.js";

const programOf = (body: (x: Variable) => Variable): Program =>
  build([{ shape: [3], dtype: "float32" }], (x) => [body(x!)]);
const namesOf = (program: Program): string[] => simplify(program).equations.map(({ primitive }) => primitive.name);
const input = { shape: [3], dtype: "float32", elements: Float64Array.of(-2, 0, 1.5) } as const;

test.each<[string, (x: Variable) => Variable]>([
  ["eˣ > 0", (x) => greater(exp(x), 0)],
  ["eˣ ≥ 0", (x) => greaterEqual(exp(x), 0)],
  ["eˣ ≤ 0", (x) => lessEqual(exp(x), 0)],
  ["0 < eˣ", (x) => less(broadcastTo(mul(0, 1), [3]), exp(x))],
  ["eˣ, held constant and stretched, > 0", (x) => greater(broadcastTo(stopGradient(exp(x)), [2, 3]), 0)],
  ["|x| ≥ 0", (x) => greaterEqual(abs(x), 0)],
  ["|x| < 0", (x) => less(abs(x), 0)],
  ["|x| > −1", (x) => greater(abs(x), -1)],
  ["−1 ≥ σ(x)", (x) => greaterEqual(mul(1, -1), sigmoid(x))],
  ["eˣ·|x| + x² ≥ 0", (x) => greaterEqual(add(mul(exp(x), abs(x)), square(x)), 0)],
])("%s is decided, as it is", (_, body) => {
  const program = programOf(body);
  const simple = simplify(program);
  expect(namesOf(program)).toEqual(["broadcastTo"]);
  expect(simple.equations[0]!.inputs[0]!.shape).toEqual([]);
  expect(evaluate(simple, [input])).toEqual(evaluate(program, [input]));
});

test.each<[string, (x: Variable) => Variable]>([
  ["x > 0", (x) => greater(x, 0)],
  ["eˣ > 1", (x) => greater(exp(x), 1)],
  ["−eˣ > 0", (x) => greater(neg(exp(x)), 0)],
  ["|x| > 0", (x) => greater(abs(x), 0)],
  ["|x| ≤ 0", (x) => lessEqual(abs(x), 0)],
  ["x·eˣ ≥ 0", (x) => greaterEqual(mul(x, exp(x)), 0)],
  // these are rounded to 0 far from there, where logarithms would be infinite
  ["σ(x) > 0", (x) => greater(sigmoid(x), 0)],
  ["log(1 + eˣ) > 0", (x) => greater(softplus(x), 0)],
  // no number for negative x
  ["√x ≥ 0", (x) => greaterEqual(sqrt(x), 0)],
])("%s is not", (_, body) => {
  const program = programOf(body);
  const last = namesOf(program).at(-1)!;
  expect(["greater", "greaterEqual", "less", "lessEqual"]).toContain(last);
  expect(evaluate(simplify(program), [input])).toEqual(evaluate(program, [input]));
});

test("the logarithm of a guarded eˣ is x", () => {
  const program = programOf((x) => {
    const y = exp(x);
    const isInside = greater(stopGradient(y), 0);
    return select(isInside, log(select(isInside, y, 1)), Number.NEGATIVE_INFINITY);
  });
  expect(namesOf(program)).toEqual([]);
});
