// What is planned on Dawn's null device does not leave the GPU: no primitive, and no step of models of other than normal variables.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { elbowRunner } from "../../../bench/harness/elbowRunner.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { programOf } from "../../ir/conformance/applications.js";
import { cases } from "../../ir/conformance/cases/all.js";
import { objectives, parameters } from "./otherModels.js";

const hasDawn = await isInstalled("webgpu");

describe.skipIf(!hasDawn)("nothing is evaluated on the host", () => {
  let gpu: WebgpuEngine;
  beforeAll(async () => {
    gpu = await openWebgpu({ dawn: ["backend=null"], mostOperations: 2500 });
  });

  test("no primitive", () => {
    const found = cases.flatMap(({ primitive, signature }) => {
      const [sample] = fc.sample(signature, { numRuns: 1, seed: 1 });
      return gpu.compile(programOf(primitive, sample!)).details!().hostEvaluated;
    });
    expect(found).toEqual([]);
  });

  test.each(Object.entries(objectives))("%s", async (_, objective) => {
    const runnable = { parameters: parameters(), data: [], draws: 2, learningRate: 0.01, scale: 1, objective };
    const runner = await elbowRunner(runnable as never, await engineByName("wasm"));
    const { hostEvaluated } = gpu.compile(runner.program).details!();
    runner.dispose();
    expect(hostEvaluated).toEqual([]);
  });
});
