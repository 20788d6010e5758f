import { expect, test, vi } from "vitest";
import { ElbowError } from "../../../../src/errors.js";
import type { F32 } from "../../../../src/runtime/wasm/assembler/expression.js";
import { f32 } from "../../../../src/runtime/wasm/assembler/f32.js";
import { f32x4 } from "../../../../src/runtime/wasm/assembler/f32x4.js";
import { detectFma, usesFma } from "../../../../src/runtime/wasm/assembler/fma.js";
import { i32 } from "../../../../src/runtime/wasm/assembler/i32.js";
import { ModuleBuilder } from "../../../../src/runtime/wasm/assembler/moduleBuilder.js";
import { instantiate } from "../support.js";

const own = { memory: { minimum: 1 } } as const;

test("loops, branches, calls and returns", () => {
  const { functions } = instantiate(1, false, (module) => {
    const factorial = module.function({ params: ["i32"], result: "i32" }, "factorial");
    const [n] = factorial.params;
    factorial.if(i32.leS(n, 1), () => factorial.return(i32.const(1)));
    factorial.return(i32.mul(n, factorial.call(factorial, i32.sub(n, 1))));
    module.export("factorial", factorial);

    const triangle = module.function({ params: ["i32", "i32"], result: "i32" });
    const sum = triangle.local("i32");
    triangle.loop({ from: triangle.params[0], to: triangle.params[1], step: 2 }, (i) =>
      triangle.set(sum, i32.add(sum, i)),
    );
    triangle.loop(3, () => triangle.set(sum, i32.add(sum, 1000)));
    triangle.loop(0, () => triangle.set(sum, i32.const(-1)));
    triangle.return(sum);
    module.export("triangle", triangle);

    const collatz = module.function({ params: ["i32"], result: "i32" });
    const [x] = collatz.params;
    const steps = collatz.local("i32");
    collatz.while(i32.ne(x, 1), () => {
      collatz.if(
        i32.and(x, 1),
        () => collatz.set(x, i32.add(i32.mul(x, 3), 1)),
        () => collatz.set(x, i32.shrU(x, 1)),
      );
      collatz.set(steps, i32.add(steps, 1));
    });
    collatz.return(steps);
    module.export("collatz", collatz);
  });
  expect(functions.factorial!(10)).toBe(3628800);
  expect(functions.triangle!(1, 10)).toBe(25 + 3000);
  expect(functions.triangle!(10, 1)).toBe(3000);
  expect([1, 6, 27].map((x) => functions.collatz!(x))).toEqual([0, 8, 111]);
});

test("imported functions and memory", () => {
  const module = new ModuleBuilder({ memory: { import: ["env", "memory"], minimum: 1, maximum: 4, isShared: true } });
  const log = module.importFunction("env", "log", { params: ["f32", "i32"] });
  const half = module.importFunction("env", "half", { params: ["f32"], result: "f32" });
  const fn = module.function({ params: ["f32"] }, "main");
  fn.call(log, fn.call(half, fn.params[0]), i32.load(8));
  fn.store(0, f32x4.const(2.5));
  module.export("main", fn);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  new Int32Array(memory.buffer)[2] = 77;
  const seen: number[][] = [];
  const env = { memory, log: (...args: number[]) => seen.push(args), half: (x: number) => x / 2 };
  const compiled = new WebAssembly.Module(module.toBytes({ constantsAt: 1024 }));
  const { main } = new WebAssembly.Instance(compiled, { env }).exports as { main: (x: number) => void };
  main(5);
  expect(seen).toEqual([[2.5, 77]]);
  expect([...new Float32Array(memory.buffer).subarray(0, 4)]).toEqual([2.5, 2.5, 2.5, 2.5]);
  expect(module.poolBytes).toBe(16);
});

test("a helper is built once, and the same calls give the same bytes", () => {
  const build = (): Uint8Array => {
    const module = new ModuleBuilder(own);
    const fn = module.function({ params: ["f32"], result: "f32" });
    const double = (x: F32): F32 =>
      fn.call(
        fn.surroundings.helper("double", { params: ["f32"], result: "f32" }, (helper, y) =>
          helper.return(f32.add(y, y)),
        ),
        x,
      );
    fn.return(f32x4.extractLane(f32x4.splat(double(double(fn.params[0]))), 0));
    module.export("f", fn);
    const bytes = module.toBytes();
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { f: (x: number) => number };
    expect(f(3)).toBe(12);
    return bytes;
  };
  expect(build()).toEqual(build());
});

test("a constant is loaded once for a function and stands once in a module", () => {
  const module = new ModuleBuilder(own);
  for (let k = 0; k < 2; k++) {
    const fn = module.function({ params: ["i32"] });
    fn.store(fn.params[0], f32x4.add(f32x4.const(1), f32x4.mul(f32x4.const(1), f32x4.const([1, 1, 1, 1]))));
  }
  expect(module.poolBytes).toBe(16);
  expect(() => module.toBytes()).toThrow(/aligned address/);
});

test("variables of a scope are used again", () => {
  const module = new ModuleBuilder(own);
  const fn = module.function({ params: ["f32"], result: "f32" });
  const total = fn.local("f32");
  for (let k = 0; k < 60_000; k++) fn.scope(() => fn.set(total, f32.add(fn.let(f32.add(fn.params[0], 1)), total)));
  fn.return(total);
  module.export("f", fn);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes())).exports as {
    f: (x: number) => number;
  };
  expect(f(0)).toBe(60_000);
});

test("limits are reported", () => {
  const module = new ModuleBuilder(own);
  const many = module.function({ params: ["f32"] }, "many");
  const fill = (): void => {
    for (let k = 0; k < 50_000; k++) many.let(f32.const(k));
  };
  expect(fill).toThrow(ElbowError);
  expect(fill).toThrow(/function many needs more than 50000 locals/);
  const long = module.function({ params: [] });
  for (let k = 0; k < 800_000; k++) long.store(0, i32.const(-k), 2 ** 31);
  expect(() => module.toBytes()).toThrow(/function 1 has \d+ bytes of code/);
});

test("a local belongs to its function", () => {
  const module = new ModuleBuilder(own);
  const one = module.function({ params: ["f32"], result: "f32" }, "one");
  const two = module.function({ params: ["f32"], result: "f32" }, "two");
  expect(() => two.return(one.params[0])).toThrow(/local of one/);
});

test("fma is found by asking the engine", () => {
  const before = detectFma({ mayEnable: false });
  const after = detectFma();
  expect(after || !before).toBe(true);
  if (process.versions.node.startsWith("20.")) expect(after).toBe(true);
});

test("ELBOW_FMA pins the choice", () => {
  const has = detectFma();
  for (const [pinned, expected] of [
    ["0", false],
    ["1", has],
  ] as const) {
    vi.stubEnv("ELBOW_FMA", pinned);
    expect(usesFma()).toBe(expected);
  }
  vi.unstubAllEnvs();
});
