// Fits of models of other than normal variables: on webgpu as on wasm.
import * as tf from "@tensorflow/tfjs-core";
import { adam, fit } from "elbow";
import { beforeAll, describe, expect, test } from "vitest";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { available } from "../available.js";
import { objectives, parameters } from "./otherModels.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;

describe.skipIf(!engine)("webgpu fits as wasm does", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test.each(Object.entries(objectives))("%s", async (_, objective) => {
    const options = {
      parameters: parameters(),
      data: [],
      steps: 20,
      draws: 3,
      seed: 4,
      optimizer: adam({ learningRate: 0.05 }),
    };
    const [onGpu, onWasm] = await Promise.all(
      [engine!, "wasm" as const].map(async (each) => {
        const result = await fit(objective(), { ...options, engine: each });
        return Promise.all([result.parameters.a.data(), result.parameters.b.data()]);
      }),
    );
    onGpu!.forEach((each, i) => {
      expect(each[0]).toBeCloseTo(onWasm![i]![0]!, 4);
    });
  });
});
