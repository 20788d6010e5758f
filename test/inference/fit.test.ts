import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { flip } from "../../src/distributions/bernoulli.js";
import { normal } from "../../src/distributions/normal.js";
import { sample } from "../../src/dsl/effects.js";
import { fit } from "../../src/inference/fit.js";
import type { Progress } from "../../src/inference/fitting/progress.js";
import type { HistoryEntry } from "../../src/inference/fitting/statistics.js";
import { objective } from "../../src/inference/objective.js";
import { adam } from "../../src/inference/optimizers/adam.js";
import { exponentialDecay } from "../../src/inference/optimizers/schedules.js";
import { sgd } from "../../src/inference/optimizers/sgd.js";
import type { Engine } from "../../src/runtime/engine.js";
import { engineByName } from "../../src/runtime/engines.js";
import { reinforce } from "../../src/strategies/reinforce.js";
import { available } from "../runtime/available.js";
import { withoutPlace } from "../support/messages.js";
import { bitsOf, conjugateElbo, logEvidence, regression, start } from "./fitting/models.js";

const engine = "tfjs:cpu";
const data: [tf.Tensor] = [tf.scalar(2)];

beforeAll(async () => {
  await engineByName(engine);
});

test("auto tells how it chose for steps that are large, and nothing of small ones or of a chosen engine", async () => {
  const side = 700;
  const x = tf.fill([side, side], 1 / side);
  const large = objective(function* (loc: tf.Tensor, matrix: tf.Tensor) {
    const z = yield* sample("z", normal(loc, 1));
    return tf.mean(tf.matMul(tf.mul(matrix, z), matrix));
  });
  const stepsOn = (chosen: string | undefined) =>
    fit(large, { parameters: tf.scalar(0), data: [x], steps: 2, engine: chosen });
  const { engine: name, engineDetails } = await stepsOn("auto");
  expect(engineDetails?.choice).toMatchObject({ engine: name, reason: expect.any(String) });
  expect(engineDetails!.choice!.wasmMicroseconds).toBeGreaterThan(2000);
  expect((await stepsOn("wasm")).engineDetails).not.toHaveProperty("choice");
  const small = await fit(conjugateElbo, { parameters: start(), data, steps: 2 });
  expect(small.engine).toBe("wasm");
  expect(small.engineDetails).not.toHaveProperty("choice");
});

describe.each(["reference", "tfjs:cpu", "tfjs:wasm"])("on %s", (name) => {
  test("finds the posterior of a conjugate model, and its evidence", async ({ skip }) => {
    if (!(await available(name))) skip();
    const optimizer = adam({ learningRate: exponentialDecay({ initial: 0.1, factor: 0.01, every: 1500 }) });
    const result = await fit(conjugateElbo, { parameters: start(), data, steps: 1500, optimizer, engine: name });
    const { loc, rho } = result.parameters;
    expect(Math.abs(loc.dataSync()[0]! - 1)).toBeLessThan(0.1);
    expect(Math.abs(Math.exp(rho.dataSync()[0]!) - Math.SQRT1_2)).toBeLessThan(0.1);
    expect(Math.abs(result.objective - logEvidence)).toBeLessThan(5 * result.standardError + 0.002);
    expect(result).toMatchObject({ steps: 1500, isStopped: false, engine: name, seed: 0 });
    expect(result.sites.map(({ address, strategy }) => [address, strategy.name])).toEqual([["mu", "reparam"]]);
    expect(result.stepsPerSecond).toBeCloseTo(result.steps / result.seconds, 3);
  });
});

test("the same seed gives the same bits, another seed others", async () => {
  const run = async (seed: number) =>
    bitsOf(
      Object.values((await fit(conjugateElbo, { parameters: start(), data, steps: 30, seed, engine })).parameters),
    );
  expect(await run(1)).toEqual(await run(1));
  expect(await run(1)).not.toEqual(await run(2));
});

test("the history holds mean, standard error and gradient norm per stretch, the rest included", async () => {
  const noisy = objective(function* (x: tf.Tensor) {
    const b = yield* sample("b", reinforce(flip(0.5)));
    return tf.add(tf.mul(3, x), tf.mul(4, tf.cast(b, "float32")));
  });
  const reported: HistoryEntry[] = [];
  const options = {
    parameters: tf.scalar(1000),
    steps: 250,
    optimizer: sgd({ learningRate: 1e-6 }),
    engine,
    reportEvery: 100,
  };
  const { history } = await fit(noisy, { ...options, onReport: (entry) => reported.push(entry) });
  expect(history.map(({ step }) => step)).toEqual([100, 200, 250]);
  expect(reported).toEqual(history);
  for (const [i, entry] of history.entries()) {
    const count = i === 2 ? 50 : 100;
    // b is a fair coin: mean 3x + 2, standard deviation 2
    expect(Math.abs(entry.objective - 3002)).toBeLessThan((5 * 2) / Math.sqrt(count));
    expect(entry.standardError).toBeCloseTo(2 / Math.sqrt(count), 1);
    expect(entry.gradientNorm).toBeCloseTo(3, 4);
  }
});

test("what is kept on a GPU is looked at once in a hundred steps, not four times a second", async () => {
  const wasm = await engineByName("wasm");
  const longest = async (extra: Partial<Engine>): Promise<number> => {
    let most = 0;
    const compile: Engine["compile"] = (program) => {
      const executable = wasm.compile(program);
      return {
        ...executable,
        iterate: async (inputs, carried, steps) => {
          most = Math.max(most, steps);
          await new Promise((resolve) => setTimeout(resolve, 4 * steps));
          return executable.iterate(inputs, carried, steps);
        },
      };
    };
    await fit(conjugateElbo, {
      parameters: start(),
      data,
      steps: 300,
      reportEvery: 300,
      engine: { name: "slow", compile, ...extra },
    });
    return most;
  };
  const read: Engine["read"] = (tensors) =>
    Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array>));
  expect(await longest({ read })).toBe(100);
  expect(await longest({})).toBeLessThan(70);
});

test("how many steps the clock puts into one call changes nothing", async () => {
  const run = async (delay: number, name: string) => {
    const slow = await engineByName(name);
    const calls: number[] = [];
    const result = await fit(conjugateElbo, {
      parameters: start(),
      data,
      steps: 700,
      reportEvery: 300,
      engine: {
        name,
        compile: (program) => {
          const executable = slow.compile(program);
          return {
            ...executable,
            iterate: async (inputs, carried, steps) => {
              calls.push(steps);
              if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
              return executable.iterate(inputs, carried, steps);
            },
          };
        },
      },
    });
    return { calls, history: result.history, bits: bitsOf(Object.values(result.parameters)) };
  };
  for (const name of ["reference", "tfjs:cpu"]) {
    const fast = await run(0, name);
    const slow = await run(75, name);
    expect(slow.calls.length).toBeGreaterThan(fast.calls.length);
    expect(slow.history).toEqual(fast.history);
    expect(slow.bits).toEqual(fast.bits);
  }
});

test("direction minimises or maximises, states of moving baselines are carried", async () => {
  const coin = objective(function* ({ logit }: { logit: tf.Tensor }) {
    const b = yield* sample("b", reinforce(flip(tf.sigmoid(logit)), { baseline: { decay: 0.9 } }));
    return tf.cast(b, "float32");
  });
  for (const [direction, sign] of [
    ["maximize", 1],
    ["minimize", -1],
  ] as const) {
    const { parameters } = await fit(coin, {
      parameters: { logit: tf.scalar(0) },
      steps: 300,
      direction,
      optimizer: adam({ learningRate: 0.05 }),
      engine,
    });
    expect(sign * parameters.logit.dataSync()[0]!).toBeGreaterThan(1);
  }
});

test("nothing but the resulting parameters is left in memory, and the given ones stay", async () => {
  const parameters = start();
  const run = async () =>
    tf.dispose(
      (await fit(conjugateElbo, { parameters, data, steps: 20, engine })).parameters as unknown as tf.TensorContainer,
    );
  await run();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) await run();
  expect(tf.memory().numTensors).toBe(before);
  expect(parameters.loc.isDisposed).toBe(false);
});

test("nothing is left in memory by a fit that fails", async () => {
  const failing = objective(function* (x: tf.Tensor) {
    return tf.log(x);
  });
  const parameters = tf.scalar(0.05);
  const run = () =>
    fit(failing, {
      parameters,
      steps: 50,
      direction: "minimize",
      optimizer: sgd({ learningRate: 0.01 }),
      engine,
    }).catch(() => undefined);
  await run();
  const before = tf.memory().numTensors;
  await run();
  expect(tf.memory().numTensors).toBe(before);
});

test("a signal stops the fit, which gives what it has", async () => {
  const controller = new AbortController();
  const onReport = ({ step }: HistoryEntry) => step === 40 && controller.abort();
  const result = await fit(conjugateElbo, {
    parameters: start(),
    data,
    steps: 1e6,
    reportEvery: 20,
    onReport,
    signal: controller.signal,
    engine,
  });
  expect(result).toMatchObject({ steps: 40, isStopped: true });
  expect(result.history.map(({ step }) => step)).toEqual([20, 40]);
});

test("a fit that is stopped before it begins has no objective", async () => {
  const result = await fit(conjugateElbo, { parameters: start(), data, steps: 5, signal: AbortSignal.abort(), engine });
  expect(result).toMatchObject({ steps: 0, isStopped: true, history: [], objective: Number.NaN });
});

test("a progress reporter is told where the fit is, and stopped also when it fails", async () => {
  const events: string[] = [];
  const seen: Progress[] = [];
  const progress = {
    start: (steps: number, step: number) => void events.push(`start ${step}/${steps}`),
    update: (each: Progress) => void seen.push(each),
    stop: () => void events.push("stop"),
  };
  await fit(conjugateElbo, { parameters: start(), data, steps: 30, progress, engine });
  expect(events).toEqual(["start 0/30", "stop"]);
  expect(seen.at(-1)).toMatchObject({ step: 30, steps: 30, secondsLeft: 0 });
  const failing = objective(function* (x: tf.Tensor) {
    return tf.log(x);
  });
  await expect(fit(failing, { parameters: tf.scalar(-1), steps: 3, progress, engine })).rejects.toThrow("NaN");
  expect(events.at(-1)).toBe("stop");
});

describe("options", () => {
  const message = (options: object) =>
    fit(conjugateElbo, { parameters: start(), data, steps: 5, engine, ...options }).then(() => "", withoutPlace);

  test.each([
    [{ steps: 0 }, "fit: steps must be a positive integer below 2^31\n  received: 0"],
    [{ parameters: {} }, "fit: parameters must be at least one tensor\n  received: an empty object"],
    [{ reportEvery: 1.5 }, "fit: reportEvery must be a positive integer\n  received: 1.5"],
    [{ checkpoint: { file: "x", every: 0 } }, "fit: checkpoint.every must be a positive integer\n  received: 0"],
    [{ direction: "up" }, 'fit: direction must be "maximize" or "minimize"\n  received: up'],
    [{ seed: -1 }, "a seed is a non-negative integer below 2^53\n  received: -1\n  hint: pass something like 42"],
    [
      { data: tf.scalar(1) },
      "fit: data must be an array of the objective's data arguments, minibatches(…) or an iterable of such arrays\n  received: a tensor\n  hint: Wrap a single argument into an array: data: [y].",
    ],
  ])("%o", async (options, expected) => expect(await message(options)).toBe(expected));

  test("numbers that are not finite at the start are named with their place", async () => {
    expect(await message({ data: [tf.scalar(Number.NaN)] })).toBe(
      "data argument 0 holds a number that is not finite\n  value: NaN\n  hint: Remove or impute such values before fitting.",
    );
    expect(
      await message({
        parameters: {
          loc: tf.scalar(0),
          rho: tf.tensor2d([
            [0, 0],
            [0, Number.POSITIVE_INFINITY],
          ]),
        },
      }),
    ).toBe(
      'the parameter "rho" holds a number that is not finite\n  at index [1, 1]: Infinity\n  hint: Remove or impute such values before fitting.',
    );
    const rows = tf.tensor1d([1, Number.NaN]);
    const failure = fit(regression, {
      parameters: { w: tf.scalar(0), b: tf.scalar(0) },
      data: [tf.zeros([2]), rows],
      steps: 5,
      engine,
    });
    await expect(failure).rejects.toThrow("data argument 1 holds a number that is not finite\n  at index [1]: NaN");
  });
});
