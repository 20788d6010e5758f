// What the steps of the benchmarks become: planned on Dawn's null device, which computes nothing and needs no driver.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { elbowRunner, type Runnable } from "../../../bench/harness/elbowRunner.js";
import { workloads } from "../../../bench/workloads/all.js";
import { build } from "../../../src/ir/builder.js";
import { broadcastTo } from "../../../src/ir/primitives/axes.js";
import { add } from "../../../src/ir/primitives/elementwise.js";
import { exp } from "../../../src/ir/primitives/exponential.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { galleryFit } from "../../models/shortFits.js";

const hasDawn = await isInstalled("webgpu");

describe.skipIf(!hasDawn)("kernels of a step", () => {
  let gpu: WebgpuEngine;
  beforeAll(async () => {
    gpu = await openWebgpu({ dawn: ["backend=null"], mostOperations: 2500 });
  });

  test.each([
    ["W1", 1],
    ["W2", 1],
    ["W3", 8],
    ["W4", 16],
    ["W5", 6],
    ["W6", 20],
  ])("%s takes at most %i", async (name, most) => {
    const [variant] = workloads.get(name)!().variants;
    const runner = await elbowRunner(variant!, await engineByName("wasm"));
    const { kernels, hostEvaluated } = gpu.compile(runner.program).details!();
    runner.dispose();
    expect(hostEvaluated).toEqual([]);
    expect(kernels).toBeLessThanOrEqual(most);
  });

  test.each([
    ["eightSchools.ts", 6],
    ["vae.ts", 40],
  ])("models/%s takes at most %i", async (file, most) => {
    const { objective, parameters, batches } = await galleryFit(file);
    const of = { objective: () => objective, parameters, data: batches[0]!, draws: 1, learningRate: 0.01, scale: 1 };
    const runner = await elbowRunner(of as unknown as Runnable, await engineByName("wasm"));
    const { kernels, hostEvaluated } = gpu.compile(runner.program).details!();
    runner.dispose();
    expect(hostEvaluated).toEqual([]);
    expect(kernels).toBeLessThanOrEqual(most);
  });

  test("what does not fit into the buffers is refused, with sizes", () => {
    const program = build([{ shape: [], dtype: "float32" }], (x) => [exp(broadcastTo(x, [60_000, 60_000]))]);
    expect(() => gpu.compile(program).prepare!(0)).toThrow(
      /does not fit into the GPU's buffers\n {2}needed: .*13\.4 GiB/,
    );
  });

  test("the limits are those of the device, whoever opened it", async () => {
    const { create } = (await import("webgpu" as string)) as { create: (options: string[]) => GPU };
    const dawn = create(["backend=null"]);
    const adapter = (await dawn.requestAdapter())!;
    const device = await adapter.requestDevice();
    const { maxStorageBuffersPerShaderStage: most } = device.limits;
    const other = await openWebgpu({ device, mostOperations: 2500 });
    const types = Array.from({ length: 20 }, () => ({ shape: [2000], dtype: "float32" as const }));
    const program = build(types, (...all) => [all.reduce((sum, x) => add(sum, x))]);
    const inputs = types.map(({ shape }) => tf.zeros(shape));
    const before = other.stats().buffers;
    const executable = other.compile(program);
    tf.dispose(await executable.runAsync(inputs));
    // besides those for parameters, counters and reading
    expect(other.stats().buffers - before - 4).toBe(most);
    executable.dispose();
    tf.dispose(inputs);
    const large = build([{ shape: [], dtype: "float32" }], (x) => [exp(broadcastTo(x, [60_000, 60_000]))]);
    expect(() => other.compile(large).prepare!(0)).toThrow(new RegExp(`offered: ${most} buffers of 128`));
    other.close();
    const soon = new Promise((done) => setTimeout(done, 50, "goes on"));
    expect(await Promise.race([other.lost, soon])).toBe("goes on");
    device.destroy();
    // a device ends with what it came from, which therefore is held until here
    expect([dawn, adapter]).toHaveLength(2);
  });
});
