// Threads change nothing but the time that it takes, end with the process, and fail in words.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { adam, fit, listEngines } from "elbow";
import { afterEach, describe, expect, test, vi } from "vitest";
import { logisticVariant } from "../../../../bench/workloads/logisticRegression.js";
import { enumeratedVariant } from "../../../../bench/workloads/mixture.js";
import { vaeVariant } from "../../../../bench/workloads/vae.js";
import { build } from "../../../../src/ir/builder.js";
import { add } from "../../../../src/ir/primitives/elementwise.js";
import { tanh } from "../../../../src/ir/primitives/exponential.js";
import type { Executable } from "../../../../src/runtime/engine.js";
import { engineByName } from "../../../../src/runtime/engines.js";
import { moduleOf } from "../../../../src/runtime/wasm/moduleOf.js";
import { stopHelpers } from "../../../../src/runtime/wasm/threads/pool.js";
import { blocksOf } from "../../../../src/runtime/wasm/threads/regions.js";
import { wasmEngine, wasmEngineOf } from "../../../../src/runtime/wasm/wasmEngine.js";
import { leavesOf } from "../../../../src/util/tree.js";
import { bitsOf, inputsOf, programs } from "./programs.js";

const several = [2, 3, 4];
const workerThreads = process.getBuiltinModule("node:worker_threads");
const { Worker: OriginalWorker } = workerThreads;

afterEach(() => {
  stopHelpers();
  workerThreads.Worker = OriginalWorker;
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Collects the workers that are started from now on; their source can be another one. */
function watchWorkers(
  change: (source: string) => string = (source) => source,
): Worker[] & { ready: Promise<unknown>[] } {
  const started = Object.assign<Worker[], { ready: Promise<unknown>[] }>([], { ready: [] });
  workerThreads.Worker = class extends OriginalWorker {
    constructor(source: string | URL, options?: ConstructorParameters<typeof OriginalWorker>[1]) {
      super(change(String(source)), options);
      started.push(this);
      started.ready.push(once(this, "message"));
    }
  };
  return started;
}

/** Waits until workers have come and something has been shared with them. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("the same bits on every number of threads", () => {
  test.for(Object.entries(programs))("%s", async ([, program]) => {
    const inputs = inputsOf(program);
    const expected = bitsOf(wasmEngine.compile(program).run(inputs));
    expect(moduleOf(program, 0, true).control).toBeDefined();
    for (const threads of several) {
      const executable = wasmEngineOf({ threads }).compile(program);
      expect(bitsOf(executable.run(inputs))).toEqual(expected);
      await settle();
      expect(bitsOf(executable.run(inputs))).toEqual(expected);
      expect(bitsOf(await executable.iterate(inputs, 0, 50))).toEqual(expected);
      executable.dispose();
    }
  });

  const sizes = { pixels: 130, hidden: 90, latent: 7 };
  const variants = {
    "logistic regression": logisticVariant(2000, 20, 10),
    mixture: enumeratedVariant(3000),
    "variational autoencoder": vaeVariant("small", 50, 1, 1, sizes),
    "importance-weighted autoencoder": vaeVariant("small", 20, 5, 1, sizes),
  };
  test.for(Object.entries(variants))("a fit: %s", async ([, of]) => {
    const run = async (threads: number) => {
      const { parameters } = await fit(of.objective(), {
        parameters: of.parameters as object,
        data: of.data,
        steps: 30,
        draws: of.draws,
        optimizer: adam({ learningRate: of.learningRate }),
        threads,
      });
      return bitsOf(leavesOf(parameters as typeof of.parameters).map(({ leaf }) => leaf));
    };
    const expected = await run(1);
    for (const threads of several) expect(await run(threads)).toEqual(expected);
  });
});

test("blocks cover all steps and depend on sizes alone; little work is one block", () => {
  for (const steps of [2, 3, 31, 32, 33, 1000, 65_537])
    for (const nanoseconds of [20_000, 1e5, 1e7, 1e10]) {
      const { blocks, size } = blocksOf(steps, nanoseconds);
      expect(blocks * size).toBeGreaterThanOrEqual(steps);
      expect((blocks - 1) * size).toBeLessThan(steps);
      expect(blocks).toBeGreaterThan(1);
    }
  expect(blocksOf(1000, 19_999).blocks).toBe(1);
  expect(blocksOf(1, 1e9).blocks).toBe(1);
});

const shared = build([{ shape: [20_000], dtype: "float32" }], (x) => [tanh(x)]);
const compileShared = (threads = 4): Executable => wasmEngineOf({ threads }).compile(shared);

test("ten thousand runs, in one call and in many", async () => {
  const x = tf.linspace(-2, 2, 20_000);
  const executable = compileShared();
  tf.dispose(await executable.iterate([x], 1, 10_000));
  for (let i = 0; i < 300; i++) tf.dispose(executable.run([x]));
  executable.dispose();
});

test("two programs at a time, in turns", async () => {
  const x = tf.linspace(-2, 2, 20_000);
  const other = build([{ shape: [20_000], dtype: "float32" }], (y) => [tanh(add(y, y))]);
  const alone = [shared, other].map((program) => bitsOf(wasmEngine.compile(program).run([x])));
  const both = [shared, other].map((program) => wasmEngineOf({ threads: 3 }).compile(program));
  for (let i = 0; i < 50; i++) {
    expect(both.map((executable) => bitsOf(executable.run([x])))).toEqual(alone);
    if (i % 10 === 0) await settle();
  }
  await Promise.all(both.map((executable) => executable.iterate([x], 0, 500)));
});

test("without work to share there is no other module, and no worker is started", () => {
  const workers = watchWorkers();
  const small = build([{ shape: [50], dtype: "float32" }], (x) => [tanh(x)]);
  expect(moduleOf(small, 1, true)).toBe(moduleOf(small, 1));
  expect(moduleOf(small, 0, true)).toBe(moduleOf(small, 0));
  wasmEngineOf({ threads: 4 })
    .compile(small)
    .run([tf.zeros([50])]);
  expect(workers).toHaveLength(0);
});

test("the process ends by itself while workers sleep", () => {
  const script = `
    import * as tf from "@tensorflow/tfjs-core";
    import "./src/index.ts";
    import { build } from "./src/ir/builder.ts";
    import { tanh } from "./src/ir/primitives/exponential.ts";
    import { wasmEngineOf } from "./src/runtime/wasm/wasmEngine.ts";
    const program = build([{ shape: [20000], dtype: "float32" }], (x) => [tanh(x)]);
    await wasmEngineOf({ threads: 4 }).compile(program).iterate([tf.zeros([20000])], 1, 3000);
    const ended = performance.now();
    process.on("exit", () => console.log(performance.now() - ended));`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const milliseconds = Number(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 }));
  // idle workers end after five seconds
  expect(milliseconds).toBeLessThan(4500);
});

describe("workers that end", () => {
  const x = () => [tf.linspace(-2, 2, 20_000)];

  test("by somebody else's hand: an error, and others the next time", async () => {
    const workers = watchWorkers();
    const engine = wasmEngineOf({ threads: 3 });
    // two where there are cores for them
    const helpers = engine.details!().threads - 1;
    const executable = engine.compile(shared);
    const expected = bitsOf(executable.run(x()));
    await Promise.all(workers.ready);
    expect(workers).toHaveLength(helpers);
    await workers.at(-1)!.terminate();
    expect(() => executable.run(x())).toThrow(/a worker thread of the wasm engine ended unexpectedly/);
    expect(bitsOf(executable.run(x()))).toEqual(expected);
    expect(workers).toHaveLength(2 * helpers);
  });

  test("at once, before they have done anything: no hang", async () => {
    const workers = watchWorkers();
    const executable = compileShared(3);
    const expected = bitsOf(executable.run(x()));
    for (const worker of workers) void worker.terminate();
    expect(bitsOf(executable.run(x()))).toEqual(expected);
  });

  test("in the middle of a block: an error after a while", async () => {
    // takes a block and ends
    const workers = watchWorkers((source) =>
      source.replace(
        "  work();\n",
        `const words = new Int32Array(memory.buffer);
         for (;;) {
           const task = Atomics.load(words, failed / 4 - 33);
           if (task & 0xffff && Atomics.compareExchange(words, failed / 4 - 33, task, task - 1) === task) process.exit();
         }`,
      ),
    );
    const executable = compileShared(2);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => 20 * now());
    executable.run(x());
    await Promise.all(workers.ready);
    const runForLong = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) tf.dispose(await executable.iterate(x(), 0, 1000));
    };
    await expect(runForLong()).rejects.toThrow(/stopped in the middle of its work/);
    vi.restoreAllMocks();
    workerThreads.Worker = OriginalWorker;
    expect(bitsOf(executable.run(x()))).toEqual(bitsOf(wasmEngine.compile(shared).run(x())));
  });

  test("because workers cannot be had: one thread", async () => {
    workerThreads.Worker = class extends OriginalWorker {
      constructor() {
        super("throw new Error('no workers here')", { eval: true });
      }
    };
    const executable = compileShared();
    const expected = bitsOf(executable.run(x()));
    await settle();
    expect(bitsOf(executable.run(x()))).toEqual(expected);
  });
});

describe("the option", () => {
  test("by name, by option and by ELBOW_THREADS; at most as many as there are cores", async () => {
    expect(await engineByName("wasm")).toBe(wasmEngine);
    expect(await engineByName("wasm:2")).toBe(wasmEngineOf({ threads: 2 }));
    expect(await engineByName("wasm", { threads: 2 })).toBe(wasmEngineOf({ threads: 2 }));
    expect((await engineByName("wasm:2")).details!().threads).toBe(2);
    expect(wasmEngineOf({ threads: 10_000 }).details!().threads).toBeLessThan(1000);
    vi.stubEnv("ELBOW_THREADS", "2");
    expect((await engineByName()).name).toBe("wasm:2");
    expect((await engineByName("auto", { threads: 1 })).name).toBe("wasm");
    expect((await engineByName("reference", { threads: 2 })).name).toBe("reference");
  });

  test("numbers that are none", async () => {
    for (const name of ["wasm:0", "wasm:two", "wasm:1.5", "wasm:"])
      await expect(engineByName(name)).rejects.toThrow("threads must be a positive integer");
    await expect(engineByName("wasm", { threads: -1 })).rejects.toMatchObject({ code: "option" });
    expect((await listEngines())[0]!.name).toBe("wasm");
  });

  test("without shared memory there is one thread", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(wasmEngineOf({ threads: 4 })).toBe(wasmEngine);
  });
});
