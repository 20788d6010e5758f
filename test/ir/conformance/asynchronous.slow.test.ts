// The conformance suite on engines whose values can only be awaited. Without a GPU, or a driver that plays one, they are skipped.
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { available } from "../../runtime/available.js";
import { type Application, applicationsOf, kindsOfApplication } from "./applications.js";
import { cases } from "./cases/all.js";
import { expectAgreement } from "./properties.js";

const effort = Number(process.env.CONFORMANCE_EFFORT ?? 1);
const seed = Number(process.env.CONFORMANCE_SEED ?? 20240607);

for (const name of ["tfjs:webgpu", "webgpu"]) {
  const engine = await available(name);
  if (!engine) console.warn(`Conformance of ${name} is skipped: no adapter, or packages are missing`);

  describe.skipIf(!engine)(name, () => {
    beforeAll(async () => {
      // else tfjs computes tensors under 1000 elements on the processor
      if (name === "tfjs:webgpu") tf.env().set("WEBGPU_CPU_FORWARD", false);
      await tf.setBackend("cpu");
    });
    afterAll(async () => {
      await tf.setBackend("cpu");
    });

    async function run({ program, inputs }: Application) {
      const executable = engine!.compile(program);
      const tensors = inputs.map(tensorFromNDArray);
      const outputs = await executable.runAsync(tensors);
      const results = await Promise.all(outputs.map(ndarrayFromTensorAsync));
      tf.dispose([tensors, outputs]);
      executable.dispose();
      return results;
    }

    describe.each(cases.map((entry) => [entry.primitive.name, entry] as const))("%s", (_, entry) => {
      test.each(kindsOfApplication)("agrees$title", async (kind) => {
        const before = tf.memory().numTensors;
        for (const application of applicationsOf(entry, kind, { effort, seed }))
          expectAgreement(application, await run(application));
        expect(tf.memory().numTensors).toBe(before);
      });
    });
  });
}
