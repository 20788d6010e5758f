// Log determinants of bijectors from differences, in double precision.
import type * as tf from "@tensorflow/tfjs-core";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";
import type { NDArray } from "../../../src/ir/primitive.js";
import { inDoubles } from "../arrays.js";

export const vector = (elements: readonly number[], shape: readonly number[] = [elements.length]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});

/** log |det| of a square matrix given by rows, by elimination. */
function logAbsDeterminant(rows: number[][]): number {
  const a = rows.map((row) => [...row]);
  let total = 0;
  for (let k = 0; k < a.length; k++) {
    const pivot = a.reduce((best, row, i) => (i > k && Math.abs(row[k]!) > Math.abs(a[best]![k]!) ? i : best), k);
    [a[k], a[pivot]] = [a[pivot]!, a[k]!];
    total += Math.log(Math.abs(a[k]![k]!));
    for (let i = k + 1; i < a.length; i++) {
      const factor = a[i]![k]! / a[k]![k]!;
      for (let j = k; j < a.length; j++) a[i]![j]! -= factor * a[k]![j]!;
    }
  }
  return total;
}

/** The Jacobian of f at x by the five-point formula: rows are elements of the result. */
export function jacobian(f: (x: tf.Tensor) => tf.Tensor, x: NDArray, step = 2e-4): number[][] {
  const at = (i: number, h: number) =>
    inDoubles((each) => f(each!), [{ ...x, elements: x.elements.map((each, j) => (j === i ? each + h : each)) }])
      .elements;
  const columns = [...x.elements].map((_, i) => {
    const [a, b, c, d] = [at(i, -2 * step), at(i, -step), at(i, step), at(i, 2 * step)];
    return [...a].map((_, j) => (a[j]! - 8 * b[j]! + 8 * c[j]! - d[j]!) / (12 * step));
  });
  return columns[0]!.map((_, j) => columns.map((column) => column[j]!));
}

/** log |det ∂y/∂x| at one event x, from the elements `free` of y that the others follow from. */
export const numericLogDet = (of: Bijector, x: NDArray, free?: readonly number[]): number => {
  const rows = jacobian(of.forward, x);
  return logAbsDeterminant(free ? free.map((i) => rows[i]!) : rows);
};
