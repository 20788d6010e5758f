// Long lines on the engine webgpu: sorted in runs that are merged, and sums by index in the order of their indices.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { scatterAdd } from "../../../src/ir/primitives/indexing.js";
import { argsort, sort, topK } from "../../../src/ir/primitives/sorting.js";
import type { DType, NDArray, Program } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { scan } from "../../../src/transforms/scan.js";
import { sizeOf } from "../../../src/util/shapes.js";
import { type Random, randomFrom } from "../../ir/conformance/conformance.js";
import { expectClose } from "../../ir/conformance/properties.js";
import { available } from "../available.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;
const exact = { absolute: 0, relative: 0 };

async function run(program: Program, inputs: readonly NDArray[]): Promise<NDArray[]> {
  const executable = engine!.compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const results = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  return results;
}

const filled = (shape: number[], dtype: DType, element: (random: Random, i: number) => number, seed = 1): NDArray => {
  const random = randomFrom(seed);
  return { shape, dtype, elements: Float64Array.from({ length: sizeOf(shape) }, (_, i) => element(random, i)) };
};
const noise = (random: Random): number => Math.fround(2 * random() - 1);

describe.skipIf(!engine)("long lines on webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  const lines: [string, NDArray, number][] = [
    ["one more than a run", filled([3, 257], "float32", noise), 257],
    ["many equal elements", filled([2, 1500], "float32", (random) => Math.floor(4 * random()) - 2), 1500],
    [
      "signs of zero and infinities",
      filled([700], "float32", (_, i) => [0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][i % 6]!),
      700,
    ],
    ["integers", filled([2, 1025], "int32", (random) => Math.floor(2 ** 32 * random()) - 2 ** 31), 1025],
    ["booleans", filled([2, 600], "bool", (random) => +(random() < 0.5)), 600],
    ["few of many", filled([2, 30_000], "float32", noise), 7],
    ["several merges", filled([20_000], "float32", (random) => Math.round(5000 * random())), 20_000],
    ["more than a run of many", filled([15000], "float32", noise), 300],
  ];
  test.each(lines)("the largest: %s", async (_, x, k) => {
    const program = build([x], (line) => {
      const { values, indices } = topK(line, k);
      return [values, indices];
    });
    const [values, indices] = await run(program, [x]);
    const [expectedValues, expectedIndices] = evaluate(program, [x]);
    expectClose(indices!, expectedIndices!, exact);
    expectClose(values!, expectedValues!, exact);
  });

  test("what is computed is sorted, along any axis", async () => {
    const x = filled([400, 3], "float32", noise);
    const program = build([x], (y) => [sort(mul(y, y), { axis: 0 }), argsort(mul(y, -2), { axis: 0 })]);
    const expected = evaluate(program, [x]);
    (await run(program, [x])).forEach((each, i) => {
      expectClose(each, expected[i]!, { absolute: 1e-6, relative: 1e-6 });
    });
  });

  test("within a loop, whose steps sort and add by index what the one before left", async () => {
    const state = { shape: [1500], dtype: "float32" as const };
    const body = build(
      [{ shape: [1500], dtype: "int32" }, state, { shape: [1500], dtype: "int32" }],
      (constant, x, own) => {
        const { indices } = topK(mul(x!, x!), 1500);
        return [scatterAdd(mul(x!, 0.9), add(mul(constant!, 0), own!), 1500, 0, 0), add(indices, constant!)];
      },
    );
    const inputs = [
      filled([1500], "int32", () => 1),
      filled([1500], "float32", noise, 5),
      filled([5, 1500], "int32", (random) => Math.floor(1500 * random()), 6),
    ];
    const program = build(inputs, (...operands) =>
      scan(operands, { body, constants: 1, carries: 1, length: 5, reverse: false }),
    );
    const expected = evaluate(program, inputs);
    const [last, orders] = await run(program, inputs);
    expectClose(last!, expected[0]!, { absolute: 1e-5, relative: 1e-5 });
    expect(orders!.elements.filter((k, i) => k !== expected[1]!.elements[i]).length).toBeLessThan(5);
  });

  const sums: [string, number[], number[], number, number, number, (random: Random, i: number) => number][] = [
    ["to many places", [5000, 3], [5000], 4000, 0, 0, (random) => Math.floor(4000 * random())],
    ["to the same place", [3000, 2], [3000], 2000, 0, 0, () => 7],
    ["to few and many of them", [4000], [4000], 1000, 0, 0, (random) => Math.floor(1000 * random() ** 8)],
    ["few rows of a large table", [100, 40], [100], 3000, 0, 0, (random) => Math.floor(50 * random())],
    ["batched, in the middle", [2, 3, 600, 5], [2, 600], 500, 2, 1, (random) => Math.floor(500 * random())],
    ["indices of several axes", [2, 40, 30, 2], [40, 30], 1000, 1, 0, (random) => Math.floor(1000 * random())],
  ];
  test.each(sums)("sums by index: %s", async (_, shape, picks, size, axis, batchDims, index) => {
    for (const dtype of ["float32", "int32"] as const) {
      const updates = filled(shape, dtype, dtype === "int32" ? (random) => Math.floor(9 * random()) - 4 : noise, 3);
      const indices = filled(picks, "int32", index, 4);
      const program = build([updates, indices], (u, i) => [scatterAdd(u, i, size, axis, batchDims)]);
      const inputs = [updates, indices];
      const [received] = await run(program, inputs);
      expectClose(
        received!,
        evaluate(program, inputs)[0]!,
        dtype === "int32" ? exact : { absolute: 2e-5, relative: 2e-6 },
      );
      const [again] = await run(program, inputs);
      expect(again).toEqual(received);
    }
  });

  test("an index outside its axis adds nothing", async () => {
    const updates = filled([3000], "float32", () => 1);
    const indices = filled([3000], "int32", (_, i) => (i % 3 === 0 ? -1 : i % 3 === 1 ? 1000 : i % 1000));
    const [received] = await run(
      build([updates, indices], (u, i) => [scatterAdd(u, i, 1000, 0, 0)]),
      [updates, indices],
    );
    expect(received!.elements.reduce((a, b) => a + b)).toBe(1000);
  });
});
