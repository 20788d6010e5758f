// Modules are made once per structure of a program, number of carried outputs and kind of instructions.
import "elbow";
import { afterEach, expect, test, vi } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { reduceSum } from "../../../src/ir/primitives/axes.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../src/ir/primitives/exponential.js";
import type { Program } from "../../../src/ir/program.js";
import { tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { cacheByStructure } from "../../../src/runtime/wasm/moduleCache.js";
import { moduleOf } from "../../../src/runtime/wasm/moduleOf.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";

const programOf = ({ size = 100, constant = 3.25, axis = 0, f = exp } = {}): Program =>
  build([{ shape: [size, 1], dtype: "float32" }], (x) => [f(add(mul(x!, constant), 0.5)), reduceSum(x!, [axis])]);

afterEach(() => vi.unstubAllEnvs());

test("equal programs share their module, others do not", () => {
  const { module } = moduleOf(programOf(), 0);
  expect(moduleOf(programOf(), 0).module).toBe(module);
  const others = [{ constant: 3.250001 }, { size: 101 }, { axis: 1 }, { f: tanh }].map((change) =>
    moduleOf(programOf(change), 0),
  );
  expect(new Set([module, ...others.map((other) => other.module)]).size).toBe(5);
  expect(moduleOf(programOf(), 1).module).not.toBe(module);
  vi.stubEnv("ELBOW_FMA", "0");
  const without = moduleOf(programOf(), 0).module;
  expect(moduleOf(programOf(), 0).module).toBe(without);
});

test("executables that share a module do not share memory", () => {
  const [one, other] = [wasmEngine.compile(programOf()), wasmEngine.compile(programOf())];
  const input = (value: number) =>
    tensorFromNDArray({ shape: [100, 1], dtype: "float32", elements: new Float64Array(100).fill(value) });
  const [zeros, ones] = [input(0), input(1)];
  const before = one.run([zeros])[0]!.dataSync();
  other.run([ones]);
  one.dispose();
  expect(one.run([zeros])[0]!.dataSync()).toEqual(before);
  expect(other.run([ones])[0]!.dataSync()[0]).toBeCloseTo(Math.exp(3.75), 4);
});

test("the cache holds the last used ones, and no large constants", () => {
  let made = 0;
  const find = cacheByStructure<number>(2);
  const at = (size: number): number => find(programOf({ size }), "", () => ++made);
  expect([at(1), at(2), at(1), at(3), at(1), at(2)]).toEqual([1, 2, 1, 3, 1, 4]);
  const large = (): Program => ({
    ...programOf(),
    constants: [{ variable: programOf().inputs[0]!, elements: new Float64Array(2 ** 20 + 1) }],
  });
  expect(find(large(), "", () => ++made)).not.toBe(find(large(), "", () => ++made));
});
