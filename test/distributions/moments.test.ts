// What is asked of distributions: shapes, and errors where there is nothing to say. The numbers are checked against the tables.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { flip } from "../../src/distributions/bernoulli.js";
import { cauchy } from "../../src/distributions/cauchy.js";
import { delta } from "../../src/distributions/delta.js";
import { flat } from "../../src/distributions/flat.js";
import { iid } from "../../src/distributions/iid.js";
import { independent } from "../../src/distributions/independent.js";
import {
  cdf,
  entropy,
  logCdf,
  logSurvival,
  mean,
  quantile,
  stddev,
  variance,
} from "../../src/distributions/moments.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";

beforeAll(() => tf.setBackend("cpu"));

const halfLog = 0.5 * Math.log(2 * Math.PI * Math.E);

it("moments have the shape of a draw, entropies that of the batch", () => {
  const of = iid(3, normal(1, [2, 4]));
  expect(mean(of).shape).toEqual([3, 2]);
  expect(variance(of).arraySync()).toEqual([
    [4, 16],
    [4, 16],
    [4, 16],
  ]);
  expect(stddev(of).arraySync()).toEqual([
    [2, 4],
    [2, 4],
    [2, 4],
  ]);
  expect(entropy(of).shape).toEqual([3, 2]);
  expect(mean(multivariateNormal([1, 2], { scaleDiag: [1, 1] })).shape).toEqual([2]);
});

it("independent events add their entropies, repeated ones too", () => {
  const [joint] = entropy(independent(iid(3, normal(0, 1)))).dataSync();
  expect(Math.abs(joint! - 3 * halfLog)).toBeLessThan(1e-5);
  expect(entropy(independent(normal([0, 0], 1))).shape).toEqual([]);
});

it("distribution functions and quantiles broadcast with the batch", () => {
  expect(cdf(normal([0, 1], 1), 1).arraySync()).toEqual([expect.closeTo(0.8413447, 6), 0.5]);
  expect(quantile(normal(0, 1), [[0.5], [0.975]]).arraySync()).toEqual([[0], [expect.closeTo(1.959964, 5)]]);
  expect(logSurvival(normal(0, 1), 40).dataSync()[0]).toBeCloseTo(-804.6084, 3);
  expect(logCdf(normal(0, 1), -40).dataSync()[0]).toBeCloseTo(-804.6084, 3);
  expect(cdf(delta(2), [1, 2, 3]).arraySync()).toEqual([0, 1, 1]);
  expect(cdf(flip(0.25), [0, 1]).arraySync()).toEqual([0.75, 1]);
});

it("says what a family does not have", () => {
  expect(() => mean(cauchy(0, 1))).toThrow("cauchy has no mean, or none in closed form");
  expect(() => entropy(flat())).toThrow("flat has no entropy in closed form");
  expect(() => cdf(independent(normal([0, 1], 1)), 0)).toThrow("independent(normal) has no distribution function");
  expect(() => logSurvival(flat(), 0)).toThrow("flat has no distribution function");
  expect(() => quantile(multivariateNormal([1, 2], { scaleDiag: [1, 1] }), 0.5)).toThrow("has no quantiles");
});
