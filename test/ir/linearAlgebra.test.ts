import { expect, test } from "vitest";
import { build, builder } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { cholesky, choleskySolve, logDeterminant } from "../../src/ir/primitives/cholesky.js";
import { triu } from "../../src/ir/primitives/diagonals.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { dot, matMul, matVec, outer } from "../../src/ir/primitives/matMul.js";
import { triangularSolveVector } from "../../src/ir/primitives/triangularSolve.js";
import type { NDArray, Program, Variable } from "../../src/ir/program.js";
import { valueAndGrad } from "../../src/transforms/grad.js";

const array = (shape: number[], ...elements: number[]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});
const program = (inputs: NDArray[], f: (...x: Variable[]) => Variable): Program => build(inputs, (...x) => [f(...x)]);
const run = (inputs: NDArray[], f: (...x: Variable[]) => Variable): NDArray => evaluate(program(inputs, f), inputs)[0]!;

function expectClose(received: ArrayLike<number>, expected: readonly number[]): void {
  expect(received.length).toBe(expected.length);
  expected.forEach((want, i) => {
    expect(received[i]).toBeCloseTo(want, 12);
  });
}

// det = 2·(4 − 0.25) − 0.5·(1 − 0.15) + 0.3·(0.25 − 0.6)
const a = array([3, 3], 2, 0.5, 0.3, 0.5, 2, 0.5, 0.3, 0.5, 2);
const determinant = 2 * (4 - 0.25) - 0.5 * (1 - 0.15) + 0.3 * (0.25 - 0.6);

test("log determinant and its gradient, the inverse", () => {
  expectClose(run([a], logDeterminant).elements, [Math.log(determinant)]);
  const [, gradient] = evaluate(valueAndGrad(program([a], logDeterminant)), [a]);
  expectClose(run([a, gradient!], (x, y) => matMul(x, y)).elements, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test("the second derivative of a log determinant, −tr(A⁻¹·dA·A⁻¹·dA), by differentiating twice", () => {
  const t = array([], 0.7);
  // A(t) = [[t, 1/2], [1/2, 2]]: log det = log(2t − 1/4)
  const constant = (...elements: number[]) => builder().constant(Float64Array.from(elements), [2, 2], "float32");
  const f = (x: Variable): Variable => logDeterminant(add(mul(constant(1, 0, 0, 0), x), constant(0, 0.5, 0.5, 2)));
  const once = valueAndGrad(program([t], f));
  const [, slope] = once.outputs;
  const twice = valueAndGrad({ ...once, outputs: [slope!] });
  const [first, second] = evaluate(twice, [t]);
  expectClose(first!.elements, [2 / 1.15]);
  expectClose(second!.elements, [-4 / 1.15 ** 2]);
});

test("a matrix that is not positive definite has no factor, and the others of its batch do", () => {
  const { elements } = run([array([2, 2, 2], 1, 2, 2, 1, 4, 0, 0, 9)], cholesky);
  expect([...elements.subarray(0, 4)]).toEqual([Number.NaN, 0, Number.NaN, Number.NaN]);
  expect([...elements.subarray(4)]).toEqual([2, 0, 0, 3]);
});

test("solving through the factor", () => {
  const b = array([3, 2], 1, 2, 3, 4, 5, 6);
  const residual = run([a, b], (x, y) => matMul(x, choleskySolve(cholesky(x), y)));
  expectClose(residual.elements, [1, 2, 3, 4, 5, 6]);
});

test("triangular systems read only their triangle", () => {
  const matrix = array([2, 2], 2, 99, 1, 4);
  expectClose(run([matrix, array([2], 2, 9)], (m, v) => triangularSolveVector(m, v)).elements, [1, 2]);
  const upper = (m: Variable, b: Variable) => triangularSolveVector(m, b, { lower: false });
  expectClose(run([array([2, 2], 2, 1, 99, 4), array([2], 4, 8)], upper).elements, [1, 2]);
  const transposed = (m: Variable, b: Variable) => triangularSolveVector(m, b, { transpose: true });
  expectClose(run([matrix, array([2], 4, 8)], transposed).elements, [1, 2]);
});

test("products of vectors", () => {
  const [x, y] = [array([2], 1, 2), array([2], 3, 4)];
  expectClose(run([x, y], dot).elements, [11]);
  expectClose(run([x, y], outer).elements, [3, 4, 6, 8]);
  expectClose(run([array([3, 2], 1, 0, 0, 1, 1, 1), y], matVec).elements, [3, 4, 7]);
  expectClose(run([array([2, 2], 1, 2, 3, 4)], (m) => triu(m, 1)).elements, [0, 2, 0, 0]);
});

test("shapes that do not fit are refused with both shapes", () => {
  expect(() => run([array([2, 3], 1, 2, 3, 4, 5, 6), a, a], (x) => matMul(x, x))).toThrow(/\[2, 3\].*\[2, 3\]/);
  expect(() => run([array([2, 3], 1, 2, 3, 4, 5, 6)], cholesky)).toThrow(/square/);
});
