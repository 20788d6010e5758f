// Loops whose steps need memory of their own, compared with the reference.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { loop, matVec, trace } from "../../../src/index.js";
import { referenceEngine } from "../../../src/runtime/reference.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";

const transition = tf.tensor2d([
  [1, 0.5],
  [0.25, 1],
]);
const shocks = tf.tensor2d([
  [1, -1],
  [0.5, 0.25],
]);
const errors = tf.tensor2d([[1], [0.5]]);

test("what a step computes on the way is not where its outputs are collected", () => {
  const program = trace([{ shape: [2], dtype: "float32" }], (state) => {
    const { carry, outputs } = loop(
      ([s], [shock, error]) => ({
        carry: [tf.add(matVec(transition, s!), matVec(transition, shock!))],
        outputs: [tf.add(matVec([[1, 0.5]], s!), matVec([[2]], error!))],
      }),
      [state!],
      [shocks, errors],
    );
    return [...carry, ...outputs];
  });
  const [expected, found] = [referenceEngine, wasmEngine].map((engine) =>
    engine
      .compile(program)
      .run([tf.tensor1d([1, 2])])
      .map((each) => [...each.dataSync()]),
  );
  expect(found).toEqual(expected);
  expect(found).toEqual([
    [3.875, 2.5],
    [4, 4.25],
  ]);
});
