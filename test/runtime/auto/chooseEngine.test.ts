import { describe, expect, test, vi } from "vitest";
import { ElbowError } from "../../../src/errors.js";
import { build } from "../../../src/ir/builder.js";
import { add } from "../../../src/ir/primitives/elementwise.js";
import { exp } from "../../../src/ir/primitives/exponential.js";
import { matMul } from "../../../src/ir/primitives/matMul.js";
import { chooseEngine, type Machine } from "../../../src/runtime/auto/chooseEngine.js";
import { isHardware, mayHaveGpu } from "../../../src/runtime/auto/hardware.js";
import { measureGpu } from "../../../src/runtime/auto/measureGpu.js";
import { type GpuRates, predictGpu, predictWasm, typicalCeilings } from "../../../src/runtime/auto/predict.js";
import { stepCost } from "../../../src/runtime/auto/stepCost.js";
import { describeChoice, type Engine, type ExecutableDetails } from "../../../src/runtime/engine.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { scan } from "../../../src/transforms/scan.js";
import { type } from "../programs.js";

const wasm = await engineByName("wasm");
const product = (side: number) => build([type("float32", side, side)], (x) => [matMul(x, x)]);
/** 2·1024³ operations: about 40 ms on a core. */
const large = product(1024);
const fast: GpuRates = { launchMicroseconds: 5, gigabytesPerSecond: 400, multiplyAdd: 8000 };

/** A machine with a GPU of these rates, on which every program is as many kernels. */
function machine(rates: GpuRates | undefined, details: Partial<ExecutableDetails> = {}): Machine {
  const dispose = vi.fn();
  const engine = {
    name: "webgpu",
    compile: () => ({ details: () => ({ kernels: 3, bytes: 0, hostEvaluated: [], ...details }), dispose }),
  } as unknown as Engine;
  return {
    mayHaveGpu: async () => true,
    openGpu: vi.fn(async () => rates && { engine, rates }),
    ceilings: () => typicalCeilings,
  };
}

describe("auto", () => {
  test("takes the GPU where it is predicted to be faster, and says both predictions", async () => {
    const { engine, choice } = await chooseEngine(large, 1, wasm, machine(fast));
    expect(engine.name).toBe("webgpu");
    expect(choice.wasmMicroseconds).toBeCloseTo((2 * 1024 ** 3) / typicalCeilings.matMul / 1000, 0);
    expect(choice.webgpuMicroseconds).toBeCloseTo(3 * 5 + (2 * 1024 ** 3) / 8000 / 1000, 0);
    expect(describeChoice(choice)).toMatch(/^webgpu \(predicted to be faster; .*wasm 43,000 µs, webgpu 280 µs\)$/);
  });

  test("stays where the GPU is predicted to be slower", async () => {
    const { engine, choice } = await chooseEngine(large, 1, wasm, machine({ ...fast, multiplyAdd: 10 }));
    expect(engine).toBe(wasm);
    expect(choice.webgpuMicroseconds).toBeGreaterThan(choice.wasmMicroseconds);
  });

  test("many kernels or rounds of loops cost their launches", async () => {
    const { engine } = await chooseEngine(large, 1, wasm, machine(fast, { kernels: 20_000 }));
    expect(engine).toBe(wasm);
    const body = build([type("float32", 64, 64)], (x) => [matMul(x, x)]);
    const loop = build([type("float32", 64, 64)], (x) =>
      scan([x], { body, constants: 0, carries: 1, length: 10_000, reverse: false }),
    );
    const { choice } = await chooseEngine(loop, 1, wasm, machine(fast, { kernels: 1 }));
    expect(choice.webgpuMicroseconds).toBeGreaterThan(10_000 * 2 * 5);
  });

  test("of small steps no GPU is looked for", async () => {
    const here = { ...machine(fast), mayHaveGpu: vi.fn(async () => true) };
    const { engine, isSmall } = await chooseEngine(product(64), 1, wasm, here);
    expect([engine, isSmall]).toEqual([wasm, true]);
    expect(here.mayHaveGpu).not.toHaveBeenCalled();
    expect(here.openGpu).not.toHaveBeenCalled();
  });

  test("nothing is opened where there can be no GPU; a software one, the host's work and errors keep it on wasm", async () => {
    const without = { ...machine(fast), mayHaveGpu: async () => false };
    expect((await chooseEngine(large, 1, wasm, without)).choice.reason).toBe("no GPU");
    expect(without.openGpu).not.toHaveBeenCalled();
    expect((await chooseEngine(large, 1, wasm, machine(undefined))).choice.reason).toBe(
      "no GPU in hardware that works",
    );
    const waiting = await chooseEngine(large, 1, wasm, machine(fast, { hostEvaluated: ["randomGamma"] }));
    expect(waiting.engine).toBe(wasm);
    expect(waiting.choice.reason).toContain("randomGamma");
    const refusing = machine(fast);
    const compile = () => {
      throw new ElbowError("memory", { message: "too large" });
    };
    const openGpu = async () => ({ engine: { name: "webgpu", compile }, rates: fast });
    const refused = await chooseEngine(large, 1, wasm, { ...refusing, openGpu });
    expect(refused.choice).toMatchObject({ engine: wasm.name, reason: "the GPU cannot take the program (memory)" });
  });
});

test("costs: what is elementwise touches no memory, threads share arithmetic", () => {
  const program = build([type("float32", 1000)], (x) => [add(exp(x), 1)]);
  const cost = stepCost(program);
  expect(cost.bytes).toBe(8000);
  const computing = stepCost(product(512));
  expect(predictWasm(computing, typicalCeilings, 4)).toBeCloseTo(predictWasm(computing, typicalCeilings, 1) / 4, 6);
  expect(predictGpu(cost, 10, { ...fast, launchMicroseconds: 7 })).toBeGreaterThan(70);
});

test("software adapters are told from hardware", () => {
  const adapter = (info: object, isFallbackAdapter = false) =>
    isHardware({ info: { ...info }, isFallbackAdapter, features: [], limits: {} });
  expect(adapter({ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H100" })).toBe(true);
  expect(adapter({ vendor: "google", architecture: "swiftshader" })).toBe(false);
  expect(adapter({ vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" })).toBe(false);
  expect(adapter({ vendor: "nvidia" }, true)).toBe(false);
});

test("whether there may be a GPU is known without loading anything", async () => {
  expect(typeof (await mayHaveGpu())).toBe("boolean");
});

test("rates are positive and finite, whatever engine they are measured on", async () => {
  const rates = await measureGpu(wasm, { large: 4096, small: 64, side: 32 });
  for (const rate of Object.values(rates)) expect(rate > 0 && Number.isFinite(rate)).toBe(true);
});
