// The conformance suite on engines whose values can only be awaited. Without a GPU, or a driver that plays one, they are skipped.
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { available } from "../../runtime/available.js";
import { type Application, applied, appliedOnManyAxes } from "./applications.js";
import { cases } from "./cases/all.js";
import { type Conformance, type Random, randomFrom, type Signature } from "./conformance.js";
import { expectAgreement } from "./properties.js";

const effort = Number(process.env.CONFORMANCE_EFFORT ?? 1);
const seed = Number(process.env.CONFORMANCE_SEED ?? 20240607);

type Apply = (entry: Conformance, signature: Signature, random: Random) => Application;

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

    const kinds: [string, Apply, number][] = [
      ["", applied, 3],
      [", many axes", appliedOnManyAxes, 2],
    ];
    describe.each(cases.map((entry) => [entry.primitive.name, entry] as const))("%s", (_, entry) => {
      test.each(kinds)("agrees%s", async (_, apply, runs) => {
        const samples = fc.sample(fc.tuple(entry.signature, fc.integer()), { numRuns: runs * effort, seed });
        const before = tf.memory().numTensors;
        for (const [signature, elements] of samples) {
          const application = apply(entry, signature, randomFrom(elements));
          expectAgreement(application, await run(application));
        }
        expect(tf.memory().numTensors).toBe(before);
      });
    });
  });
}
