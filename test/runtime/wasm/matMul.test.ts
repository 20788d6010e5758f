import { describe, expect, it } from "vitest";
import type { NDArray } from "../../../src/ir/program.js";
import { detectFma } from "../../../src/runtime/wasm/assembler/fma.js";
import type { View } from "../../../src/runtime/wasm/kernels/view.js";
import { permuted, stretched, wholeOf } from "../../../src/runtime/wasm/lowering/views.js";
import { range, type Shape } from "../../../src/util/shapes.js";
import { array, check, compile, primitiveNamed } from "./runKernel.js";

const matrices = ([m, k, n]: readonly number[], batchA: Shape = [], batchB: Shape = []): [NDArray, NDArray] => [
  array([...batchA, m!, k!]),
  array([...batchB, k!, n!]),
];

/** With its last two axes exchanged in memory, and the view that exchanges them back. */
function turned(x: NDArray): { array: NDArray; view: View } {
  const rank = x.shape.length;
  const permutation = [...range(rank - 2), rank - 1, rank - 2];
  const { infer, evaluate } = primitiveNamed("transpose");
  const [type] = infer([x], { permutation });
  return {
    array: { ...type!, elements: evaluate([x], { permutation })[0]! },
    view: permuted(wholeOf(type!), permutation),
  };
}

/** Runs the product with operands and result turned or not, and compares. */
function checkTurned(size: readonly number[], batchA: Shape, batchB: Shape): void {
  const [a, b] = matrices(size, batchA, batchB);
  const [expected] = primitiveNamed("matMul").evaluate([a, b], {});
  const [type] = primitiveNamed("matMul").infer([a, b], {});
  const rank = type!.shape.length;
  const exchange = [...range(rank - 2), rank - 1, rank - 2];
  for (const flips of range(8)) {
    const [left, right] = [a, b].map((x, i) => (flips & (1 << i) ? turned(x) : { array: x, view: wholeOf(x) }));
    const batch = type!.shape.slice(0, -2);
    const spread = ({ view }: { view: View }) => stretched(view, [...batch, ...view.shape.slice(-2)]);
    const isTurned = (flips & 4) > 0;
    const out = { ...type!, shape: isTurned ? exchange.map((axis) => type!.shape[axis]!) : type!.shape };
    const c = isTurned ? permuted(wholeOf(out), exchange) : wholeOf(out);
    const views = { a: spread(left!), b: spread(right!), c };
    const kernel = compile("matMul", [left!.array, right!.array], { views }, { types: [out] });
    kernel.run();
    kernel.checkBounds();
    const result = { ...out, elements: kernel.results()[0]! };
    const permutation = isTurned ? exchange : range(rank);
    primitiveNamed("transpose")
      .evaluate([result], { permutation })[0]!
      .forEach((each, i) => {
        if (!(Math.abs(each - expected![i]!) < 1e-3)) throw new Error(`${size} [${batchA}] ${flips} ${i}: ${each}`);
      });
  }
}

describe("the kernel of matMul", () => {
  it("multiplies small matrices of all tails", () => {
    for (const m of [1, 2, 3, 4, 5, 7, 8])
      for (const n of [1, 2, 3, 4, 5, 8, 9, 11, 15, 16, 33])
        for (const k of [1, 2, 3, 4, 9]) check("matMul", matrices([m, k, n]));
  });

  it("multiplies empty matrices", () => {
    for (const sizes of [
      [0, 3, 4],
      [3, 0, 4],
      [3, 4, 0],
      [3, 0, 1],
      [1, 0, 5],
    ])
      check("matMul", matrices(sizes));
    check("matMul", matrices([2, 3, 4], [0], [1]));
  });

  it("broadcasts batches", () => {
    const batches: [Shape, Shape][] = [
      [[3], []],
      [[], [3]],
      [[3], [1]],
      [[3], [3]],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [
        [2, 3],
        [2, 1],
      ],
      [
        [2, 3],
        [1, 1],
      ],
      [
        [4, 2, 3],
        [2, 1],
      ],
    ];
    for (const [a, b] of batches)
      for (const sizes of [
        [2, 3, 4],
        [5, 3, 1],
        [1, 6, 9],
        [1, 1, 1],
      ])
        check("matMul", matrices(sizes, a, b));
  });

  it("multiplies large matrices", () => {
    for (const sizes of [
      [40, 300, 70],
      [129, 64, 257],
      [33, 1100, 65],
      [35, 20, 1031],
      [64, 520, 520],
      [70, 3000, 8],
      [3, 700, 500],
    ])
      check("matMul", matrices(sizes));
    check("matMul", matrices([20, 130, 200], [3], []));
    check("matMul", matrices([50, 130, 200], [2], [2]));
  });

  it("takes operands and results transposed", () => {
    const sizes = [
      [3, 4, 5],
      [7, 9, 10],
      [1, 6, 9],
      [6, 9, 1],
      [1, 7, 1],
      [50, 140, 150],
      [40, 600, 33],
      [5, 1, 6],
      [40, 1100, 17],
      [10, 50, 200],
      [10, 2000, 50],
      [200, 50, 10],
      [1, 3000, 1],
      [9, 13, 2],
      [9, 13, 3],
      [30, 21, 12],
      [2, 40, 30],
      [140, 70, 80],
    ];
    for (const size of sizes)
      for (const [batchA, batchB] of [
        [[], []],
        [[3], []],
        [[], [3]],
        [[2], [2]],
      ] as const)
        checkTurned(size, batchA, batchB);
  });

  it("multiplies with fused additions where the machine has them", () => {
    if (!detectFma()) return;
    for (const sizes of [
      [7, 9, 11],
      [50, 140, 150],
      [9, 10, 1],
    ]) {
      const [a, b] = matrices(sizes);
      const kernel = compile("matMul", [a, b], {}, { fma: true });
      kernel.run();
      const [expected] = primitiveNamed("matMul").evaluate([a, b], {});
      kernel.results()[0]!.forEach((each, i) => {
        expect(each).toBeCloseTo(expected![i]!, 3);
      });
    }
  });

  it("multiplies integers", () => {
    check("matMul", [array([2, 3, 5], "int32"), array([5, 4], "int32")]);
    check("matMul", [array([1, 3], "int32"), array([2, 3, 1], "int32")]);
  });

  it("keeps its code small", () => {
    const size = (n: number) => compile("matMul", matrices([n, n, n])).bytes;
    expect(size(2048)).toBeLessThan(6000);
    expect(size(5)).toBeLessThan(2000);
  });
});
