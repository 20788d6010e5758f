// All engines against the double-precision reference, on programs that exercise the executor.
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../src/runtime/arrays.js";
import { compile } from "../../src/runtime/compile.js";
import { available } from "./available.js";
import { cases } from "./programs.js";

function expectClose(received: readonly NDArray[], expected: readonly NDArray[]) {
  expect(received.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape: [...shape], dtype })),
  );
  received.forEach(({ elements, dtype }, i) => {
    elements.forEach((x, j) => {
      const y = expected[i]!.elements[j]!;
      if (dtype !== "float32" || !Number.isFinite(y)) expect(x).toBe(y);
      else expect(Math.abs(x - y), `output ${i}[${j}]: ${x}, not ${y}`).toBeLessThanOrEqual(2e-6 * (1 + Math.abs(y)));
    });
  });
}

const names = ["reference", "wasm", "tfjs:cpu", "tfjs:wasm", "tfjs:tensorflow", "tfjs:webgpu"];
for (const name of names) {
  const engine = await available(name);
  const isAsync = name === "tfjs:webgpu";
  describe.skipIf(!engine)(name, () => {
    beforeAll(async () => {
      // else webgpu computes tensors under 1000 elements on the processor
      if (isAsync) tf.env().set("WEBGPU_CPU_FORWARD", false);
      await tf.setBackend(name.startsWith("tfjs:") ? name.slice(5) : "cpu");
    });
    afterAll(() => tf.setBackend("cpu"));

    test.each(Object.keys(cases))("%s", async (title) => {
      const { program, inputs } = cases[title]!;
      const before = tf.memory().numTensors;
      const tensors = inputs.map(tensorFromNDArray);
      const executable = engine!.compile(program);
      const expected = evaluate(program, inputs);
      for (let repeat = 0; repeat < 3; repeat++) {
        const results = await executable.runAsync(tensors);
        expectClose(await Promise.all(results.map(ndarrayFromTensorAsync)), expected);
        tf.dispose(results);
      }
      if (!isAsync) {
        const results = executable.run(tensors);
        expectClose(await Promise.all(results.map(ndarrayFromTensorAsync)), expected);
        tf.dispose(results);
      }
      expect(tensors.some((tensor) => tensor.isDisposed)).toBe(false);
      executable.dispose();
      tf.dispose(tensors);
      expect(tf.memory().numTensors).toBe(before);
    });

    test("iterate carries the leading outputs, and is the same as running step by step", async () => {
      const { program, inputs } = cases.random!;
      const before = tf.memory().numTensors;
      const tensors = inputs.map(tensorFromNDArray);
      const executable = compile(program, { engine: engine! });
      const results = await executable.iterate(tensors, 2, 5);
      let expected = evaluate(program, inputs);
      for (let step = 1; step < 5; step++) expected = evaluate(program, expected.slice(0, 2));
      expectClose(await Promise.all(results.map(ndarrayFromTensorAsync)), expected);
      executable.dispose();
      tf.dispose([tensors, results]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
