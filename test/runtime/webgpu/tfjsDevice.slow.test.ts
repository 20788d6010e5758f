// tfjs' webgpu backend as users import it: on a device of its own, which the engine webgpu takes when it is asked for.
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { mul } from "../../../src/ir/primitives/elementwise.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { isInstalled } from "../../../src/runtime/packages.js";
import type { TfjsBackend } from "../../../src/runtime/webgpu/tfjsBuffers.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { available } from "../available.js";
import { mappedBytes } from "./mappedBytes.js";

const own = (await available("webgpu")) as WebgpuEngine | undefined;
const isThere = own !== undefined && (await isInstalled("@tensorflow/tfjs-backend-webgpu"));
const length = 5000;

describe.skipIf(!isThere)("tfjs' webgpu backend, imported by the user", () => {
  afterAll(() => tf.setBackend("cpu"));

  test("the engine moves to its device; one that was opened before goes on through the host", async () => {
    const { create, globals } = (await import("webgpu" as string)) as {
      create: (options: string[]) => GPU;
      globals: object;
    };
    Object.assign(globalThis, globals);
    Object.defineProperty(globalThis, "navigator", {
      value: { gpu: create([]) },
      configurable: true,
      writable: true,
    });
    await import("@tensorflow/tfjs-backend-webgpu");
    await tf.setBackend("cpu");
    // initializing the backend does not make it the active one
    const shared = (await engineByName("webgpu")) as WebgpuEngine;
    expect(tf.getBackend()).toBe("cpu");
    await tf.setBackend("webgpu");
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    const { device } = tf.backend() as unknown as TfjsBackend;
    expect(shared.device).toBe(device);
    expect(own!.device).not.toBe(device);
    expect(await engineByName("webgpu")).toBe(shared);

    const program = build([{ shape: [length], dtype: "float32" }], (x) => [mul(x, 2)]);
    const x = tf.tidy(() => tf.mul(tf.range(0, length), 3));
    for (const [engine, isShared] of [
      [shared, true],
      [own!, false],
    ] as const) {
      const executable = engine.compile(program);
      let y: tf.Tensor | undefined;
      const bytes = await mappedBytes(async () => {
        [y] = await executable.runAsync([x]);
      });
      expect(bytes > 0).toBe(!isShared);
      expect((await y!.data())[length - 1]).toBe(6 * (length - 1));
      y!.dispose();
      executable.dispose();
    }
    x.dispose();
  });

  test("closing the engine leaves tfjs its device; when that is lost, the next engine has one of its own", async () => {
    const shared = (await engineByName("webgpu")) as WebgpuEngine;
    shared.close();
    const x = tf.tidy(() => tf.mul(tf.ones([3]), 3));
    expect([...(await x.data())]).toEqual([3, 3, 3]);
    shared.device.destroy();
    await shared.lost;
    const next = (await engineByName("webgpu")) as WebgpuEngine;
    expect(next.device).not.toBe(shared.device);
    await tf.setBackend("cpu");
    const executable = next.compile(build([{ shape: [3], dtype: "float32" }], (y) => [mul(y, 2)]));
    const y = tf.tensor1d([1, 2, 3]);
    const [z] = await executable.runAsync([y]);
    expect([...(await z!.data())]).toEqual([2, 4, 6]);
    executable.dispose();
    tf.dispose([y, z!]);
  });
});
