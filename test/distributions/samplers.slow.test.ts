// Draws against closed forms: 100 000 of each family and setting, seeds fixed.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bernoulli, flip } from "../../src/distributions/bernoulli.js";
import { categorical } from "../../src/distributions/categorical.js";
import { cauchy, tanHalfTurns } from "../../src/distributions/cauchy.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { geometric } from "../../src/distributions/geometric.js";
import { halfCauchy } from "../../src/distributions/halfCauchy.js";
import { halfNormal } from "../../src/distributions/halfNormal.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { uniform } from "../../src/distributions/uniform.js";
import { seedKey } from "../../src/ops/random.js";
import { erf } from "../../src/util/special/erf.js";
import { lgamma } from "../../src/util/special/lgamma.js";
import { chiSquareScore, kolmogorovSmirnov, meanScore, varianceScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

const count = 100_000;

type Anything = Distribution<tf.Tensor, never>;

const drawsOf = ({ family, parameters, batch }: Anything, seed: number, n = count): Float64Array =>
  Float64Array.from(tf.tidy(() => family.draw(parameters, seedKey(seed), [n, ...batch])).dataSync());

const momentOf = ({ family, parameters }: Anything, moment: "mean" | "variance"): number | undefined =>
  family[moment]?.(parameters).dataSync()[0];

const normalCdf = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

type Settings = readonly (readonly number[])[];
type Continuous = readonly [string, (...p: number[]) => Anything, Settings, (x: number, ...p: number[]) => number];

const continuous: readonly Continuous[] = [
  [
    "normal",
    (m, s) => normal(m!, s!),
    [
      [0, 1],
      [3, 0.1],
      [-20, 5],
    ],
    (x, m, s) => normalCdf((x - m!) / s!),
  ],
  [
    "logNormal",
    (m, s) => logNormal(m!, s!),
    [
      [0, 0.5],
      [2, 0.1],
      [-1, 0.8],
    ],
    (x, m, s) => normalCdf((Math.log(x) - m!) / s!),
  ],
  ["halfNormal", (s) => halfNormal(s!), [[1], [0.01], [30]], (x, s) => erf(x / s! / Math.SQRT2)],
  [
    "cauchy",
    (m, s) => cauchy(m!, s!),
    [
      [0, 1],
      [5, 0.1],
      [-2, 10],
    ],
    (x, m, s) => 0.5 + Math.atan((x - m!) / s!) / Math.PI,
  ],
  ["halfCauchy", (s) => halfCauchy(s!), [[1], [0.05], [25]], (x, s) => (2 / Math.PI) * Math.atan(x / s!)],
  [
    "uniform",
    (a, b) => uniform(a!, b!),
    [
      [0, 1],
      [-3, 5],
      [10, 10.5],
    ],
    (x, a, b) => (x - a!) / (b! - a!),
  ],
  ["exponential", (r) => exponential(r!), [[1], [0.02], [50]], (x, r) => -Math.expm1(-r! * x)],
];

type Discrete = readonly [string, (...p: number[]) => Anything, Settings, (k: number, ...p: number[]) => number];

const discrete: readonly Discrete[] = [
  ["flip", (p) => flip(p!), [[0.5], [0.03], [0.9]], (k, p) => (k === 1 ? p! : 1 - p!)],
  ["bernoulli", (l) => bernoulli({ logits: l! }), [[0], [-3], [2]], (k, l) => sigmoid(k === 1 ? l! : -l!)],
  [
    "categorical(probs)",
    (...p) => categorical({ probs: p }),
    [[0.125, 0.25, 0.625], [0.5, 0, 0.5, 0], [1]],
    (k, ...p) => p[k] ?? 0,
  ],
  [
    "categorical(logits)",
    (...l) => categorical({ logits: l }),
    [
      [0, 1, -2],
      [100, 101, 99, 99.5],
      [-1, -1],
    ],
    (k, ...l) => 1 / l.reduce((sum, each) => sum + Math.exp(each - l[k]!), 0),
  ],
  ["geometric(probs)", (p) => geometric({ probs: p! }), [[0.5], [0.02], [0.95]], (k, p) => p! * (1 - p!) ** k],
  ["geometric(logits)", (l) => geometric({ logits: l! }), [[0], [-3], [2]], (k, l) => sigmoid(l!) * sigmoid(-l!) ** k],
  ["poisson", (r) => poisson(r!), [[0.3], [4], [300]], (k, r) => Math.exp(k * Math.log(r!) - r! - lgamma(k + 1))],
];

function checkMoments(distribution: Anything, draws: Float64Array): void {
  const [mean, variance] = [momentOf(distribution, "mean"), momentOf(distribution, "variance")];
  if (mean === undefined || variance === undefined) return;
  expect(Math.abs(meanScore(draws, mean))).toBeLessThan(5);
  expect(Math.abs(varianceScore(draws, mean, variance))).toBeLessThan(5);
}

describe.each(continuous)("%s", (_, build, settings, cdf) => {
  it.each(settings.map((parameters, seed) => ({ parameters, seed })))("$parameters", ({ parameters, seed }) => {
    const distribution = build(...parameters);
    const draws = drawsOf(distribution, seed);
    expect(kolmogorovSmirnov(draws, (x) => cdf(x, ...parameters))).toBeLessThan(2.5);
    checkMoments(distribution, draws);
  });
});

describe.each(discrete)("%s", (_, build, settings, mass) => {
  it.each(settings.map((parameters, seed) => ({ parameters, seed })))("$parameters", ({ parameters, seed }) => {
    const distribution = build(...parameters);
    const draws = drawsOf(distribution, seed);
    expect(chiSquareScore(draws, (k) => mass(k, ...parameters))).toBeLessThan(5);
    checkMoments(distribution, draws);
  });
});

describe("multivariateNormal", () => {
  const factor = [
    [0.5, 0, 0],
    [-0.25, 1.5, 0],
    [1, 0.125, 0.75],
  ];
  const loc = [0.5, -1, 2];
  const covariance = factor.map((row) =>
    factor.map((other) => row.reduce((sum, each, k) => sum + each * other[k]!, 0)),
  );
  const diagonalOnly = [
    [0.25, 0, 0],
    [0, 2.25, 0],
    [0, 0, 0.5625],
  ];
  it.each([
    [
      "scaleTril",
      multivariateNormal(loc, { scaleTril: factor.map((row, i) => row.map((each, j) => (j > i ? 7 : each))) }),
      covariance,
    ],
    ["covariance", multivariateNormal(loc, { covariance }), covariance],
    ["scaleDiag", multivariateNormal(loc, { scaleDiag: [0.5, 1.5, 0.75] }), diagonalOnly],
  ] as const)("%s: linear combinations are normal", (_, distribution, truth) => {
    const { family, parameters } = distribution;
    const draws = family.draw(parameters, seedKey(1), [count]);
    expect(draws.shape).toEqual([count, 3]);
    for (const direction of [
      [1, 0, 0],
      [0, 1, 0],
      [1, -2, 0.5],
    ]) {
      const combined = tf.sum(tf.mul(draws, direction), -1).dataSync();
      const mean = direction.reduce((sum, each, i) => sum + each * loc[i]!, 0);
      const variance = direction.reduce(
        (sum, a, i) => sum + direction.reduce((s, b, j) => s + a * b * truth[i]![j]!, 0),
        0,
      );
      expect(kolmogorovSmirnov(combined, (x) => normalCdf((x - mean) / Math.sqrt(variance)))).toBeLessThan(2.5);
    }
  });
});

describe("corners", () => {
  it("never draws a category of probability zero, however many there are", () => {
    const weights = Array.from({ length: 60 }, (_, k) => (k % 3 === 1 ? 1 / (k + 1) : 0));
    const total = weights.reduce((sum, each) => sum + each);
    const probs = weights.map((each) => each / total);
    const drawn = new Set(drawsOf(categorical({ probs }), 3));
    expect([...drawn].filter((k) => probs[k] === 0)).toEqual([]);
    const logits = probs.map((p) => (p === 0 ? Number.NEGATIVE_INFINITY : Math.log(p)));
    expect([...new Set(drawsOf(categorical({ logits }), 3))].sort()).toEqual([...drawn].sort());
  });
  it("draws what is certain", () => {
    expect(new Set(drawsOf(flip(1), 0))).toEqual(new Set([1]));
    expect(new Set(drawsOf(flip(0), 0))).toEqual(new Set([0]));
    expect(new Set(drawsOf(geometric({ probs: 1 }), 0))).toEqual(new Set([0]));
    expect(new Set(drawsOf(poisson(0), 0))).toEqual(new Set([0]));
  });
  it("takes the tangent of an angle close to the pole", () => {
    const angles = [2 ** -25, 0.1, 0.25, 0.4, 0.5 - 2 ** -24];
    const tangents = tanHalfTurns(tf.tensor1d(angles)).dataSync();
    // tan πt = 1/tan π(½ − t), in double precision
    const truths = angles.map((t) => (t < 0.25 ? Math.tan(Math.PI * t) : 1 / Math.tan(Math.PI * (0.5 - t))));
    for (const [i, truth] of truths.entries()) expect(Math.abs(tangents[i]! / truth - 1)).toBeLessThan(1e-6);
  });
  it("moves discrete draws one way with their parameter (common random numbers)", () => {
    const isOrdered = (lower: Anything, upper: Anything) => {
      const above = drawsOf(upper, 9, 20_000);
      return drawsOf(lower, 9, 20_000).every((x, i) => x <= above[i]!);
    };
    expect(isOrdered(flip(0.3), flip(0.35))).toBe(true);
    expect(isOrdered(poisson(3), poisson(3.5))).toBe(true);
    expect(isOrdered(geometric({ probs: 0.3 }), geometric({ probs: 0.25 }))).toBe(true);
    expect(isOrdered(categorical({ probs: [0.3, 0.3, 0.4] }), categorical({ probs: [0.2, 0.3, 0.5] }))).toBe(true);
  });
});

describe("negative controls", () => {
  it("a scale that is off by 5 % fails the Kolmogorov–Smirnov test", () => {
    const draws = drawsOf(normal(0, 1.05), 0);
    expect(kolmogorovSmirnov(draws, normalCdf)).toBeGreaterThan(2.5);
    expect(Math.abs(varianceScore(draws, 0, 1))).toBeGreaterThan(5);
  });
  it("a rate that is off by 3 % fails the χ² test", () => {
    const draws = drawsOf(poisson(4.12), 0);
    expect(chiSquareScore(draws, (k) => Math.exp(k * Math.log(4) - 4 - lgamma(k + 1)))).toBeGreaterThan(5);
  });
});
