// Thin products that are large enough to be computed in parts.
import { expect, test } from "vitest";
import { partsWork } from "../../../src/runtime/wasm/kernels/productParts.js";
import { array, check } from "./runKernel.js";

const sizes = [
  // rows, inner, columns: parts of rows, with and without remainders
  [10_000, 50, 10],
  [9_999, 51, 7],
  [20_003, 33, 1],
  [400, 1003, 3],
  // parts of the inner axis
  [10, 10_000, 50],
  [3, 50_001, 7],
  [1, 300_000, 3],
  [47, 9_998, 2],
] as const;

test.for(sizes)("%i × %i times %i columns", ([rows, inner, columns]) => {
  const step = 4;
  const form = {
    dtype: "float32",
    rows,
    inner,
    columns,
    a: { row: step * inner, inner: step },
    b: { inner: step * columns, column: step },
    cRow: step * columns,
    isAdded: false,
  } as const;
  expect(partsWork(form)!.steps).toBeGreaterThan(1);
  // a sum of many products of either sign rounds in proportion to the products, not to what is left of them
  check("matMul", [array([rows, inner]), array([inner, columns])], {}, Math.max(1e-5, 1e-9 * inner));
});
