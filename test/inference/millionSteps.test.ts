// A million steps of a fit on the compiling engine take no more memory than a thousand.
import * as tf from "@tensorflow/tfjs-core";
import { adam, elbo, fit } from "elbow";
import { expect, test } from "vitest";
import { data, guide, model, parameters } from "../../models/eightSchools.js";

const bytesNow = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

async function run(steps: number): Promise<number> {
  const result = await fit(elbo(model, guide), {
    parameters,
    data,
    steps,
    engine: "wasm",
    optimizer: adam({ learningRate: 0.001 }),
    reportEvery: Math.ceil(steps / 10),
  });
  tf.dispose(result.parameters as never);
  return result.objective;
}

test("memory is flat over 10⁶ steps", async () => {
  await run(1000);
  await run(100_000);
  const tensors = tf.memory().numTensors;
  const before = bytesNow();
  const objective = await run(1_000_000);
  expect(tf.memory().numTensors).toBe(tensors);
  // a tensor or an entry per step would be 100 MB; garbage comes and goes
  expect(bytesNow() - before).toBeLessThan(32e6);
  expect(Math.abs(objective + 31.6)).toBeLessThan(0.2);
}, 60_000);
