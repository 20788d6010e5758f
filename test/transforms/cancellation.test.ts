// What cancels is left out: values and first and second derivatives stay the same, and what must not cancel does not.
import { describe, expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { inline } from "../../src/ir/interpret.js";
import { div, neg, reciprocal, square, sub } from "../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape } from "../../src/ir/primitives/axes.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log, log1p, sigmoid } from "../../src/ir/primitives/exponential.js";
import { stopGradient } from "../../src/ir/primitives/marks.js";
import type { NDArray, Program, Type, Variable } from "../../src/ir/program.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { simplify } from "../../src/transforms/simplify.js";
import { range, type Shape, sizeOf } from "../../src/util/shapes.js";

type Body = (...inputs: Variable[]) => Variable;

const real = (shape: Shape): Type => ({ shape, dtype: "float32" });
const programOf = (shapes: readonly Shape[], body: Body): Program =>
  build(shapes.map(real), (...inputs) => [body(...inputs)]);
const namesOf = ({ equations }: Program): string[] => equations.map(({ primitive }) => primitive.name);
const numbers = (shape: Shape, seed: number): NDArray => ({
  ...real(shape),
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, n) => 0.3 + Math.sin(7 * seed + n + 1) ** 2),
});

/** Σ exp(f/3): a scalar whose derivatives see those of all elements of f. */
const lossOf = (program: Program): Program =>
  build(program.inputs, (...inputs) => [reduceSum(exp(mul(inline(program, inputs)[0]!, 1 / 3)))]);

/** The weighted squares of all first derivatives: its gradient is made of second derivatives. */
const slopeOf = (program: Program): Program =>
  build(program.inputs, (...inputs) => {
    const [, ...slopes] = inline(valueAndGrad(program), inputs);
    return [slopes.map((each, i) => reduceSum(mul(square(each), 1 + i))).reduce((sum, each) => add(sum, each))];
  });

/** Value, first and second derivatives. */
const derivativesOf = (program: Program, inputs: readonly NDArray[]): number[] => {
  const loss = lossOf(program);
  const programs = [program, valueAndGrad(loss), valueAndGrad(slopeOf(loss))];
  return programs.flatMap((each) => evaluate(each, inputs).flatMap(({ elements }) => [...elements]));
};

function expectSame(before: Program, after: Program): void {
  const inputs = before.inputs.map(({ shape }, i) => numbers(shape, i));
  const expected = derivativesOf(before, inputs);
  const received = derivativesOf(after, inputs);
  expect(received).toHaveLength(expected.length);
  for (const [i, each] of received.entries()) expect(each).toBeCloseTo(expected[i]!, 9);
}

/** Shapes of the operands, what is computed, and the operations that are left. */
const cancelling: Readonly<Record<string, readonly [shapes: readonly Shape[], body: Body, left: string]>> = {
  "(a + b) − b": [[[3], [3]], (a, b) => sub(add(a!, b!), b!), ""],
  "(a + b) − a": [[[3], [3]], (a, b) => sub(add(a!, b!), a!), ""],
  "(a − b) + b": [[[3], [3]], (a, b) => add(sub(a!, b!), b!), ""],
  "b + (a − b)": [[[3], [3]], (a, b) => add(b!, sub(a!, b!)), ""],
  "a − (a − b)": [[[3], [3]], (a, b) => sub(a!, sub(a!, b!)), ""],
  "a − (a + b)": [[[3], [3]], (a, b) => sub(a!, add(a!, b!)), "neg"],
  "(a − b) − a": [[[3], [3]], (a, b) => sub(sub(a!, b!), a!), "neg"],
  "(a + b) + (−b)": [[[3], [3]], (a, b) => add(add(a!, b!), neg(b!)), ""],
  "(a + b + c) − b": [[[3], [3], [3]], (a, b, c) => sub(add(add(a!, b!), c!), b!), "add"],
  "(a + b) − (c + b)": [[[3], [3], [3]], (a, b, c) => sub(add(a!, b!), add(c!, b!)), "sub"],
  "((a + b) + c) − (a + b)": [[[3], [3], [3]], (a, b, c) => sub(add(add(a!, b!), c!), add(a!, b!)), ""],
  "(a + 2) − 2": [[[3]], (a) => sub(add(a!, 2), 2), ""],
  "(a·b)/b": [[[3], [3]], (a, b) => div(mul(a!, b!), b!), ""],
  "(a/b)·b": [[[3], [3]], (a, b) => mul(div(a!, b!), b!), ""],
  "a/(a/b)": [[[3], [3]], (a, b) => div(a!, div(a!, b!)), ""],
  "a/(a·b)": [[[3], [3]], (a, b) => div(a!, mul(a!, b!)), "reciprocal"],
  "(a·b)·(1/b)": [[[3], [3]], (a, b) => mul(mul(a!, b!), reciprocal(b!)), ""],
  "((a·b)·c)/b": [[[3], [3], [3]], (a, b, c) => div(mul(mul(a!, b!), c!), b!), "mul"],
  "−((−a)·b)": [[[3], [3]], (a, b) => neg(mul(neg(a!), b!)), "mul"],
  "−(a/(−b))": [[[3], [3]], (a, b) => neg(div(a!, neg(b!))), "div"],
  "−((3a)·b)": [[[3], [3]], (a, b) => neg(mul(mul(a!, 3), b!)), "mul mul"],
  "(a + ½b) + ½b": [[[3], [3]], (a, b) => add(add(a!, mul(b!, 0.5)), mul(b!, 0.5)), "add"],
  "(a + 3b) + 3b": [[[3], [3]], (a, b) => add(add(a!, mul(b!, 3)), mul(b!, 3)), "mul add"],
  "((m + s·ε) − m)/s": [[[3], [3], [3]], (m, s, e) => div(sub(add(m!, mul(s!, e!)), m!), s!), ""],
  "the same with scalars m and s": [[[], [], [2, 3]], (m, s, e) => div(sub(add(m!, mul(s!, e!)), m!), s!), ""],
  "the same, stretched in between": [
    [[3], [1], [2, 3]],
    (m, s, e) => {
      const draw = add(broadcastTo(m!, [2, 3]), mul(broadcastTo(s!, [2, 3]), e!));
      return div(sub(draw, broadcastTo(reshape(m!, [1, 3]), [2, 3])), s!);
    },
    "",
  ],
  "log p − log1p(−p), p = σ(x)": [[[3]], (x) => logOdds(sigmoid(x!), (p) => log1p(neg(p))), ""],
  "log p − log(1 − p), p = σ(x)": [[[3]], (x) => logOdds(sigmoid(x!), (p) => log(sub(1, p))), ""],
};
const logOdds = (p: Variable, logComplement: (p: Variable) => Variable) => sub(log(p), logComplement(p));

describe.each(Object.entries(cancelling))("%s", (_, [shapes, body, left]) => {
  const program = programOf(shapes, body);
  test("is left out", () => expect(namesOf(simplify(program)).join(" ")).toBe(left));
  test("and all derivatives stay the same", () => expectSame(program, simplify(program)));
});

test.each([
  ["a − a", (a: Variable) => sub(a, a), 0],
  ["a + (−a)", (a: Variable) => add(a, neg(a)), 0],
  ["a/a", (a: Variable) => div(a, a), 1],
  ["a·(1/a)", (a: Variable) => mul(a, reciprocal(a)), 1],
])("%s is a constant", (_, body, value) => {
  const simple = simplify(programOf([[3]], body as Body));
  expect(namesOf(simple)).toEqual(["broadcastTo"]);
  expect([...evaluate(simple, [numbers([3], 1)])[0]!.elements]).toEqual([value, value, value]);
});

/** What looks alike and is something else. */
const different: Readonly<Record<string, readonly [shapes: readonly Shape[], body: Body]>> = {
  "a value and the same one held constant": [[[3], [3]], (a, b) => sub(add(a!, b!), stopGradient(b!))],
  "a held constant in the sum": [[[3], [3]], (a, b) => sub(add(a!, stopGradient(b!)), b!)],
  "the score function's factor": [[[3]], (a) => exp(sub(a!, stopGradient(a!)))],
  "a factor held constant": [[[3], [3]], (a, b) => div(mul(a!, b!), stopGradient(b!))],
  "the same elements in another order": [
    [[2, 2]],
    (a) => sub(add(a!, reshape(reshape(a!, [4]), [2, 2])), broadcastTo(reduceSum(a!, [0]), [2, 2])),
  ],
  "a column and a row": [[[3], [3]], (a, b) => sub(add(reshape(a!, [3, 1]), b!), a!)],
  "more than one operation is left": [[[3], [3], [3], [3]], (a, b, c, d) => sub(add(add(a!, b!), add(c!, d!)), b!)],
};

test.each(Object.entries(different))("%s: nothing cancels", (_, [shapes, body]) => {
  const program = programOf(shapes, body);
  const simple = simplify(program);
  expect(namesOf(simple).filter((name) => name === "sub" || name === "div").length).toBeGreaterThan(0);
  expectSame(program, simple);
});

test("what is added in order to round stays", () => {
  const program = programOf([[3]], (a) => sub(add(a!, 1.5 * 2 ** 23), 1.5 * 2 ** 23));
  expect(namesOf(simplify(program))).toEqual(["add", "sub"]);
});

test("whole numbers are left alone", () => {
  const integer: Type = { shape: [], dtype: "int32" };
  const program = build([integer, integer], (a, b) => [sub(add(a!, b!), b!)]);
  expect(namesOf(simplify(program))).toEqual(["add", "sub"]);
});

test("where the left side is NaN, the right side is the limit", () => {
  const at = (body: Body, ...values: number[]): number => {
    const simple = simplify(
      programOf(
        values.map(() => []),
        body,
      ),
    );
    return evaluate(
      simple,
      values.map((x) => ({ ...real([]), elements: Float64Array.of(x) })),
    )[0]!.elements[0]!;
  };
  expect(at((a, b) => div(mul(a!, b!), b!), 3, 0)).toBe(3);
  expect(at((a, b) => sub(add(a!, b!), b!), 3, Number.POSITIVE_INFINITY)).toBe(3);
  expect(at((x) => logOdds(sigmoid(x!), (p) => log1p(neg(p))), 80)).toBe(80);
});

test("a normal's log density at its own draw is one of ε before the gradient is taken", () => {
  const shape: Shape = [4];
  const body: Body = (m, s, e) => {
    const x = add(m!, mul(exp(s!), e!));
    return sub(mul(-0.5, square(div(sub(x, m!), exp(s!)))), log(exp(s!)));
  };
  const simple = simplify(programOf([shape, shape, shape], body));
  expect(namesOf(simple)).toEqual(["mul", "mul", "sub"]);
  // −½ε² − s: no derivative in m, −1 in s
  const { outputs } = simplify(valueAndGrad(lossOf(simple), { wrt: [0] }));
  expect(outputs).toHaveLength(2);
  const [, slope] = evaluate(
    valueAndGrad(lossOf(simple), { wrt: [0] }),
    range(3).map((i) => numbers(shape, i)),
  );
  expect([...slope!.elements]).toEqual([0, 0, 0, 0]);
});
