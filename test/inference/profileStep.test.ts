// Profiles of steps: the program that fit runs, its parts in the user's terms.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import { describe, expect, test } from "vitest";
import { normal } from "../../src/distributions/normal.js";
import { observe, sample } from "../../src/dsl/effects.js";
import { gen } from "../../src/dsl/gen.js";
import { minibatches } from "../../src/inference/fitting/minibatches.js";
import { elbo } from "../../src/inference/objectives/elbo.js";
import { profileStep } from "../../src/inference/profileStep.js";
import { formatSites } from "../../src/report/siteTable.js";
import { formatStepProfile } from "../../src/report/stepTable.js";
import { conjugateElbo, start } from "./fitting/models.js";

const milliseconds = 60;
const [rows, columns] = [96, 40];

const network = gen(function* (x: tf.Tensor, y: tf.Tensor) {
  const weights = yield* sample("weights", normal(tf.zeros([columns, 1]), 1));
  yield* observe("y", normal(tf.matMul(x, weights), 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }, _x: tf.Tensor, _y: tf.Tensor) {
  yield* sample("weights", normal(q.loc, 0.1));
});
const regressionElbo = elbo(network, guide);
const parameters = () => ({ loc: tf.zeros([columns, 1]) });
const data = (): [tf.Tensor, tf.Tensor] => [
  tf.sin(tf.range(0, rows * columns)).reshape([rows, columns]),
  tf.cos(tf.range(0, rows)).reshape([rows, 1]),
];

describe("a step with products of matrices", async () => {
  const profile = await profileStep(regressionElbo, { parameters: parameters(), data: data(), milliseconds });

  test("its arithmetic is that of the products and of what is around them", () => {
    const products = profile.parts.filter(({ operations }) => operations.includes("matMul"));
    // forwards, and backwards to the weights
    expect(products.map(({ flops }) => flops)).toEqual([2 * rows * columns, 2 * rows * columns]);
    expect(profile.flops).toBeGreaterThan(4 * rows * columns);
    expect(profile.bytes).toBeGreaterThan(2 * 4 * rows * columns);
  });

  test("its parts lead back to the user's lines and choices", () => {
    const { parts, sites } = profile;
    expect(sites.map(({ address }) => address)).toEqual(["weights"]);
    const own = parts.filter(({ addresses }) => addresses.includes("weights"));
    expect(own.length).toBeGreaterThan(0);
    const lines = parts.flatMap(({ sources }) => sources);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^test\/inference\/profileStep\.test\.ts:\d+$/);
  });

  test("shares sum to one, and figures are consistent", () => {
    expect(profile.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    for (const { gigaflops, flops, microseconds } of profile.parts)
      if (gigaflops !== undefined) expect(gigaflops).toBeCloseTo(flops / microseconds / 1000, 10);
    expect(profile.threadedMicroseconds).toBe(profile.microseconds);
    expect(profile.equations).toBeGreaterThan(10);
    for (const ms of Object.values(profile.compiling)) expect(ms).toBeGreaterThan(0);
  });

  test("as text, every larger part has its line", () => {
    const text = formatStepProfile(profile);
    for (const { share, operations, kind } of profile.parts)
      if (share > 0.05 && kind !== "between") expect(text).toContain(operations[0]);
    expect(text).toMatch(/^step {6}\S+ µs on one thread: /m);
    expect(text).toMatch(/^engine {4}wasm \(1 thread, (no )?fused multiply-adds\)$/m);
    expect(formatSites(profile.sites)).toMatch(/weights │ normal +│ reparam \(default\)/);
  });
});

test("a step of small values alone is computed several steps at once", async () => {
  const { parts, microseconds } = await profileStep(conjugateElbo, {
    parameters: start(),
    data: [tf.scalar(2)],
    milliseconds,
  });
  const steps = parts.find(({ kind }) => kind === "steps")!;
  expect(steps.executions).toBeCloseTo(1 / 8, 2);
  expect(microseconds).toBeLessThan(100);
});

test("minibatches end where their rows do", async () => {
  const batches = minibatches(data(), { size: 32 });
  const { parts } = await profileStep(regressionElbo, { parameters: parameters(), data: batches, milliseconds });
  expect(parts.some(({ operations }) => operations.includes("gather"))).toBe(true);
});

test("streams serve with their first batch", async () => {
  const { parts } = await profileStep(regressionElbo, {
    parameters: parameters(),
    data: new Set([data()]),
    milliseconds,
  });
  expect(parts.length).toBeGreaterThan(3);
});

test("threads are timed besides", async () => {
  const profile = await profileStep(regressionElbo, {
    parameters: parameters(),
    data: data(),
    milliseconds,
    threads: 2,
  });
  expect(profile.threads).toBeGreaterThanOrEqual(1);
  expect(profile.threadedMicroseconds).toBeGreaterThan(0);
});

test("nothing is left behind, and the parameters stay", async () => {
  const before = parameters();
  const tensors = data();
  await profileStep(regressionElbo, { parameters: before, data: tensors, milliseconds: 20 });
  const count = tf.memory().numTensors;
  await profileStep(regressionElbo, { parameters: before, data: tensors, milliseconds: 20 });
  expect(tf.memory().numTensors).toBe(count);
  expect([...before.loc.dataSync()].every((x) => x === 0)).toBe(true);
});

test("engines that do not compile are refused", async () => {
  await expect(
    profileStep(conjugateElbo, { parameters: start(), data: [tf.scalar(2)], engine: "reference" }),
  ).rejects.toThrow("a step is profiled as the engine wasm compiles it\n  received: reference");
});
