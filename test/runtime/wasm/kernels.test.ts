import { describe, expect, it } from "vitest";
import type { DType } from "../../../src/ir/program.js";
import { outsideFunction } from "../../../src/runtime/wasm/kernels/indexing.js";
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

describe("kernels along axes and at positions", () => {
  it("cumsum and cumprod", () => {
    const cases: [Shape, number][] = [
      [[1], 0],
      [[9], 0],
      [[0], 0],
      [[3, 4], 0],
      [[3, 4], 1],
      [[3, 5], 0],
      [[2, 3, 7], 1],
      [[2, 1, 3, 2], 2],
      [[2, 6, 1], 1],
    ];
    for (const name of ["cumsum", "cumprod"])
      for (const [shape, axis] of cases)
        for (const exclusive of [false, true])
          for (const reverse of [false, true]) {
            check(name, [array(shape)], { axis, exclusive, reverse });
            check(name, [array(shape, "int32", (i) => (i % 5) - 2)], { axis, exclusive, reverse });
          }
  });

  it("adds long lines up without losing digits", () => {
    check(
      "cumsum",
      [array([200_000], "float32", () => Math.fround(0.1))],
      { axis: 0, exclusive: false, reverse: false },
      1e-7,
    );
  });

  it("argMax and argMin", () => {
    const cases: [Shape, number][] = [
      [[1], 0],
      [[9], 0],
      [[3, 4], 0],
      [[3, 4], 1],
      [[0, 3], 0],
      [[0, 3], 1],
      [[2, 3, 7], 1],
      [[2, 1, 3, 2], 1],
    ];
    const withNaN = array(
      [4, 3],
      "float32",
      (i) => [1, 2, 3, Number.NaN, 2, 3, 1, Number.NaN, 3, 1, 2, Number.NaN][i]!,
    );
    for (const name of ["argMax", "argMin"]) {
      for (const [shape, axis] of cases) for (const dtype of dtypes) check(name, [array(shape, dtype)], { axis });
      check(name, [array([6], "float32", () => 2)], { axis: 0 });
      for (const axis of [0, 1]) check(name, [withNaN], { axis });
    }
  });

  const picking: { data: Shape; axis: number; batchDims: number; indices: Shape }[] = [
    { data: [5], axis: 0, batchDims: 0, indices: [] },
    { data: [5], axis: 0, batchDims: 0, indices: [8] },
    { data: [5], axis: 0, batchDims: 0, indices: [0] },
    { data: [5, 3], axis: 0, batchDims: 0, indices: [2, 2] },
    { data: [5, 3], axis: 1, batchDims: 0, indices: [4] },
    { data: [4, 5, 6], axis: 1, batchDims: 0, indices: [3] },
    { data: [4, 5, 1], axis: 1, batchDims: 1, indices: [4, 3] },
    { data: [2, 3, 5, 2], axis: 2, batchDims: 1, indices: [2, 4] },
    { data: [2, 3, 5], axis: 2, batchDims: 2, indices: [2, 3] },
    { data: [2, 3, 50], axis: 0, batchDims: 0, indices: [3] },
    { data: [3, 4, 0], axis: 1, batchDims: 0, indices: [3] },
  ];

  it("gather", () => {
    for (const { data, indices, ...attributes } of picking)
      for (const dtype of dtypes) {
        const positions = array(indices, "int32", (i) => (7 * i + 1) % data[attributes.axis]!);
        check("gather", [array(data, dtype), positions], attributes);
      }
  });

  it("scatterAdd", () => {
    for (const { data, indices, axis, batchDims } of picking)
      for (const dtype of ["float32", "int32"] as const) {
        const updates = [...data.slice(0, axis), ...indices.slice(batchDims), ...data.slice(axis + 1)];
        const positions = array(indices, "int32", (i) => (3 * i * i + 1) % data[axis]!);
        check("scatterAdd", [array(updates, dtype), positions], { size: data[axis]!, axis, batchDims });
      }
  });

  it("stops at an index outside the axis", () => {
    for (const index of [-1, 5]) {
      const kernel = compile("gather", [array([5]), array([1], "int32", () => index)], { axis: 0, batchDims: 0 });
      let stack = "";
      try {
        kernel.run();
      } catch (error) {
        stack = (error as Error).stack!;
      }
      expect(stack).toContain(outsideFunction);
    }
  });

  it("oneHot", () => {
    for (const shape of [[], [1], [7], [2, 3], [0]])
      for (const depth of [0, 1, 4]) check("oneHot", [array(shape, "int32")], { depth });
  });

  it("topK", () => {
    const cases: [Shape, number][] = [
      [[1], 1],
      [[7], 3],
      [[7], 7],
      [[7], 0],
      [[3, 20], 4],
      [[3, 20], 20],
      [[2, 2, 33], 32],
      [[1000], 16],
      [[1000], 17],
      [[1000], 1000],
      [[0, 4], 2],
    ];
    for (const [shape, k] of cases) for (const dtype of dtypes) check("topK", [array(shape, dtype)], { k });
  });
});
