// A GPU without memory left: Dawn's null device, which has 512 MiB, validates everything and computes nothing.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { fit, normal, objective, sample } from "elbow";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { broadcastTo } from "../../../src/ir/primitives/axes.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import type { Executable } from "../../../src/runtime/engine.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";

const hasDawn = await isInstalled("webgpu");
const hasTfjs = await isInstalled("@tensorflow/tfjs-backend-webgpu");
const folder = mkdtempSync(join(tmpdir(), "elbow-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quarter = 2 ** 25;
/** Results of 128 MiB, from an operand of that size and from a number. */
const large = build([{ shape: [quarter], dtype: "float32" }], (x) => [mul(x, 2)]);
const fromScalar = build([{ shape: [], dtype: "float32" }], (x) => [add(broadcastTo(x, [quarter]), 1)]);

describe.skipIf(!hasDawn)("a GPU without memory left", () => {
  let gpu: WebgpuEngine;
  let tensors: number;
  let input: tf.Tensor;
  beforeEach(async () => {
    gpu = await openWebgpu({ dawn: ["backend=null"] });
    tensors = tf.memory().numTensors;
    input = tf.engine().makeTensor(new Float32Array(quarter), [quarter], "float32");
  });
  afterEach(async () => {
    input.dispose();
    await settled();
    expect(gpu.stats().buffers).toBe(0);
    expect(tf.memory().numTensors).toBe(tensors);
    gpu.close();
  });
  const settled = () => new Promise((done) => setTimeout(done, 20));
  const runs = async (executable: Executable, on: tf.Tensor) => tf.dispose(await executable.runAsync([on]));

  test("refuses a program with what is held and what is asked for, and takes it when there is room", async () => {
    const [first, second] = [gpu.compile(large), gpu.compile(large)];
    // input, result and what is mapped to read it: three quarters
    await runs(first, input);
    const held = gpu.stats();
    await expect(runs(second, input)).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringMatching(
        /the GPU has no memory left\n {2}held by programs: 384(\.0)? MiB\n {2}asked for: {8}\d+(\.\d)? MiB/,
      ),
    });
    // what is on the device goes on
    await runs(first, input);
    first.dispose();
    await settled();
    expect(gpu.stats().bytes).toBeLessThan(held.bytes);
    await runs(second, input);
    second.dispose();
  });

  test("leaves the last checkpoint of a fit whose batch is too large", async () => {
    const cost = objective(function* (loc: tf.Tensor, x: tf.Tensor) {
      const z = yield* sample("z", normal(loc, 1));
      const square = tf.matMul(tf.mul(x, z), x, false, true);
      return tf.mean(tf.matMul(tf.tanh(tf.matMul(square, square)), square));
    });
    function* batches(size: number): Generator<[tf.Tensor]> {
      for (let i = 0; ; i++) {
        const batch = tf
          .engine()
          .makeTensor(new Float32Array(i < 25 ? 4 : size).fill(1), [i < 25 ? 4 : size, 1], "float32");
        try {
          yield [batch];
        } finally {
          batch.dispose();
        }
      }
    }
    const file = join(folder, "fit.json");
    const parameters = tf.scalar(0.1);
    const attempt = (size: number, resume?: string) =>
      fit(cost, {
        parameters,
        data: batches(size),
        steps: 30,
        engine: gpu,
        resume,
        checkpoint: { file, every: 10 },
        reportEvery: 10,
      });
    await expect(attempt(5000)).rejects.toMatchObject({ code: "out-of-memory" });
    expect((JSON.parse(readFileSync(file, "utf8")) as { step: number }).step).toBe(20);
    const { steps, parameters: found } = await attempt(4, file);
    expect(steps).toBe(30);
    tf.dispose([parameters, found]);
  });

  test.skipIf(!hasTfjs)("results that find no room beside others of tfjs leave nothing there", async () => {
    const { create, globals } = (await import("webgpu" as string)) as {
      create: (options: string[]) => GPU;
      globals: object;
    };
    Object.assign(globalThis, globals);
    const gpuOfNavigator = { value: { gpu: create(["backend=null"]) }, configurable: true, writable: true };
    Object.defineProperty(globalThis, "navigator", gpuOfNavigator);
    const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
    tf.registerBackend("null", () => new WebGPUBackend(gpu.device, gpu.device.adapterInfo));
    await tf.setBackend("null");
    const bytes = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
    const one = tf.scalar(1);
    const executable = gpu.compile(fromScalar);
    const results: tf.Tensor[] = [];
    for (let i = 0; i < 2; i++) results.push(...(await executable.runAsync([one])));
    const before = [tf.memory().numTensors, bytes()];
    await expect(executable.runAsync([one])).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringMatching(/asked for: {8}128(\.0)? MiB/),
    });
    expect([tf.memory().numTensors, bytes()]).toEqual(before);
    // tfjs keeps the buffer of a disposed tensor for the next one of its size
    results.pop()!.dispose();
    results.push(...(await executable.runAsync([one])));
    expect([tf.memory().numTensors, bytes()]).toEqual(before);
    executable.dispose();
    tf.dispose([results, one]);
    await tf.setBackend("cpu");
    tf.removeBackend("null");
  });
});
