// Measuring and choosing with a GPU, be it one in software; skipped where there is none.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { matMul } from "../../../src/ir/primitives/matMul.js";
import { chooseEngine } from "../../../src/runtime/auto/chooseEngine.js";
import { measureGpu } from "../../../src/runtime/auto/measureGpu.js";
import { typicalCeilings } from "../../../src/runtime/auto/predict.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { available } from "../available.js";
import { type } from "../programs.js";

const engine = await available("webgpu");
if (!engine) console.warn("Measuring a GPU is skipped: there is none");

describe.skipIf(!engine)("auto with a GPU", () => {
  test("rates are measured, and a slow processor's program goes to it", async () => {
    await tf.setBackend("cpu");
    const before = tf.memory().numTensors;
    const rates = await measureGpu(engine!, { large: 2 ** 18, small: 2 ** 12, side: 128 });
    for (const rate of Object.values(rates)) expect(rate > 0 && Number.isFinite(rate)).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    const program = build([type("float32", 1024, 1024)], (x) => [matMul(x, x)]);
    const chosenWith = async (speed: number) =>
      chooseEngine(program, 1, await engineByName("wasm"), {
        mayHaveGpu: async () => true,
        openGpu: async () => ({ engine: engine!, rates }),
        ceilings: () => ({ ...typicalCeilings, matMul: speed }),
      });
    expect((await chosenWith(1e-6)).engine).toBe(engine);
    expect((await chosenWith(1e6)).engine.name).toBe("wasm");
  });
});
