// Draws of counts, categories, their relaxations and mixtures against closed forms: 100 000 of each family and setting.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { betaBinomial } from "../../src/distributions/betaBinomial.js";
import { dirichletMultinomial } from "../../src/distributions/dirichletMultinomial.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { gamma } from "../../src/distributions/gamma.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { mixture } from "../../src/distributions/mixture.js";
import { multinomial } from "../../src/distributions/multinomial.js";
import { negativeBinomial } from "../../src/distributions/negativeBinomial.js";
import { normal } from "../../src/distributions/normal.js";
import { oneHotCategorical } from "../../src/distributions/oneHotCategorical.js";
import { orderedLogistic } from "../../src/distributions/orderedLogistic.js";
import { poisson } from "../../src/distributions/poisson.js";
import { relaxedBernoulli } from "../../src/distributions/relaxedBernoulli.js";
import { relaxedOneHot } from "../../src/distributions/relaxedOneHot.js";
import { zeroInflated } from "../../src/distributions/zeroInflated.js";
import { seedKey } from "../../src/ops/random.js";
import { erf } from "../../src/util/special/erf.js";
import { gammainc } from "../../src/util/special/gammainc.js";
import { lgamma } from "../../src/util/special/lgamma.js";
import { chiSquareScore, kolmogorovSmirnov, meanScore, varianceScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

const count = 100_000;

type Anything = Distribution<tf.Tensor, never>;

const drawsOf = ({ family, parameters, batch }: Anything, seed: number): tf.Tensor =>
  tf.tidy(() => family.draw(parameters, seedKey(seed), [count, ...batch]));

const doubles = (x: tf.Tensor): Float64Array => Float64Array.from(x.dataSync());
/** One element of vector events. */
const column = (x: tf.Tensor, k: number): Float64Array => doubles(tf.slice(x, [0, k], [count, 1]));

function checkMoments({ family, parameters }: Anything, draws: Float64Array, at = 0): void {
  if (!family.mean || !family.variance) return;
  const [mean, variance] = [family.mean(parameters).dataSync()[at]!, family.variance(parameters).dataSync()[at]!];
  expect(Math.abs(meanScore(draws, mean))).toBeLessThan(5);
  expect(Math.abs(varianceScore(draws, mean, variance))).toBeLessThan(5);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const normalCdf = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
const logBeta = (a: number, b: number): number => lgamma(a) + lgamma(b) - lgamma(a + b);
const logChoose = (n: number, k: number): number => -Math.log(n + 1) - logBeta(k + 1, n - k + 1);

const ofPoisson = (k: number, rate: number): number => Math.exp(k * Math.log(rate) - rate - lgamma(k + 1));
const ofBinomial = (k: number, n: number, p: number): number =>
  k > n ? 0 : Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
const ofBetaBinomial = (k: number, n: number, a: number, b: number): number =>
  k > n ? 0 : Math.exp(logChoose(n, k) + logBeta(k + a, n - k + b) - logBeta(a, b));
const ofNegativeBinomial = (k: number, r: number, p: number): number =>
  Math.exp(lgamma(k + r) - lgamma(r) - lgamma(k + 1) + r * Math.log1p(-p) + k * Math.log(p));

type Settings = readonly (readonly number[])[];
type Case<R> = readonly [string, (...p: number[]) => Anything, Settings, (x: number, ...p: number[]) => R];

const betaBinomialSettings = [
  [10, 2, 3],
  [1, 0.5, 0.5],
  [40, 0.25, 8],
];
const negativeBinomialSettings = [
  [3, 0.25],
  [0.5, 0.75],
  [12.5, 0.5],
];

const discrete: readonly Case<number>[] = [
  [
    "betaBinomial, by table",
    (n, a, b) => betaBinomial(n!, a!, b!),
    betaBinomialSettings,
    (k, n, a, b) => ofBetaBinomial(k, n!, a!, b!),
  ],
  [
    "betaBinomial, by a beta variable",
    (n, a, b) => betaBinomial([n!], a!, b!),
    betaBinomialSettings,
    (k, n, a, b) => ofBetaBinomial(k, n!, a!, b!),
  ],
  [
    "negativeBinomial(probs)",
    (r, p) => negativeBinomial(r!, { probs: p! }),
    negativeBinomialSettings,
    (k, r, p) => ofNegativeBinomial(k, r!, p!),
  ],
  [
    "negativeBinomial(logits)",
    (r, l) => negativeBinomial(r!, { logits: l! }),
    [
      [2, 1],
      [0.25, -1],
      [40, -3],
    ],
    (k, r, l) => ofNegativeBinomial(k, r!, sigmoid(l!)),
  ],
  [
    "zeroInflated(poisson)",
    (rate, g) => zeroInflated(poisson(rate!), g!),
    [
      [3, 0.25],
      [0.5, 0.875],
      [40, 0],
    ],
    (k, rate, g) => (k === 0 ? g! : 0) + (1 - g!) * ofPoisson(k, rate!),
  ],
  [
    "orderedLogistic",
    (eta, ...c) => orderedLogistic(eta!, c),
    [
      [0.5, -1, 0, 2],
      [-3, -0.5, 0.5],
      [1, 1.5],
    ],
    (k, eta, ...c) => (k < c.length ? sigmoid(c[k]! - eta!) : 1) - (k > 0 ? sigmoid(c[k - 1]! - eta!) : 0),
  ],
  [
    "mixture of two Poisson counts",
    (w, first, second) => mixture([w!, 1 - w!], poisson([first!, second!])),
    [
      [0.25, 1, 6],
      [0.5, 0.125, 20],
      [0.9, 3, 3],
    ],
    (k, w, first, second) => w! * ofPoisson(k, first!) + (1 - w!) * ofPoisson(k, second!),
  ],
];

describe.each(discrete)("%s", (_, build, settings, mass) => {
  it.each(settings.map((parameters, seed) => ({ parameters, seed })))("$parameters", ({ parameters, seed }) => {
    const distribution = build(...parameters);
    const draws = doubles(drawsOf(distribution, seed));
    expect(chiSquareScore(draws, (k) => mass(k, ...parameters))).toBeLessThan(5);
    checkMoments(distribution, draws);
  });
});

const continuous: readonly Case<number>[] = [
  [
    "relaxedBernoulli",
    (t, l) => relaxedBernoulli(t!, { logits: l! }),
    [
      [0.5, 0],
      [2, 1],
      [0.4, -1],
    ],
    (x, t, l) => (x <= 0 ? 0 : x >= 1 ? 1 : sigmoid(t! * (Math.log(x) - Math.log1p(-x)) - l!)),
  ],
  [
    "mixture of two normals",
    (w, m, s) => mixture({ probs: [w!, 1 - w!] }, normal([0, m!], [1, s!])),
    [
      [0.25, 3, 0.5],
      [0.5, 0, 10],
      [0.9, -20, 1],
    ],
    (x, w, m, s) => w! * normalCdf(x) + (1 - w!) * normalCdf((x - m!) / s!),
  ],
  [
    "mixture of a gamma and a log-normal variable",
    (l, a) => mixture({ logits: [l!, 0] }, [gamma(a!, 2), logNormal(0, 0.5)]),
    [
      [0, 3],
      [2, 0.5],
      [-2, 20],
    ],
    (x, l, a) => sigmoid(l!) * gammainc(0, a!, 2 * x) + sigmoid(-l!) * normalCdf(Math.log(x) / 0.5),
  ],
];

describe.each(continuous)("%s", (_, build, settings, cdf) => {
  it.each(settings.map((parameters, seed) => ({ parameters, seed })))("$parameters", ({ parameters, seed }) => {
    const distribution = build(...parameters);
    const draws = doubles(drawsOf(distribution, seed));
    expect(kolmogorovSmirnov(draws, (x) => cdf(x, ...parameters))).toBeLessThan(2.5);
    checkMoments(distribution, draws);
  });
});

describe.each<[string, (p: readonly number[]) => Anything]>([
  ["oneHotCategorical(probs)", (probs) => oneHotCategorical({ probs })],
  ["oneHotCategorical(logits)", (p) => oneHotCategorical({ logits: p.map((each) => 3 + Math.log(each)) })],
])("%s", (_, build) => {
  it.each([[[0.125, 0.25, 0.625]], [[0.5, 0, 0.5]], [[1]]])("%j", (probs) => {
    const draws = drawsOf(build(probs), 1);
    expect(draws.shape).toEqual([count, probs.length]);
    expect(new Set(tf.sum(draws, -1).dataSync())).toEqual(new Set([1]));
    expect(new Set(tf.max(draws, -1).dataSync())).toEqual(new Set([1]));
    expect(chiSquareScore(tf.argMax(draws, -1).dataSync(), (k) => probs[k] ?? 0)).toBeLessThan(5);
  });
});

describe("relaxedOneHot: the largest share has the category's law, and of two categories one is relaxedBernoulli", () => {
  it.each([
    { t: 0.5, probs: [0.125, 0.25, 0.625] },
    { t: 2, probs: [0.5, 0.25, 0.125, 0.125] },
    { t: 0.1, probs: [0.3, 0.7] },
  ])("$t, $probs", ({ t, probs }) => {
    const draws = drawsOf(relaxedOneHot(t, { probs }), 2);
    expect(tf.max(tf.abs(tf.sub(tf.sum(draws, -1), 1))).dataSync()[0]).toBeLessThan(1e-5);
    expect(tf.min(draws).dataSync()[0]).toBeGreaterThan(0);
    expect(chiSquareScore(tf.argMax(draws, -1).dataSync(), (k) => probs[k] ?? 0)).toBeLessThan(5);
  });
  it.each([
    [0.5, 0],
    [2, 1],
    [1, -1.5],
  ])("%d, %d", (t, l) => {
    const draws = column(drawsOf(relaxedOneHot(t, { logits: [l, 0] }), 3), 0);
    const cdf = (x: number) => (x >= 1 ? 1 : sigmoid(t * (Math.log(x) - Math.log1p(-x)) - l));
    expect(kolmogorovSmirnov(draws, cdf)).toBeLessThan(2.5);
  });
});

describe.each<
  [string, (n: number, p: readonly number[]) => Anything, (k: number, n: number, own: number, rest: number) => number]
>([
  ["multinomial(probs)", (n, probs) => multinomial(n, { probs }), (k, n, own) => ofBinomial(k, n, own)],
  ["multinomial(logits)", (n, p) => multinomial(n, { logits: p.map(Math.log) }), (k, n, own) => ofBinomial(k, n, own)],
  [
    "dirichletMultinomial",
    (n, p) =>
      dirichletMultinomial(
        n,
        p.map((each) => 8 * each),
      ),
    (k, n, own, rest) => ofBetaBinomial(k, n, 8 * own, 8 * rest),
  ],
])("%s: counts of sets of categories", (_, build, mass) => {
  it.each([
    { n: 5, p: [0.25, 0.25, 0.5] },
    { n: 1, p: [0.125, 0.875] },
    { n: 40, p: [0.0625, 0.1875, 0.25, 0.125, 0.375] },
  ])("$n, $p", ({ n, p }) => {
    const distribution = build(n, p);
    const draws = drawsOf(distribution, 4);
    expect(new Set(tf.sum(draws, -1).dataSync())).toEqual(new Set([n]));
    for (const [k, own] of p.entries()) {
      const counts = column(draws, k);
      expect(chiSquareScore(counts, (x) => mass(x, n, own, 1 - own))).toBeLessThan(5);
      checkMoments(distribution, counts, k);
    }
    // the first and the last together
    const joint = doubles(tf.add(tf.slice(draws, [0, 0], [count, 1]), tf.slice(draws, [0, p.length - 1], [count, 1])));
    const own = p[0]! + p.at(-1)!;
    if (own < 1) expect(chiSquareScore(joint, (x) => mass(x, n, own, 1 - own))).toBeLessThan(5);
  });
});

describe("corners", () => {
  it("draws no category of probability zero, and all of nothing", () => {
    const draws = drawsOf(multinomial(20, { probs: [0, 0.5, 0, 0.5, 0] }), 1);
    for (const k of [0, 2, 4]) expect(new Set(column(draws, k))).toEqual(new Set([0]));
    expect(new Set(drawsOf(multinomial(0, { probs: [0.5, 0.5] }), 1).dataSync())).toEqual(new Set([0]));
    expect(new Set(drawsOf(negativeBinomial(2, { probs: 0 }), 1).dataSync())).toEqual(new Set([0]));
    expect(new Set(drawsOf(zeroInflated(poisson(3), 1), 1).dataSync())).toEqual(new Set([0]));
  });
  it("moves counts one way with their parameter (common random numbers)", () => {
    const isOrdered = (lower: Anything, upper: Anything) => {
      const above = drawsOf(upper, 9).dataSync();
      return drawsOf(lower, 9)
        .dataSync()
        .every((x, i) => x <= above[i]!);
    };
    expect(isOrdered(orderedLogistic(0, [-1, 1]), orderedLogistic(0.125, [-1, 1]))).toBe(true);
    expect(isOrdered(negativeBinomial(3, { probs: 0.5 }), negativeBinomial(3, { probs: 0.53 }))).toBe(true);
    expect(isOrdered(betaBinomial(10, 2, 3), betaBinomial(10, 2.125, 3))).toBe(true);
  });
  it("relaxations at low temperatures stay inside, and have finite densities", () => {
    for (const distribution of [
      relaxedBernoulli(0.01, { logits: [3, -8] }),
      relaxedOneHot(0.01, { logits: [3, -8, 0] }),
    ]) {
      const draws = drawsOf(distribution as Anything, 5);
      expect(tf.min(draws).dataSync()[0]).toBeGreaterThan(0);
      const logDensity = distribution.family.logDensity(distribution.parameters, draws);
      expect(logDensity.dataSync().every(Number.isFinite)).toBe(true);
    }
  });
});

it("negative control: another number of failures is told apart", () => {
  const draws = doubles(drawsOf(negativeBinomial(3.1, { probs: 0.25 }), 0));
  expect(chiSquareScore(draws, (k) => ofNegativeBinomial(k, 3, 0.25))).toBeGreaterThan(5);
});
