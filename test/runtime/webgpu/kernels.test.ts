// What the steps of the benchmarks become: planned on Dawn's null device, which computes nothing and needs no driver.
import { beforeAll, describe, expect, test } from "vitest";
import { elbowRunner } from "../../../bench/harness/elbowRunner.js";
import { workloads } from "../../../bench/workloads/all.js";
import { build } from "../../../src/ir/builder.js";
import { broadcastTo } from "../../../src/ir/primitives/axes.js";
import { exp } from "../../../src/ir/primitives/exponential.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";

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

  test("what does not fit into the buffers is refused, with sizes", () => {
    const program = build([{ shape: [], dtype: "float32" }], (x) => [exp(broadcastTo(x, [60_000, 60_000]))]);
    expect(() => gpu.compile(program).prepare!(0)).toThrow(
      /does not fit into the GPU's buffers\n {2}needed: .*13\.4 GiB/,
    );
  });
});
