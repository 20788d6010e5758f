import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { gen, guideQuality, importanceSummary, normal, sample } from "../../../src/index.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { logEvidence, conjugate as model } from "../fitting/models.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const standard = gen(function* () {
  yield* sample("x", normal(0, 1));
});
const scaled = gen(function* (q: { scale: tf.Tensor }) {
  yield* sample("x", normal(0, q.scale));
});
const options = { draws: 20_000, engine: "tfjs:cpu" };
const meanKhat = async (scale: number) => {
  const khats = [0, 1, 2, 3].map(
    async (seed) => (await guideQuality(standard, scaled, { scale: tf.scalar(scale) }, [], { ...options, seed })).khat,
  );
  return (await Promise.all(khats)).reduce((a, b) => a + b, 0) / 4;
};

// N(0, 1) / N(0, s²) = s exp(x² (1/s² − 1) / 2): P(weight > w) falls as w^(−1/(1 − s²)), so that k = 1 − s². The tolerance is 3.5 to
// 4 standard errors, (1 + k)/√(4 · 425), and a tenth for the 1/√log w by which the tail is not Pareto.
const toleranceOf = (k: number) => 0.1 + (3.5 * (1 + k)) / Math.sqrt(4 * 425);

test.each([0.25, 0.5, 0.75, 0.9])("k̂ of normal weights of shape %d", async (k) => {
  const khat = await meanKhat(Math.sqrt(1 - k));
  expect(Math.abs(khat - k)).toBeLessThan(toleranceOf(k));
  // negative control: a proposal half a unit of shape away
  const other = await meanKhat(Math.sqrt(1 - (k > 0.5 ? k - 0.5 : k + 0.45)));
  expect(Math.abs(other - k)).toBeGreaterThan(toleranceOf(k));
});

test("k̂ of bounded weights is below 0", async () => {
  expect(await meanKhat(2)).toBeLessThan(0);
});

const guide = gen(function* (q: { loc: tf.Tensor; scale: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, q.scale));
});
const at = (loc: number, scale: number) => ({ loc: tf.scalar(loc), scale: tf.scalar(scale) });

test("the log evidence is within its standard error, which is that of repeated runs", async () => {
  const runs = await Promise.all(
    Array.from({ length: 40 }, (_, seed) =>
      guideQuality(model, guide, at(0.5, 1), [tf.scalar(2)], { draws: 1000, seed, engine: "tfjs:cpu" }),
    ),
  );
  const errors = runs.map((each) => each.logEvidence - logEvidence);
  for (const [i, each] of runs.entries()) expect(Math.abs(errors[i]!)).toBeLessThan(5 * each.logEvidenceStandardError);
  const spread = Math.sqrt(errors.reduce((sum, each) => sum + each * each, 0) / 40);
  // the spread of 40 is known to 11 %
  expect(Math.abs(runs[0]!.logEvidenceStandardError / spread - 1)).toBeLessThan(0.55);
  expect(runs[0]).toMatchObject({ band: "good", draws: 1000, advice: expect.stringMatching(/^good/) });
});

test("the exact posterior is as good as can be; 4000 draws by default; nothing stays in memory", async () => {
  const parameters = at(1, Math.SQRT1_2);
  const data: [tf.Tensor] = [tf.scalar(2)];
  const before = tf.memory().numTensors;
  const exact = await guideQuality(model, guide, parameters, data, { engine: "tfjs:cpu" });
  expect(exact).toMatchObject({ draws: 4000, khat: 0, band: "good" });
  expect(exact.effectiveSampleSize).toBeCloseTo(4000, 2);
  expect(exact.logEvidenceStandardError).toBeLessThan(1e-5);
  expect(tf.memory().numTensors).toBe(before);
});

test("a summary has the same k̂, with its advice", async () => {
  const [parameters, data, options] = [at(1, 0.2), [tf.scalar(2)] as [tf.Tensor], { draws: 500, engine: "tfjs:cpu" }];
  const quality = await guideQuality(model, guide, parameters, data, options);
  const { khat, advice } = await importanceSummary(model, guide, parameters, data, options);
  expect({ khat, advice }).toEqual({ khat: quality.khat, advice: quality.advice });
  expect(khat).toBeGreaterThan(0.7);
});
