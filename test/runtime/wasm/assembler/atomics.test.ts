import { expect, test } from "vitest";
import { atomics } from "../../../../src/runtime/wasm/assembler/atomics.js";
import type { I32 } from "../../../../src/runtime/wasm/assembler/expression.js";
import { ModuleBuilder } from "../../../../src/runtime/wasm/assembler/moduleBuilder.js";

type Rule = (x: I32, y: I32) => I32;

/** Functions of two numbers on a shared memory whose word at 16 they work on. */
function running(rules: Readonly<Record<string, Rule>>) {
  const module = new ModuleBuilder({ memory: { import: ["env", "memory"], minimum: 1, maximum: 1, isShared: true } });
  for (const [name, rule] of Object.entries(rules)) {
    const fn = module.function({ params: ["i32", "i32"], result: "i32" });
    fn.return(rule(...fn.params));
    module.export(name, fn);
  }
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return {
    words: new Int32Array(memory.buffer),
    functions: exports as unknown as Record<string, (x?: number, y?: number) => number>,
  };
}

test("reading, writing, waiting and waking", () => {
  const { words, functions } = running({
    load: () => atomics.load(0, 16),
    add: (x) => atomics.add(0, x, 16),
    exchange: (x) => atomics.exchange(16, x),
    compareExchange: (x, y) => atomics.compareExchange(0, x, y, 16),
    wait: (x) => atomics.wait(0, x, 16),
    notify: (x) => atomics.notify(0, x, 16),
  });
  words[4] = 7;
  expect(functions.load!()).toBe(7);
  expect([functions.add!(5), words[4]]).toEqual([7, 12]);
  expect([functions.add!(-13), words[4]]).toEqual([12, -1]);
  expect([functions.exchange!(40), words[4]]).toEqual([-1, 40]);
  expect([functions.compareExchange!(41, 1), words[4]]).toEqual([40, 40]);
  expect([functions.compareExchange!(40, 1), words[4]]).toEqual([40, 1]);
  // another value stands there: 1, without waiting
  expect(functions.wait!(2)).toBe(1);
  expect(functions.notify!(-1)).toBe(0);
});
