// What the executor promises besides right numbers: nothing leaks, nothing of the user's is touched, errors say where.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build, emitOne } from "../../../src/ir/builder.js";
import { type Primitive, primitive } from "../../../src/ir/primitive.js";
import { add } from "../../../src/ir/primitives/elementwise.js";
import { exp } from "../../../src/ir/primitives/exponential.js";
import { foldIn } from "../../../src/ir/primitives/random.js";
import { tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { Engine } from "../../../src/runtime/engine.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { scan } from "../../../src/transforms/scan.js";
import { cases, type } from "../programs.js";

/** A one-operand primitive that doubles its operand, with a tfjs rule of its own. */
const doubling = (tfjs: NonNullable<Primitive["tfjs"]>): Primitive => {
  const self: Primitive = primitive({
    name: "double",
    infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    evaluate: ([x]) => [x!.elements.map((each) => 2 * each)],
    batch: ([x]) => [emitOne(self, [x!])],
    tfjs,
  });
  return self;
};
const programOf = (self: Primitive) =>
  build([type("float32", 2)], (x) => [add(emitOne(self, [exp(x)]), emitOne(self, [x]))]);

const names = ["tfjs:cpu", "tfjs:wasm"];
describe.each(names)("%s", (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await engineByName(name);
    await tf.setBackend(name.slice(5));
  });
  const double = (x: number) => 2 * Math.exp(x) + 2 * x;

  test.each(Object.keys(cases))("%s: memory is flat over 2,000 runs", (title) => {
    const { program, inputs } = cases[title]!;
    const tensors = inputs.map(tensorFromNDArray);
    const executable = engine.compile(program);
    tf.dispose(executable.run(tensors));
    const before = tf.memory();
    for (let i = 0; i < 2000; i++) tf.dispose(executable.run(tensors));
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    expect({ numTensors, numBytes, numDataBuffers }).toEqual({
      numTensors: before.numTensors,
      numBytes: before.numBytes,
      numDataBuffers: before.numDataBuffers,
    });
    executable.dispose();
    tf.dispose(tensors);
  });

  test("a tfjs rule may leave inner tensors behind, return its operand, or alias its data", () => {
    const rules: NonNullable<Primitive["tfjs"]>[] = [
      ([x]) => {
        const half = tf.engine().runKernel("Add", { a: x!, b: x! } as never) as tf.Tensor;
        tf.engine().runKernel("Exp", { x: half } as never);
        return [half];
      },
      ([x]) => [tf.reshape(tf.mul(tf.reshape(x!, [1, 2]), 2), [2])],
    ];
    const x = tf.tensor1d([0.5, 1]);
    for (const rule of rules) {
      const executable = engine.compile(programOf(doubling(rule)));
      const before = tf.memory().numTensors;
      for (let i = 0; i < 3; i++) {
        const [y] = executable.run([x]);
        expect(y!.dataSync()[1]).toBeCloseTo(double(1), 4);
        y!.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
    }
    const same = engine.compile(programOf(doubling(([operand]) => [operand!])));
    for (let i = 0; i < 3; i++) expect(same.run([x])[0]!.dataSync()[1]).toBeCloseTo(Math.E + 1, 4);
    expect(x.isDisposed).toBe(false);
  });

  test("a kernel that the backend lacks is replaced by the host's evaluation", () => {
    const missing = doubling(([x]) => [tf.engine().runKernel("NoSuchKernel", { x: x! } as never) as tf.Tensor]);
    const executable = engine.compile(programOf(missing));
    const x = tf.tensor1d([0.5, 1]);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const value = tf.tidy(() => executable.run([x])[0]!.dataSync()[1]);
      expect(value).toBeCloseTo(double(1), 4);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test("an error inside a run names the operation and the line, and nothing leaks", () => {
    let isBroken = false;
    const fragile = doubling(([x]) => {
      tf.add(x!, 1);
      if (isBroken) throw new Error("boom");
      return [tf.mul(x!, 2)];
    });
    const body = build([type("float32", 2), type("float32")], (s, x) => [emitOne(fragile, [add(s, x)]), exp(s), x]);
    const program = build([type("float32", 2), type("float32", 4)], (s, xs) =>
      scan([exp(s), xs], { body, constants: 0, carries: 1, length: 4, reverse: false }),
    );
    const inputs = [tf.zeros([2]), tf.ones([4])];
    for (const isKnown of [false, true]) {
      const executable = engine.compile(program);
      isBroken = false;
      if (isKnown) tf.dispose(executable.run(inputs));
      isBroken = true;
      const before = tf.memory().numTensors;
      expect(() => executable.run(inputs)).toThrow(
        new RegExp(`tfjs failed in double on backend "${name.slice(5)}": boom\\n {2}at .*execution.test.ts:\\d+`),
      );
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test("inside tf.tidy, results belong to the tidy and constants survive it", () => {
    const { program, inputs } = cases.arithmetic!;
    const tensors = inputs.map(tensorFromNDArray);
    const executable = engine.compile(program);
    const values = [1, 2].map(() => tf.tidy(() => executable.run(tensors)[0]!.dataSync()[0]));
    expect(values[0]).toBe(values[1]);
    expect(tensors.every((tensor) => !tensor.isDisposed)).toBe(true);
    executable.dispose();
    expect(executable.run(tensors)[0]!.dataSync()[0]).toBe(values[0]);
  });

  test("results are the caller's alone, also when they are inputs or constants", () => {
    const { program, inputs } = cases.aliases!;
    const tensors = inputs.map(tensorFromNDArray);
    const executable = engine.compile(program);
    for (let i = 0; i < 2; i++) {
      const results = executable.run(tensors);
      expect(new Set([...results, ...tensors]).size).toBe(results.length + tensors.length);
      tf.dispose(results);
      expect(tensors[0]!.isDisposed).toBe(false);
    }
  });

  test("iterate: memory is flat, and other things get their turn", async () => {
    const { program, inputs } = cases.random!;
    const tensors = inputs.map(tensorFromNDArray);
    const executable = engine.compile(program);
    tf.dispose(executable.run(tensors));
    const before = tf.memory().numTensors;
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const results = await executable.iterate(tensors, 2, 5000);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(results[1]!.dataSync()[0]).toBe(5005);
    tf.dispose(results);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("iterate: an error in the middle leaks nothing", async () => {
    let left = 0;
    const fragile = doubling(([x]) => {
      if (left-- === 0) throw new Error("boom");
      return [tf.mul(x!, 2)];
    });
    const program = build([type("float32", 2), type("int32", 2)], (x, key) => [emitOne(fragile, [x]), foldIn(key, 1)]);
    const inputs = [tf.ones([2]), tf.zeros([2], "int32")];
    const executable = engine.compile(program);
    left = 1;
    tf.dispose(executable.run(inputs));
    const before = tf.memory().numTensors;
    left = 4;
    await expect(executable.iterate(inputs, 2, 10)).rejects.toThrow("boom");
    expect(tf.memory().numTensors).toBe(before);
  });
});
