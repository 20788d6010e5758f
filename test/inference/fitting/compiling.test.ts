// What a fit compiles, and what it says of that.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import { afterEach, beforeEach, expect, test } from "vitest";
import { normal } from "../../../src/distributions/normal.js";
import { observe, sample } from "../../../src/dsl/effects.js";
import { gen } from "../../../src/dsl/gen.js";
import { type FitResult, fit } from "../../../src/inference/fit.js";
import { elbo } from "../../../src/inference/objectives/elbo.js";
import { adam } from "../../../src/inference/optimizers/adam.js";

const original = WebAssembly.Module;
let compiled = 0;

beforeEach(() => {
  compiled = 0;
  WebAssembly.Module = new Proxy(original, {
    construct: (target, args) => {
      compiled++;
      return Reflect.construct(target, args);
    },
  });
});
afterEach(() => {
  WebAssembly.Module = original;
});

const start = () => ({ loc: tf.scalar(0), rho: tf.scalar(0) });

/** A new objective each time, as a user's module makes one when it is loaded. */
function objectiveOf(scale: number) {
  const model = gen(function* (y: tf.Tensor) {
    const mu = yield* sample("mu", normal(0, scale));
    yield* observe("y", normal(tf.mul(mu, tf.ones([y.shape[0]!])), 1), y);
  });
  const guide = gen(function* (q: ReturnType<typeof start>, _y: tf.Tensor) {
    yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
  });
  return elbo(model, guide);
}

const run = (of: ReturnType<typeof objectiveOf>, size: number, learningRate = 0.1): Promise<FitResult<object>> =>
  fit(of, {
    parameters: start(),
    data: [tf.linspace(0, 1, size)],
    steps: 20,
    optimizer: adam({ learningRate }),
    engine: "wasm",
  });

test("a second fit of the same model and shapes compiles nothing", async () => {
  const first = objectiveOf(1);
  const result = await run(first, 50);
  expect(compiled).toBe(1);
  const again = await run(first, 50);
  const equal = await run(objectiveOf(1), 50);
  expect(compiled).toBe(1);
  expect(again.objective).toBe(result.objective);
  expect(equal.objective).toBe(result.objective);
});

test("another constant, shape or learning rate compiles anew", async () => {
  const results = [
    await run(objectiveOf(1.5), 50),
    await run(objectiveOf(1.5), 51),
    await run(objectiveOf(1.5), 50, 0.2),
  ];
  const before = await run(objectiveOf(1), 50);
  expect(compiled).toBeGreaterThanOrEqual(3);
  expect(new Set([before, ...results].map((each) => each.objective)).size).toBe(4);
});

test("compileMs is part of the seconds, and engineDetails tells what ran", async () => {
  const { compileMs, seconds, engineDetails } = await run(objectiveOf(2.5), 60);
  expect(compileMs).toBeGreaterThan(0.1);
  expect(compileMs / 1000).toBeLessThanOrEqual(seconds);
  expect(engineDetails).toEqual({ threads: 1, hasFma: expect.any(Boolean) });
});
