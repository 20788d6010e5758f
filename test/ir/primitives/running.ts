import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { inline } from "../../../src/ir/interpret.js";
import { reduceSum } from "../../../src/ir/primitives/axes.js";
import type { NDArray, Variable } from "../../../src/ir/program.js";
import { valueAndGrad } from "../../../src/transforms/grad.js";

/** A float array. */
export const array = (shape: readonly number[], ...elements: number[]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});
export const scalar = (x: number): NDArray => array([], x);
export const vector = (...elements: number[]): NDArray => array([elements.length], ...elements);
export const integers = (shape: readonly number[], ...elements: number[]): NDArray => ({
  ...array(shape, ...elements),
  dtype: "int32",
});

/** The value of a function of arrays, as shape and plain elements. */
export function run(inputs: readonly NDArray[], f: (...x: Variable[]) => Variable) {
  const [result] = evaluate(
    build(inputs, (...x) => [f(...x)]),
    inputs,
  );
  return { shape: [...result!.shape], elements: [...result!.elements] };
}

/** Elements of the n-th derivative in one input of the sum of a function's elements; summed again between derivatives. */
export function derivative(
  inputs: readonly NDArray[],
  f: (...x: Variable[]) => Variable,
  order = 1,
  wrt = 0,
): number[] {
  const summed = build(inputs, (...x) => [reduceSum(f(...x))]);
  const gradient = valueAndGrad(summed, { wrt: [wrt] });
  if (order === 1) return [...evaluate(gradient, inputs)[1]!.elements];
  return derivative(inputs, (...x) => inline(gradient, x)[1]!, order - 1, wrt);
}
