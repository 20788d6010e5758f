import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { build } from "../../src/ir/builder.js";
import { exp } from "../../src/ir/primitives/exponential.js";
import { compile } from "../../src/runtime/compile.js";
import { engineByName, listEngines } from "../../src/runtime/engines.js";
import { isInstalled } from "../../src/runtime/packages.js";
import { type } from "./programs.js";

afterEach(() => vi.unstubAllEnvs());

// Files are run in isolation, so no backend is active when this one starts.
describe("engineByName", () => {
  test("the default compiles; plain tfjs is tfjs:wasm, which becomes the active backend if there was none", async () => {
    expect(tf.getBackend()).toBeUndefined();
    expect((await engineByName()).name).toBe("wasm");
    expect((await engineByName("auto")).name).toBe("wasm");
    expect(tf.getBackend()).toBeUndefined();
    expect((await engineByName("tfjs")).name).toBe("tfjs:wasm");
    expect(tf.getBackend()).toBe("wasm");
  });

  test("naming another backend leaves the active one active, also while results are used", async () => {
    const engine = await engineByName("tfjs:cpu");
    expect(tf.getBackend()).toBe("wasm");
    const program = build([type("float32", 2)], (x) => [exp(x)]);
    const x = tf.tensor1d([0, 1]);
    const [y] = engine.compile(program).run([x]);
    expect(tf.getBackend()).toBe("wasm");
    expect(tf.add(y!, x).dataSync()[1]).toBeCloseTo(Math.E + 1, 5);
  });

  test("plain tfjs follows the user's active backend; cpu is no choice, the first tensor activates it", async () => {
    tf.registerBackend("mine", () => tf.findBackend("cpu"));
    await tf.setBackend("mine");
    expect((await engineByName("tfjs")).name).toBe("tfjs:mine");
    await tf.setBackend("cpu");
    expect((await engineByName("tfjs")).name).toBe("tfjs:wasm");
    expect(tf.getBackend()).toBe("cpu");
  });

  test("backends that the user registered have a name, Elbow's own tracing backend has not", async () => {
    tf.registerBackend("elbow-test", () => tf.findBackend("cpu"), -1000);
    expect((await engineByName("tfjs:mine")).name).toBe("tfjs:mine");
    await expect(engineByName("tfjs:elbow-test")).rejects.toThrow("there is no engine");
    tf.removeBackend("elbow-test");
  });

  test("ELBOW_ENGINE replaces the default, not an explicit name", async () => {
    vi.stubEnv("ELBOW_ENGINE", "reference");
    expect((await engineByName()).name).toBe("reference");
    expect((await engineByName("tfjs:cpu")).name).toBe("tfjs:cpu");
  });

  test("unknown names", async () => {
    await expect(engineByName("cuda")).rejects.toThrow(
      /there is no engine "cuda"\n {2}engines: auto, wasm, webgpu, reference, tfjs, tfjs:cpu, tfjs:wasm, tfjs:tensorflow, tfjs:webgpu, tfjs:webgl/,
    );
    await expect(engineByName("cpu")).rejects.toThrow('there is no engine "cpu"');
  });

  test.for([
    ["tfjs:tensorflow", "@tensorflow/tfjs-node"],
    ["tfjs:webgpu", "@tensorflow/tfjs-backend-webgpu"],
  ] as const)(
    "%s, where it is absent, is refused by a message whose first line says what to install",
    async ([name, packageName], { skip }) => {
      skip((await isInstalled(packageName)) === true, `${packageName} is installed`);
      const error = await engineByName(name).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "engine-unavailable" });
      expect((error as Error).message).toContain(`engine "${name}" is not available: ${packageName} is not installed`);
      expect((error as Error).message).toMatch(/^[^\n]*npm install /);
    },
  );

  test("webgl needs a browser", async () => {
    await expect(engineByName("tfjs:webgl")).rejects.toThrow(
      'engine "tfjs:webgl" is not available: it needs a browser',
    );
  });

  test("listEngines says what is installed", async () => {
    const engines = await listEngines();
    expect(engines.filter(({ install }) => !install).map(({ name }) => name)).toEqual([
      "wasm",
      "reference",
      "tfjs",
      "tfjs:cpu",
      "tfjs:wasm",
    ]);
    const tensorflow = engines.find(({ name }) => name === "tfjs:tensorflow");
    expect(tensorflow?.isInstalled).toBe(await isInstalled("@tensorflow/tfjs-node"));
  });
});

test("compile prepares a program once per engine", async () => {
  const program = build([type("float32", 2)], (x) => [exp(x)]);
  const [cpu, reference] = [await engineByName("tfjs:cpu"), await engineByName("reference")];
  expect(compile(program, { engine: cpu })).toBe(compile(program, { engine: cpu }));
  expect(compile(program, { engine: cpu })).not.toBe(compile(program, { engine: reference }));
});
