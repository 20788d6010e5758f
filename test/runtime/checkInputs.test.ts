import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { add } from "../../src/ir/primitives/elementwise.js";
import type { Executable } from "../../src/runtime/engine.js";
import { engineByName } from "../../src/runtime/engines.js";
import { type } from "./programs.js";

const program = build([type("float32", 3), type("int32")], (x, n) => [add(x, 1), x, add(n, 1)]);

describe.each(["reference", "tfjs:cpu"])("%s", (name) => {
  let executable: Executable;
  beforeAll(async () => {
    executable = (await engineByName(name)).compile(program);
    await engineByName("tfjs:cpu");
  });
  const run = (...inputs: unknown[]) => executable.run(inputs as tf.Tensor[]);

  test("the number of inputs", () => {
    expect(() => run(tf.zeros([3]))).toThrow(`the program was given the wrong number of inputs
  expected: 2
  received: 1
  hint: Pass one tensor for each of: float32 [3], int32 []`);
  });

  test("shape and dtype, by position", () => {
    expect(() => run(tf.zeros([3, 1]), tf.scalar(1, "int32"))).toThrow(`input 0 of the program has the wrong type
  expected: float32 [3]
  received: float32 [3, 1]`);
    expect(() => run(tf.zeros([3]), tf.scalar(1))).toThrow(`input 1 of the program has the wrong type
  expected: int32 []
  received: float32 []`);
    expect(() => run([1, 2, 3], tf.scalar(1))).toThrow("received: object");
    expect(() => run(tf.zeros([3]), undefined)).toThrow("received: undefined");
  });

  test("disposed tensors", () => {
    const x = tf.zeros([3]);
    x.dispose();
    expect(() => run(x, tf.scalar(1, "int32"))).toThrow(/input 0 of the program is a disposed tensor/);
  });

  test("all ways to run check", async () => {
    await expect(executable.runAsync([])).rejects.toThrow("wrong number of inputs");
    await expect(executable.iterate([], 0, 1)).rejects.toThrow("wrong number of inputs");
  });

  test("iterate: what is carried and how often", async () => {
    const inputs = [tf.zeros([3]), tf.scalar(1, "int32")];
    await expect(executable.iterate(inputs, 1, 0)).rejects.toThrow("the number of steps is a positive integer");
    await expect(executable.iterate(inputs, 3, 1)).rejects.toThrow("carried is between 0 and 2");
    await expect(executable.iterate(inputs, 2, 1)).rejects.toThrow(`output 1 cannot be input 1 of the next step
  input:  int32 []
  output: float32 [3]`);
  });
});
