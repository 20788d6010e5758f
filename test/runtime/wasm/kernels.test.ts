import { describe, expect, it } from "vitest";
import type { DType } from "../../../src/ir/program.js";
import { range, type Shape } from "../../../src/util/shapes.js";
import { array, check, compile } from "./runKernel.js";

const dtypes: readonly DType[] = ["float32", "int32", "bool"];

describe("kernels that copy", () => {
  it("slice", () => {
    const cases: [Shape, number[], number[]][] = [
      [[], [], []],
      [[7], [2], [5]],
      [[7], [2], [0]],
      [
        [5, 6],
        [1, 0],
        [3, 6],
      ],
      [
        [5, 9],
        [1, 2],
        [3, 5],
      ],
      [
        [4, 3, 40],
        [1, 1, 3],
        [2, 2, 37],
      ],
      [
        [3, 2, 400],
        [1, 0, 3],
        [2, 2, 301],
      ],
      [
        [2, 3, 4, 5],
        [1, 0, 1, 2],
        [1, 3, 2, 3],
      ],
    ];
    for (const [shape, begin, size] of cases)
      for (const dtype of dtypes) check("slice", [array(shape, dtype)], { begin, size });
  });

  it("pad and padWith", () => {
    const cases: [Shape, [number, number][]][] = [
      [[], []],
      [[3], [[2, 1]]],
      [[0], [[2, 1]]],
      [
        [3, 6],
        [
          [0, 1],
          [2, 3],
        ],
      ],
      [
        [2, 1, 3, 4],
        [
          [0, 1],
          [1, 1],
          [0, 0],
          [2, 0],
        ],
      ],
    ];
    for (const [shape, paddings] of cases)
      for (const dtype of dtypes) {
        check("pad", [array(shape, dtype)], { paddings });
        check("padWith", [array(shape, dtype)], { paddings, value: dtype === "float32" ? -1.5 : 1 });
      }
  });

  it("reverse", () => {
    const cases: [Shape, number[]][] = [
      [[5], [0]],
      [[11], [0]],
      [[0], [0]],
      [[3, 9], [1]],
      [[3, 9], [0]],
      [
        [3, 9],
        [0, 1],
      ],
      [
        [2, 3, 4, 5],
        [1, 3],
      ],
      [
        [2, 3, 1, 5],
        [0, 2],
      ],
    ];
    for (const [shape, axes] of cases) for (const dtype of dtypes) check("reverse", [array(shape, dtype)], { axes });
  });

  it("concat", () => {
    const cases: [Shape[], number][] = [
      [[[3], [1], [0], [5]], 0],
      [
        [
          [2, 3],
          [2, 1],
          [2, 6],
        ],
        1,
      ],
      [
        [
          [2, 3],
          [1, 3],
        ],
        0,
      ],
      [
        [
          [2, 3, 1, 4],
          [2, 1, 1, 4],
        ],
        1,
      ],
      [range(256).map(() => [1]), 0],
    ];
    for (const [shapes, axis] of cases)
      for (const dtype of dtypes)
        check(
          "concat",
          shapes.map((shape) => array(shape, dtype)),
          { axis },
        );
  });

  it("transpose", () => {
    const cases: [Shape, number[]][] = [
      [[], []],
      [[5], [0]],
      [
        [3, 5],
        [1, 0],
      ],
      [
        [8, 12],
        [1, 0],
      ],
      [
        [37, 53],
        [1, 0],
      ],
      [
        [1, 6],
        [1, 0],
      ],
      [
        [0, 6],
        [1, 0],
      ],
      [
        [2, 3, 5],
        [1, 0, 2],
      ],
      [
        [9, 6, 5],
        [2, 0, 1],
      ],
      [
        [9, 6, 5],
        [2, 1, 0],
      ],
      [
        [6, 1, 7, 5],
        [3, 1, 0, 2],
      ],
      [
        [2, 3, 6, 7],
        [0, 1, 3, 2],
      ],
    ];
    for (const [shape, permutation] of cases)
      for (const dtype of dtypes) check("transpose", [array(shape, dtype)], { permutation });
  });

  it("diagonals and triangles", () => {
    for (const dtype of dtypes) {
      for (const shape of [[1], [5], [0], [3, 4], [2, 1, 6]]) check("diagonalMatrix", [array(shape, dtype)]);
      for (const shape of [
        [1, 1],
        [5, 5],
        [0, 0],
        [2, 3, 3],
        [2, 1, 6, 6],
      ])
        check("diagonalPart", [array(shape, dtype)]);
      for (const shape of [
        [1, 1],
        [9, 9],
        [3, 7],
        [7, 3],
        [2, 5, 5],
        [0, 4],
        [2, 1, 2, 6],
      ])
        for (const isUpper of [false, true])
          for (const offset of [0, 1, -1, 3, -20, 20]) check("triangle", [array(shape, dtype)], { isUpper, offset });
    }
  });

  it("code does not grow with the shape", () => {
    const size = (n: number) => compile("transpose", [array([n, n])], { permutation: [1, 0] }).bytes;
    expect(size(300)).toBeLessThan(size(8) + 100);
  });
});
