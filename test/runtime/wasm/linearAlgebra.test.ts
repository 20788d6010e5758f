import { describe, it } from "vitest";
import type { NDArray } from "../../../src/ir/program.js";
import type { Shape } from "../../../src/util/shapes.js";
import { array, check } from "./runKernel.js";

/** Well-conditioned positive definite matrices, plus something antisymmetric, which is not read. */
function positiveDefinite(n: number, batch: Shape = []): NDArray {
  const noise = array([...batch, n, n]);
  const elements = noise.elements.map((each, at) => {
    const [i, j] = [Math.floor(at / n) % n, at % n];
    return Math.fround(i === j ? n + Math.abs(each) : Math.cos(i + j) / 2 + (i < j ? 0.25 : -0.25));
  });
  return { ...noise, elements };
}

describe("kernels of linear algebra", () => {
  it("cholesky", () => {
    for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 60]) check("cholesky", [positiveDefinite(n)]);
    check("cholesky", [positiveDefinite(3, [2, 3])]);
    check("cholesky", [positiveDefinite(9, [2])]);
    check("cholesky", [positiveDefinite(3, [0])]);
  });

  it("cholesky gives NaN for a matrix that is not positive definite, and only there", () => {
    for (const n of [1, 2, 3, 6, 9]) {
      const matrices = positiveDefinite(n, [3]);
      matrices.elements[n * n + (n >> 1) * (n + 1)] = -1;
      check("cholesky", [matrices]);
    }
    check("cholesky", [array([2, 2], "float32", () => Number.NaN)]);
    check("cholesky", [array([3, 3], "float32", () => 0)]);
  });

  it("triangularSolve", () => {
    const cases: [number, number, Shape, Shape][] = [
      [1, 1, [], []],
      [5, 1, [], []],
      [5, 2, [], []],
      [4, 3, [], []],
      [9, 7, [], []],
      [6, 8, [], []],
      [20, 19, [], []],
      [40, 33, [], []],
      [0, 3, [], []],
      [3, 0, [], []],
      [3, 2, [2], []],
      [3, 1, [], [2, 2]],
      [3, 4, [2, 1], [1, 3]],
      [4, 9, [2], [2]],
    ];
    for (const [n, columns, batchA, batchB] of cases)
      for (const lower of [true, false])
        for (const transpose of [true, false]) {
          const matrix = array([...batchA, n, n], "float32", (at) =>
            at % n === Math.floor(at / n) % n ? 2 + (at % 3) : Math.fround(Math.sin(at) / n),
          );
          const b = array([...batchB, n, columns]);
          check("triangularSolve", [matrix, b], { lower, transpose });
        }
  });
});
