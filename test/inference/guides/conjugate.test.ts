// A correlated normal posterior: what each family can reach has a closed form.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  assess,
  deltaGuide,
  elbo,
  fit,
  fullRank,
  gamma,
  gen,
  importanceDraws,
  lowRank,
  mapEstimate,
  meanField,
  multivariateNormal,
  normal,
  observe,
  piecewise,
  poisson,
  run,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";

// a, b ~ N(0, 1), y | a, b ~ N(a + b, ½) at y = 1.5: precision [[5, 4], [4, 5]], mean 4·1.5·(1, 1)/9
const model = gen(function* (y: Tensor) {
  const a = yield* sample("a", normal(0, 1));
  const b = yield* sample("b", normal(0, 1));
  yield* observe("y", normal(a.add(b), 0.5), y);
});
const data: [Tensor] = [tf.scalar(1.5)];
const mean = 6 / 9;
const logEvidence = -0.5 * (1.5 ** 2 / 2.25) - 0.5 * Math.log(2 * Math.PI * 2.25);
/** KL of the best independent normals: −½ log(det Λ / Π Λᵢᵢ) */
const gap = -0.5 * Math.log(9 / 25);

const steps = 2500;
const optimizer = adam({ learningRate: piecewise({ boundaries: [1500, 2100], rates: [0.05, 0.01, 0.002] }) });
const options = { data, steps, draws: 16, optimizer, seed: 0 };
const number = (x: Tensor) => x.dataSync()[0]!;

describe("a correlated normal posterior", () => {
  it("meanField: its mean, and sds of the diagonal of the precision", async () => {
    const { guide, parameters } = meanField(model, data);
    const objective = elbo(model, guide);
    const { parameters: q } = await fit(objective, { parameters, ...options });
    for (const site of ["a", "b"] as const) {
      expect(Math.abs(number(q.loc[site]) - mean)).toBeLessThan(0.02);
      expect(Math.abs(Math.exp(number(q.logScale[site])) - Math.sqrt(1 / 5))).toBeLessThan(0.02);
    }
    const value = number(await objective.estimate({ seed: 1, draws: 20_000 }, q, ...data));
    expect(Math.abs(value - (logEvidence - gap))).toBeLessThan(0.02);
    // negative control: it is no exact posterior
    expect(logEvidence - value).toBeGreaterThan(0.4);
  });
  it("fullRank is the posterior: the weights of its draws are the evidence, all of them", async () => {
    const { guide, parameters } = fullRank(model, data);
    const { parameters: q } = await fit(elbo(model, guide), { parameters, ...options });
    const { logWeights } = await importanceDraws(model, guide, q, data, { draws: 1000 });
    const weights = Array.from(logWeights.dataSync());
    const average = weights.reduce((sum, w) => sum + w, 0) / weights.length;
    const variance = weights.reduce((sum, w) => sum + (w - average) ** 2, 0) / weights.length;
    expect(Math.abs(average - logEvidence)).toBeLessThan(0.01);
    expect(Math.sqrt(variance)).toBeLessThan(0.05);
  });
  it("lowRank of rank one is the posterior, too", async () => {
    const { guide, parameters } = lowRank(model, data, { rank: 1 });
    const objective = elbo(model, guide);
    const { parameters: q } = await fit(objective, { parameters, ...options });
    const value = number(await objective.estimate({ seed: 1, draws: 20_000 }, q, ...data));
    expect(Math.abs(value - logEvidence)).toBeLessThan(0.02);
  });
  it("deltaGuide finds the mode, by the ELBO and by mapEstimate", async () => {
    const { guide, parameters, values } = deltaGuide(model, data, { start: { values: { a: tf.scalar(2) } } });
    expect(number(parameters.loc.a)).toBe(2);
    for (const objective of [elbo(model, guide), mapEstimate(model, { values })]) {
      const { parameters: q } = await fit(objective, { parameters, ...options, draws: 1 });
      expect(Math.abs(number(values(q).a) - mean)).toBeLessThan(1e-3);
    }
  });
});

it("a log-normal guide of a gamma posterior: the optimum solves E ∂ log p = 0", async () => {
  // rate ~ Γ(2, 1), three counts with sum 12: Γ(14, 4); m + s²/2 = log(14/4), s² = 1/14
  const counts = gen(function* (y: Tensor) {
    const rate = yield* sample("rate", gamma(2, 1));
    yield* observe("y", poisson(rate.mul(tf.onesLike(y))), y);
  });
  const { guide, parameters } = meanField(counts, [tf.tensor1d([3, 5, 4])]);
  const fitted = await fit(elbo(counts, guide), { parameters, ...options, data: [tf.tensor1d([3, 5, 4])] });
  const { loc, logScale } = fitted.parameters;
  expect(Math.abs(number(loc.rate) - (Math.log(14 / 4) - 1 / 28))).toBeLessThan(0.02);
  expect(Math.abs(Math.exp(number(logScale.rate)) - Math.sqrt(1 / 14))).toBeLessThan(0.02);
});

it("the density of fullRank is that of the normal with the same Cholesky factor", () => {
  const { guide, parameters } = fullRank(model, data);
  const q = {
    loc: { a: tf.scalar(0.3), b: tf.scalar(-1) },
    logScale: { a: tf.scalar(Math.log(2)), b: tf.scalar(Math.log(0.5)) },
    // what stands on and above the diagonal is not read
    factor: tf.tensor2d([
      [7, 8],
      [-3, 9],
    ]),
  };
  expect(Object.keys(parameters)).toEqual(Object.keys(q));
  const at = { a: tf.scalar(1.1), b: tf.scalar(0.2) };
  const other = gen(function* () {
    const scaleTril = [
      [2, 0],
      [-1.5, 0.5],
    ];
    yield* sample("ab", multivariateNormal([0.3, -1], { scaleTril }));
  });
  const truth = number(run(0, assess(other(), { ab: tf.tensor1d([1.1, 0.2]) })));
  expect(Math.abs(number(run(0, assess(guide(q, ...data), at))) - truth)).toBeLessThan(1e-5);
});
