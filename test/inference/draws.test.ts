import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { flip, gen, iid, normal, observe, reinforce, sample, uniform } from "../../src/index.js";
import { drawMany, effectiveSampleSize, importanceDraws } from "../../src/inference/draws.js";
import { importanceSummary } from "../../src/inference/importanceSummary.js";
import { engineByName } from "../../src/runtime/engines.js";
import { available } from "../runtime/available.js";
import { logEvidence, conjugate as model } from "./fitting/models.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

type Scales = { readonly loc: tf.Tensor; readonly scale: tf.Tensor };
const guide = gen(function* (q: Scales) {
  yield* sample("mu", normal(q.loc, q.scale));
});
const at = (loc: number, scale: number): Scales => ({ loc: tf.scalar(loc), scale: tf.scalar(scale) });
const data: [tf.Tensor] = [tf.scalar(2)];

describe.each(["reference", "tfjs:cpu", "tfjs:wasm"])("on %s", (engine) => {
  test("the exact posterior as guide makes all weights the evidence", async ({ skip }) => {
    if (!(await available(engine))) skip();
    const { choices, logWeights } = await importanceDraws(model, guide, at(1, Math.SQRT1_2), data, {
      draws: 50,
      engine,
    });
    expect(choices.mu.shape).toEqual([50]);
    for (const weight of logWeights.dataSync()) expect(weight).toBeCloseTo(logEvidence, 4);
    expect(effectiveSampleSize(logWeights)).toBeCloseTo(50, 2);
  });
});

test("weights turn a wide guide into the posterior", async () => {
  const draws = 20_000;
  const options = { draws, seed: 5, engine: "tfjs:cpu", truth: { mu: { mean: 1, sd: Math.SQRT1_2 } } };
  const summary = await importanceSummary(model, guide, at(0, 2), data, options);
  const [row] = summary.rows;
  const error = Math.SQRT1_2 / Math.sqrt(summary.effectiveSampleSize);
  expect(summary.draws).toBe(draws);
  expect(summary.effectiveSampleSize).toBeLessThan(0.9 * draws);
  expect(Math.abs(row!.mean - 1)).toBeLessThan(5 * error);
  expect(Math.abs(row!.sd - Math.SQRT1_2)).toBeLessThan(5 * error);
  // z₀.₉₅ = 1.6449
  expect(Math.abs(row!.q95 - (1 + 1.6449 * Math.SQRT1_2))).toBeLessThan(10 * error);
  expect(Math.abs(row!.q05 - (1 - 1.6449 * Math.SQRT1_2))).toBeLessThan(10 * error);
  expect(row!.truth).toBe(1);
  expect(Math.abs(summary.logEvidence - logEvidence)).toBeLessThan(5 / Math.sqrt(summary.effectiveSampleSize));
  // negative control: unweighted, the same draws are not the posterior's
  const { choices } = await importanceDraws(model, guide, at(0, 2), data, options);
  expect(Math.abs(tf.mean(choices.mu).dataSync()[0]! - 1)).toBeGreaterThan(5 * error);
});

test("draws have a leading axis, are independent, and repeat for the seed", async () => {
  const draw = (seed: number) =>
    drawMany(
      function* () {
        const b = yield* sample("b", reinforce(flip(0.5), { copies: 3 }));
        const x = yield* sample("x", iid(3, normal(tf.cast(b, "float32"), 1)));
        return { b: b as tf.Tensor, x: x as tf.Tensor };
      },
      [],
      { draws: 1000, seed, engine: "tfjs:cpu" },
    );
  const { b, x } = await draw(1);
  expect([b.shape, x.shape]).toEqual([[1000], [1000, 3]]);
  expect(new Set(x.dataSync()).size).toBeGreaterThan(2900);
  expect(Math.abs(tf.mean(tf.cast(b, "float32")).dataSync()[0]! - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(1000));
  expect([...x.dataSync()]).toEqual([...(await draw(1)).x.dataSync()]);
  expect([...x.dataSync()]).not.toEqual([...(await draw(2)).x.dataSync()]);
});

test("many large draws are made in parts, and are the same", async () => {
  const draw = (draws: number) =>
    drawMany(
      function* () {
        return tf.mean(yield* sample("x", iid(1_000_000, normal(0, 1))));
      },
      [],
      { draws, engine: "wasm" },
    );
  const [few, many] = [await draw(30), await draw(150)];
  expect(many.shape).toEqual([150]);
  const [first, values] = [few.dataSync(), [...many.dataSync()]];
  for (const [i, x] of first.entries()) expect(values[i]).toBeCloseTo(x, 7);
  expect(new Set(values).size).toBeGreaterThan(145);
});

test("fewer draws are made where they would take too long, but a hundred", async () => {
  const draw = async (work: number) => {
    const x = await drawMany(() => sample("x", iid(1000, normal(0, 1))), [], { draws: 5000, work });
    return x.shape[0]!;
  };
  expect(await draw(1)).toBe(100);
  const some = await draw(1e7);
  expect(some).toBeGreaterThan(100);
  expect(some).toBeLessThan(5000);
  expect(await draw(1e12)).toBe(5000);
});

test("nothing else stays in memory", async () => {
  const parameters = at(0, 1);
  const options = { draws: 10, engine: "tfjs:cpu" };
  const run = async () => {
    const { choices, logWeights } = await importanceDraws(model, guide, parameters, data, options);
    tf.dispose([choices.mu, logWeights]);
    await importanceSummary(model, guide, parameters, data, options);
  };
  await run();
  const before = tf.memory().numTensors;
  await run();
  expect(tf.memory().numTensors).toBe(before);
});

test("what cannot be weighed is refused", async () => {
  const bounded = gen(function* () {
    yield* sample("mu", uniform(10, 11));
    yield* observe("y", normal(0, 1), 0);
  });
  const free = gen(function* (_: { unused: tf.Tensor }) {
    yield* sample("mu", uniform(0, 1));
  });
  const parameters = { unused: tf.scalar(0) };
  const engine = "tfjs:cpu";
  await expect(importanceSummary(bounded, free, parameters, [], { draws: 3, engine })).rejects.toThrow(
    "the draws cannot be weighed: the model gives density 0 to all of them\n  hint: Check that the guide's support is the model's, and that both densities are finite.",
  );
  await expect(importanceDraws(bounded, free, parameters, [], { draws: 0, engine })).rejects.toThrow(
    "draws must be a positive integer\n  received: 0",
  );
});
