// What is special about a backend whose values cannot be read while JavaScript waits.
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { broadcastTo, reduceSum, transpose } from "../../../src/ir/primitives/axes.js";
import { greater } from "../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { exp } from "../../../src/ir/primitives/exponential.js";
import { foldIn, randomNormal } from "../../../src/ir/primitives/random.js";
import { asin } from "../../../src/ir/primitives/trigonometric.js";
import type { NDArray } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { cond } from "../../../src/transforms/cond.js";
import { singlePrecision } from "../../ir/conformance/conformance.js";
import { expectClose } from "../../ir/conformance/properties.js";
import { available } from "../available.js";
import { type } from "../programs.js";

const engine = await available("tfjs:webgpu");
const vector = type("float32", 4);

describe.skipIf(!engine)("tfjs:webgpu", () => {
  beforeAll(async () => {
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    await tf.setBackend("webgpu");
  });
  // other files share the process
  afterAll(async () => {
    tf.env().set("WEBGPU_CPU_FORWARD", true);
    await tf.setBackend("cpu");
  });

  test("a run that has to read a computed value throws needs-await and leaks nothing; runAsync reads it", async () => {
    const branches = {
      whenTrue: build([vector], (x) => [mul(x, 2)]),
      whenFalse: build([vector], (x) => [add(x, 1)]),
    };
    const program = build([vector], (x) => cond(greater(reduceSum(exp(x)), 1), [x], branches));
    const executable = engine!.compile(program);
    const x = tf.tensor1d([1, 2, 3, 4]);
    const [y] = await executable.runAsync([x]);
    expect([...(await y!.data())]).toEqual([2, 4, 6, 8]);
    const before = tf.memory().numTensors;
    expect(() => executable.run([x])).toThrow(expect.objectContaining({ code: "needs-await" }));
    expect(tf.memory().numTensors).toBe(before);
  });

  test("keys and counters can be read at once, so that a random program runs synchronously", async () => {
    const program = build([type("int32", 2), vector], (key, x) => [foldIn(key, 1), add(x, randomNormal(key, [4]))]);
    const inputs = [tf.tensor1d([1, 2], "int32"), tf.zeros([4])];
    const [, y] = engine!.compile(program).run(inputs);
    expect([...(await y!.data())].every(Number.isFinite)).toBe(true);
  });

  test("integers beyond 2²⁴ and arc functions are exact: the host computes them", async () => {
    const integer = type("int32", 3);
    const program = build([integer, integer, type("float32", 2)], (a, b, x) => [
      add(a, b),
      mul(a, b),
      transpose(broadcastTo(a, [2, 3]), [1, 0]),
      asin(x),
      broadcastTo(x, [2, 1, 2, 1, 3, 2]),
    ]);
    const inputs: NDArray[] = [
      { ...integer, elements: Float64Array.of(16777217, 123456789, -7) },
      { ...integer, elements: Float64Array.of(1, 987654321, 3) },
      { ...type("float32", 2), elements: Float64Array.of(0.6, -0.9) },
    ];
    const tensors = inputs.map(tensorFromNDArray);
    const results = await Promise.all((await engine!.compile(program).runAsync(tensors)).map(ndarrayFromTensorAsync));
    evaluate(program, inputs).forEach((expected, i) => {
      expectClose(results[i]!, expected, expected.dtype === "int32" ? { absolute: 0, relative: 0 } : singlePrecision);
    });
  });
});
