// Steps of models of other than normal variables: planned on Dawn's null device, none leaves the GPU.
import { beforeAll, describe, expect, test } from "vitest";
import { elbowRunner } from "../../../bench/harness/elbowRunner.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";

import { objectives, parameters } from "./otherModels.js";

const hasDawn = await isInstalled("webgpu");

describe.skipIf(!hasDawn)("nothing is evaluated on the host", () => {
  let gpu: WebgpuEngine;
  beforeAll(async () => {
    gpu = await openWebgpu({ dawn: ["backend=null"], mostOperations: 2500 });
  });

  test.each(Object.entries(objectives))("%s", async (_, objective) => {
    const runnable = { parameters: parameters(), data: [], draws: 2, learningRate: 0.01, scale: 1, objective };
    const runner = await elbowRunner(runnable as never, await engineByName("wasm"));
    const { hostEvaluated } = gpu.compile(runner.program).details!();
    runner.dispose();
    expect(hostEvaluated).toEqual([]);
  });
});
