import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { gen, importanceDraws, normal, observe, plate, predictive, sample } from "../../src/index.js";
import { engineByName } from "../../src/runtime/engines.js";
import { conjugate } from "./fitting/models.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const data: [tf.Tensor] = [tf.scalar(2)];
const guide = gen(function* (q: { readonly loc: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, 1.5));
});
/** Mean and variance, and their standard errors if normal. */
const momentsOf = (x: tf.Tensor) => {
  const values = [...x.dataSync()];
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return {
    mean,
    variance,
    meanError: Math.sqrt(variance / values.length),
    error: variance * Math.sqrt(2 / values.length),
  };
};
const near = (x: tf.Tensor, mean: number, variance: number, slack = 1) => {
  const m = momentsOf(x);
  expect(Math.abs(m.mean - mean)).toBeLessThan(5 * slack * m.meanError);
  expect(Math.abs(m.variance - variance)).toBeLessThan(5 * slack * m.error);
};

// μ ~ N(0, 1), y ~ N(μ, 1): y ~ N(0, 2) before any data; y = 2 seen, μ ~ N(1, 1/2) and another y ~ N(1, 3/2)
describe.each(["reference", "wasm"])("on %s", (engine) => {
  test("the prior predictive", async () => {
    const { choices, observed } = await predictive(conjugate, data, { draws: 20_000, seed: 1, engine });
    near(choices.mu, 0, 1);
    near(observed.y, 0, 2);
  });

  test("the posterior predictive of weighted draws of a guide", async () => {
    const weighted = await importanceDraws(conjugate, guide, { loc: tf.scalar(0) }, data, { draws: 20_000, engine });
    const { choices, observed } = await predictive(conjugate, data, { ...weighted, engine });
    // resampled draws are not independent
    near(choices.mu, 1, 0.5, 2);
    near(observed.y, 1, 1.5, 2);
    // negative control: without their weights they are the guide's
    const unweighted = await predictive(conjugate, data, { choices: weighted.choices, engine });
    expect(momentsOf(unweighted.observed.y).variance).toBeGreaterThan(3);
  });
});

test("given draws stay as they are, in their order; what is not given is drawn", async () => {
  const row = gen(function* (m: tf.Tensor, y: tf.Tensor) {
    const z = yield* sample("z", normal(m, 1e-3));
    yield* observe("y", normal(z, 1e-3), y);
  });
  const model = gen(function* (ys: tf.Tensor) {
    const m = yield* sample("m", normal(0, 1));
    yield* plate("rows", (y: tf.Tensor) => row(m, y), ys);
  });
  const m = tf.tensor1d([3, -1, 7, 0]);
  const { choices, observed } = await predictive(model, [tf.zeros([2])], { choices: { m } });
  expect([...choices.m.dataSync()]).toEqual([3, -1, 7, 0]);
  expect([choices.rows.z.shape, observed.rows.y.shape]).toEqual([
    [4, 2],
    [4, 2],
  ]);
  expect([...observed.rows.y.dataSync()].map((y) => Math.round(y) + 0)).toEqual([3, 3, -1, -1, 7, 7, 0, 0]);
});

test("another number of draws resamples evenly; weights decide how often", async () => {
  const mu = tf.tensor1d([1, 2, 3]);
  const counts = async (draws: number, logWeights?: tf.Tensor) => {
    const { choices } = await predictive(conjugate, data, { choices: { mu }, draws, logWeights });
    const values = [...choices.mu.dataSync()];
    return [1, 2, 3].map((each) => values.filter((value) => value === each).length);
  };
  expect(await counts(9)).toEqual([3, 3, 3]);
  expect(await counts(10, tf.log(tf.tensor1d([0.3, 0, 0.7])))).toEqual([3, 0, 7]);
  expect((await counts(2)).reduce((a, b) => a + b)).toBe(2);
});

test("the seed alone decides", async () => {
  const draw = async (seed: number) => [
    ...(await predictive(conjugate, data, { draws: 5, seed })).observed.y.dataSync(),
  ];
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(1)).not.toEqual(await draw(2));
});

test("nothing else stays in memory", async () => {
  const options = { choices: { mu: tf.tensor1d([1, 2]) }, draws: 5, engine: "tfjs:cpu" };
  const run = async () => {
    const { choices, observed } = await predictive(conjugate, data, options);
    tf.dispose([choices.mu, observed.y]);
  };
  await run();
  const before = tf.memory().numTensors;
  await run();
  expect(tf.memory().numTensors).toBe(before);
});

test("refuses draws that do not go together", async () => {
  const choices = { mu: tf.tensor1d([1, 2]) };
  await expect(predictive(conjugate, data, { choices, logWeights: tf.zeros([3]) })).rejects.toMatchObject({
    code: "draws",
    message: expect.stringMatching(/mu: 2\n {2}logWeights: \[3\]/),
  });
  await expect(predictive(conjugate, data, { logWeights: tf.zeros([3]) })).rejects.toMatchObject({ code: "draws" });
  await expect(predictive(conjugate, data, { choices: { nu: tf.zeros([2]) } as never })).rejects.toMatchObject({
    code: "unknown-address",
  });
});
