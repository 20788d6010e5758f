// A GPU that is lost in the middle of a fit: the error says so, and the last checkpoint stands.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { adam, elbo, type FitResult, fit, gen, normal, observe, sample } from "elbow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { available } from "../available.js";

const shared = (await available("webgpu")) as WebgpuEngine | undefined;
const tfjs = shared && (await available("tfjs:webgpu"));
const folder = mkdtempSync(join(tmpdir(), "elbow-lost-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const objective = elbo(
  gen(function* () {
    const mu = yield* sample("mu", normal(0, 1));
    yield* observe("y", normal(mu, 1), tf.scalar(1));
  }),
  gen(function* ({ loc, scale }: { loc: tf.Tensor; scale: tf.Tensor }) {
    yield* sample("mu", normal(loc, tf.exp(scale)));
  }),
);

const stepOf = (file: string): number => (JSON.parse(readFileSync(file, "utf8")) as { step: number }).step;

/** Fits on an engine that loses its device after 150 steps, and goes on from the last checkpoint on wasm. */
async function fitAndLose(
  engine: WebgpuEngine,
  file: string,
): Promise<FitResult<{ loc: tf.Tensor; scale: tf.Tensor }>> {
  const settings = {
    parameters: { loc: tf.scalar(0), scale: tf.scalar(-1) },
    steps: 400,
    reportEvery: 50,
    optimizer: adam({ learningRate: 0.05 }),
  };
  const checkpoint = { file, every: 100 };
  const onReport = ({ step }: { step: number }) => {
    if (step === 150) engine.device.destroy();
  };
  await expect(fit(objective, { ...settings, engine, checkpoint, onReport })).rejects.toMatchObject({
    code: "device-lost",
    message: expect.stringMatching(/the GPU was lost/),
  });
  expect(stepOf(file)).toBe(100);
  await tf.setBackend("cpu");
  const whole = await fit(objective, { ...settings, engine: "wasm" });
  const resumed = await fit(objective, { ...settings, engine: "wasm", resume: file });
  expect(resumed.steps).toBe(400);
  expect(resumed.parameters.loc.dataSync()[0]).toBeCloseTo(whole.parameters.loc.dataSync()[0]!, 3);
  return resumed;
}

describe.skipIf(!shared)("a fit", () => {
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });

  test("whose device is lost leaves its last checkpoint", async () => {
    await fitAndLose(await openWebgpu(), join(folder, "own.json"));
  });

  test.skipIf(!tfjs)("so does one whose state is in tensors of tfjs on that device", async () => {
    await tf.setBackend("webgpu");
    await fitAndLose(shared!, join(folder, "shared.json"));
    // and a new engine is on another device
    expect(((await available("webgpu")) as WebgpuEngine).device).not.toBe(shared!.device);
  });
});
