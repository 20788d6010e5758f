// Counts, categories, relaxations and mixtures beyond the tables: quantiles, sums and integrals of densities, entropies,
// limits, shapes and errors. In double precision where a number is compared.
import "@tensorflow/tfjs-backend-cpu";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bernoulli } from "../../src/distributions/bernoulli.js";
import { betaBinomial } from "../../src/distributions/betaBinomial.js";
import { binomial } from "../../src/distributions/binomial.js";
import { categorical } from "../../src/distributions/categorical.js";
import { dirichletMultinomial } from "../../src/distributions/dirichletMultinomial.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gamma } from "../../src/distributions/gamma.js";
import { geometric } from "../../src/distributions/geometric.js";
import { mixture } from "../../src/distributions/mixture.js";
import { multinomial } from "../../src/distributions/multinomial.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { negativeBinomial } from "../../src/distributions/negativeBinomial.js";
import { normal } from "../../src/distributions/normal.js";
import { oneHotCategorical } from "../../src/distributions/oneHotCategorical.js";
import { orderedLogistic } from "../../src/distributions/orderedLogistic.js";
import { poisson } from "../../src/distributions/poisson.js";
import { relaxedBernoulli } from "../../src/distributions/relaxedBernoulli.js";
import { relaxedOneHot } from "../../src/distributions/relaxedOneHot.js";
import { uniform } from "../../src/distributions/uniform.js";
import { zeroInflated } from "../../src/distributions/zeroInflated.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { seedKey } from "../../src/ops/random.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { range } from "../../src/util/shapes.js";
import { gradientInDoubles, inDoubles, tables } from "./arrays.js";
import { integrateAtOnce } from "./integrateAtOnce.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<Tensor, never>;

const array = (...elements: number[]): NDArray => ({
  shape: [elements.length],
  dtype: "float32",
  elements: Float64Array.from(elements),
});

/** A function of the family and its parameters at many points, in doubles; the parameters are rounded to singles. */
const at = (d: Anything, f: (d: Anything, x: Tensor) => Tensor, ...points: number[]): Float64Array =>
  inDoubles((x) => f(d, x), [array(...points)]).elements;

const logDensities = (d: Anything, ...points: number[]): Float64Array =>
  at(d, ({ family, parameters }, x) => family.logDensity(parameters, x), ...points);
const cdfs = (d: Anything, ...points: number[]): Float64Array =>
  at(d, ({ family, parameters }, x) => family.cdf!(parameters, x), ...points);
const quantiles = (d: Anything, ...points: number[]): Float64Array =>
  at(d, ({ family, parameters }, x) => family.quantile!(parameters, x), ...points);
const entropyOf = (d: Anything): number =>
  at(d, ({ family, parameters }, x) => tf.add(tf.mul(0, x), family.entropy!(parameters)), 0)[0]!;

const counts: readonly (readonly [string, Anything, number])[] = [
  ["bernoulli(probs)", bernoulli({ probs: 0.375 }), 1],
  ["bernoulli(logits)", bernoulli({ logits: -1 }), 1],
  ["categorical(probs)", categorical({ probs: [0.25, 0, 0.5, 0.25] }), 3],
  ["categorical(logits)", categorical({ logits: [0, 1, -1] }), 2],
  ["geometric(probs)", geometric({ probs: 0.25 }), 200],
  ["geometric(logits)", geometric({ logits: -1 }), 200],
  ["poisson", poisson(4.5), 100],
  ["binomial(probs)", binomial(12, { probs: 0.375 }), 12],
  ["binomial(logits)", binomial(12, { logits: -1 }), 12],
  ["binomial, an unknown count", binomial([12], { logits: 2 }), 12],
  ["betaBinomial", betaBinomial(12, 0.5, 2), 12],
  ["betaBinomial, an unknown count", betaBinomial([12], 0.5, 2), 12],
  ["negativeBinomial(probs)", negativeBinomial(2.5, { probs: 0.5 }), 200],
  ["negativeBinomial(logits)", negativeBinomial(0.5, { logits: -0.5 }), 200],
  ["orderedLogistic", orderedLogistic(0.5, [-1, 0, 2]), 3],
  ["orderedLogistic, one cutpoint", orderedLogistic(0.5, [-1]), 1],
  ["zeroInflated(poisson)", zeroInflated(poisson(4.5), 0.25), 100],
  ["zeroInflated(binomial)", zeroInflated(binomial(12, { probs: 0.375 }), 0.25), 12],
  ["mixture of counts", mixture([0.25, 0.75], poisson([1, 5])), 100],
];

describe.each(counts)("%s", (_, d, last) => {
  const support = range(last + 1);
  const mass = () => logDensities(d, ...support).map(Math.exp);
  it("has probabilities that add up to 1", () => {
    expect(mass().reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect([...logDensities(d, -1, 0.5, last + 0.5)]).toEqual(new Array(3).fill(Number.NEGATIVE_INFINITY));
  });
  it("its distribution function adds them up", () => {
    if (!d.family.cdf) return;
    const received = cdfs(d, ...support);
    let sum = 0;
    for (const [k, p] of mass().entries()) {
      sum += p;
      expect(received[k]).toBeCloseTo(sum, 11);
    }
    expect([...cdfs(d, -1, -0.5)]).toEqual([0, 0]);
    expect(cdfs(d, 0.5)[0]).toBe(received[0]);
    expect(cdfs(d, last + 1)[0]).toBeCloseTo(1, 12);
  });
  it("its quantile is the first count that reaches a probability", () => {
    if (!d.family.quantile || !d.family.cdf) return;
    const sums = cdfs(d, ...support);
    for (const u of [0.01, 0.3, 0.5, 0.77, 0.99]) expect(quantiles(d, u)[0]).toBe(sums.findIndex((sum) => sum >= u));
  });
  it("its entropy is the sum of −p log p", () => {
    if (!d.family.entropy) return;
    expect(entropyOf(d)).toBeCloseTo(-mass().reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0), 11);
  });
  it("takes observed counts of any dtype", () => {
    const { family, parameters } = d;
    const values = tf.tensor1d([0, 1], "int32");
    expect(family.logDensity(parameters, values).dataSync()).toEqual(
      family.logDensity(parameters, tf.cast(values, "float32")).dataSync(),
    );
  });
});

describe("entropies move with their parameters", () => {
  it.each<[string, (p: Tensor) => Anything, number]>([
    ["poisson", (p) => poisson(p), 3.5],
    ["binomial", (p) => binomial([9], { probs: p }), 0.3],
    ["bernoulli", (p) => bernoulli({ probs: p }), 0.3],
    ["geometric", (p) => geometric({ logits: p }), 0.3],
    ["zeroInflated", (p) => zeroInflated(poisson(p), tf.mul(0.125, p)), 1.5],
    ["betaBinomial", (p) => betaBinomial(9, p, 2), 1.5],
    ["negativeBinomial, its failures", (r) => negativeBinomial(r, { probs: 0.625 }), 1.5],
    ["negativeBinomial, its probability", (p) => negativeBinomial(2.5, { probs: p }), 0.3],
    ["negativeBinomial, its log odds", (l) => negativeBinomial(2.5, { logits: l }), 0.3],
    ["negativeBinomial, both", (p) => negativeBinomial(p, { logits: p }), 1.25],
    ["multinomial", (l) => multinomial([9], { logits: tf.stack([l, tf.mul(l, l), tf.zerosLike(l)]) }), 0.7],
    ["dirichletMultinomial", (a) => dirichletMultinomial(9, tf.stack([a, tf.mul(2, a), tf.onesLike(a)])), 0.7],
  ])("%s", (_, build, p) => {
    const entropy = (x: Tensor) => {
      const { family, parameters } = build(x);
      return tf.sum(family.entropy!(parameters));
    };
    const scalar = (x: number): NDArray => ({ shape: [], dtype: "float32", elements: Float64Array.of(x) });
    const value = (x: number) => gradientInDoubles(entropy, [scalar(x)]).value;
    const h = 1e-4;
    const difference = (8 * (value(p + h) - value(p - h)) - (value(p + 2 * h) - value(p - 2 * h))) / (12 * h);
    expect(gradientInDoubles(entropy, [scalar(p)]).gradient[0]![0]).toBeCloseTo(difference, 8);
  });
});

describe("quantiles of unknown counts and of long tails", () => {
  it.each<[string, Anything]>([
    ["binomial", binomial([1000], { probs: 0.75 })],
    ["binomial, all", binomial([5], { probs: 1 })],
    ["binomial, no trials", binomial([0], { probs: 0.5 })],
    ["negativeBinomial, many failures", negativeBinomial(300, { probs: 0.9375 })],
    ["negativeBinomial, hardly a failure", negativeBinomial(0.125, { logits: 6 })],
    ["negativeBinomial, no successes", negativeBinomial(3, { probs: 0 })],
    ["mixture", mixture([0.25, 0.5, 0.25], [poisson(400), negativeBinomial(2, { probs: 0.5 }), poisson(0)])],
  ])("%s", (_, d) => {
    for (const u of [1e-6, 0.1, 0.5, 0.9, 0.999]) {
      const [k] = quantiles(d, u);
      const [before, reached] = cdfs(d, k! - 1, k!);
      expect(reached).toBeGreaterThanOrEqual(u);
      expect(before).toBeLessThan(u);
    }
    expect(quantiles(d, 0)[0]).toBe(0);
  });
});

describe("entropies of counts of several categories", () => {
  it("of two categories are those of one of the counts", () => {
    expect(entropyOf(multinomial([12], { probs: [0.375, 0.625] }))).toBeCloseTo(
      entropyOf(binomial(12, { probs: 0.375 })),
      12,
    );
    expect(entropyOf(dirichletMultinomial(12, [0.5, 2]))).toBeCloseTo(entropyOf(betaBinomial(12, 0.5, 2)), 11);
  });
  it("of the table", () => {
    const cases = tables.DirichletMultinomial!;
    for (const { params, entropy } of cases) {
      const { total_count: n, concentration } = params as unknown as { total_count: number; concentration: number[] };
      expect(Math.abs(entropyOf(dirichletMultinomial(n, concentration)) / (entropy as number) - 1)).toBeLessThan(1e-10);
    }
    expect(cases.length).toBeGreaterThan(2);
  });
  it("are 0 for one category, or no trials, and leave out categories of probability 0", () => {
    expect(entropyOf(multinomial(0, { probs: [0.25, 0.75] }))).toBe(0);
    expect(entropyOf(multinomial(5, { probs: [1] }))).toBeCloseTo(0, 14);
    expect(entropyOf(multinomial(5, { probs: [0.25, 0, 0.75] }))).toBeCloseTo(
      entropyOf(binomial(5, { probs: 0.25 })),
      12,
    );
    expect(entropyOf(dirichletMultinomial(0, [1, 2]))).toBe(0);
    expect(entropyOf(dirichletMultinomial(5, [2]))).toBe(0);
    expect(multinomial([3, 4], { probs: [0.5, 0.5] }).family.entropy).toBeDefined();
    const d = multinomial([3, 4], { probs: [0.5, 0.5] });
    expect(d.family.entropy!(d.parameters).shape).toEqual([2]);
    const batch = dirichletMultinomial(4, tf.ones([3, 2, 5]));
    expect(batch.family.entropy!(batch.parameters).shape).toEqual([3, 2]);
  });
});

describe("oneHotCategorical", () => {
  const logDensity = (d: Anything, x: number[]) => d.family.logDensity(d.parameters, tf.tensor1d(x)).dataSync()[0];
  it("has the category's mass on unit vectors, and none elsewhere", () => {
    for (const d of [
      oneHotCategorical({ probs: [0.25, 0, 0.75] }),
      oneHotCategorical({ logits: [1, Number.NEGATIVE_INFINITY, 1 + Math.log(3)] }),
    ]) {
      expect(logDensity(d, [0, 0, 1])).toBeCloseTo(Math.log(0.75), 6);
      expect(logDensity(d, [0, 1, 0])).toBe(Number.NEGATIVE_INFINITY);
      for (const x of [
        [1, 0, 1],
        [0, 0, 0],
        [0.5, 0, 0.5],
        [-1, 1, 1],
      ])
        expect(logDensity(d, x)).toBe(Number.NEGATIVE_INFINITY);
      expect(d.event).toEqual([3]);
      expect(d.batch).toEqual([]);
    }
  });
});

describe("relaxations", () => {
  it.each([
    [0.5, 1],
    [2, -1],
    [1, 0],
  ])(
    "relaxedBernoulli(%d, %d): the density integrates to the distribution function, the quantile inverts it",
    (t, l) => {
      const d = relaxedBernoulli(t, { logits: l });
      const between = integrateAtOnce((nodes) => logDensities(d, ...nodes).map(Math.exp), 0.125, 0.75, 20);
      const [low, high] = cdfs(d, 0.125, 0.75);
      expect(between).toBeCloseTo(high! - low!, 12);
      expect(quantiles(d, low!)[0]).toBeCloseTo(0.125, 12);
      expect([...logDensities(d, 0, 1, -0.5, 2)]).toEqual(new Array(4).fill(Number.NEGATIVE_INFINITY));
      expect([...cdfs(d, -1, 0, 1, 2)]).toEqual([0, 0, 1, 1]);
    },
  );
  it("relaxedOneHot of two categories has the density of relaxedBernoulli, and any that of Maddison et al.", () => {
    const [t, l] = [0.75, 1.25];
    const pair = relaxedOneHot(t, { logits: [l, 0] });
    const single = relaxedBernoulli(t, { logits: l });
    for (const x of [0.01, 0.25, 0.9])
      expect(pair.family.logDensity(pair.parameters, tf.tensor1d([x, 1 - x])).dataSync()[0]).toBeCloseTo(
        logDensities(single, x)[0]!,
        4,
      );
    const [p, x] = [
      [0.125, 0.25, 0.625],
      [0.5, 0.125, 0.375],
    ];
    const product = p.reduce((all, each, k) => all * each * x[k]! ** (-t - 1), 1);
    const sum = p.reduce((all, each, k) => all + each * x[k]! ** -t, 0);
    const truth = Math.log((2 * t ** 2 * product) / sum ** 3);
    const d = relaxedOneHot(t, { probs: p });
    expect(d.family.logDensity(d.parameters, tf.tensor1d(x)).dataSync()[0]).toBeCloseTo(truth, 5);
    expect(d.family.logDensity(d.parameters, tf.tensor1d([0.5, 0.5, 0.5])).dataSync()[0]).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });
});

describe("mixture", () => {
  const sum = (...terms: number[]) => Math.log(terms.reduce((all, each) => all + each));
  const normalDensity = (x: number, m: number, s: number) =>
    Math.exp(-0.5 * ((x - m) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
  it("of one family or several has one density", () => {
    const truth = sum(0.25 * normalDensity(0.5, -1, 1), 0.75 * normalDensity(0.5, 1, 2));
    for (const d of [
      mixture([0.25, 0.75], normal([-1, 1], [1, 2])),
      mixture({ logits: [2, 2 + Math.log(3)] }, normal([-1, 1], [1, 2])),
      mixture({ probs: [0.25, 0.75] }, [normal(-1, 1), normal(1, 2)]),
    ])
      expect(logDensities(d, 0.5)[0]).toBeCloseTo(truth, 6);
  });
  it("has the quantiles that its distribution function inverts, and their derivatives", () => {
    const points = [1e-4, 0.1, 0.25, 0.5, 0.9, 0.9999];
    for (const d of [
      mixture([0.25, 0.75], normal([-20, 1], [0.5, 2])),
      mixture({ logits: [0, 1] }, [gamma([2], 1), exponential([0.01])]),
    ])
      for (const u of points) expect(cdfs(d, quantiles(d, u)[0]!)[0]).toBeCloseTo(u, 12);
    const d = mixture([0.25, 0.75], normal([-20, 1], [0.5, 2]));
    expect([...quantiles(d, 0, 1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const positive = mixture([0.25, 0.75], [gamma(2, 1), exponential(2)]);
    expect([...quantiles(positive, 0, 1)]).toEqual([0, Number.POSITIVE_INFINITY]);
    const quantile = (u: Tensor, loc: Tensor, w: Tensor) => {
      const { family, parameters } = mixture(tf.stack([w, tf.sub(1, w)]), [normal(loc, 1), normal(1, 2)]);
      return tf.sum(family.quantile!(parameters, u));
    };
    const scalar = (x: number): NDArray => ({ shape: [], dtype: "float32", elements: Float64Array.of(x) });
    const given = [0.3, -1, 0.25];
    const { gradient } = gradientInDoubles(quantile, given.map(scalar));
    const h = 1e-4;
    given.forEach((_, i) => {
      const value = (step: number) =>
        gradientInDoubles(
          quantile,
          given.map((x, j) => scalar(i === j ? x + step : x)),
        ).value;
      const difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
      expect(gradient[i]![0]).toBeCloseTo(difference, 8);
    });
    const batch = mixture([0.5, 0.5], normal(tf.zeros([3, 2]), 1));
    expect(batch.family.quantile!(batch.parameters, tf.scalar(0.25)).shape).toEqual([3]);
    expect(mixture([0.5, 0.5], uniform([0, 2], [1, 3])).family.quantile).toBeUndefined();
  });
  it("broadcasts batches of components, and weights of their own", () => {
    const d = mixture(
      [
        [0.5, 0.5],
        [0.25, 0.75],
      ],
      [normal([0, 1], 1), normal(tf.zeros([3, 1]), 2)],
    );
    expect([d.batch, d.event]).toEqual([[3, 2], []]);
    expect(d.family.draw(d.parameters, seedKey(1), [4, 3, 2]).shape).toEqual([4, 3, 2]);
    expect(d.family.logDensity(d.parameters, tf.zeros([4, 3, 2])).shape).toEqual([4, 3, 2]);
    expect(d.family.mean!(d.parameters).shape).toEqual([3, 2]);
    const shared = mixture([0.5, 0.5], normal([[0], [1], [2]], [1, 2]));
    expect(shared.batch).toEqual([3]);
    expect(shared.family.variance!(shared.parameters).shape).toEqual([3]);
    expect(shared.family.draw(shared.parameters, seedKey(1), [5, 3]).shape).toEqual([5, 3]);
  });
  it("of vectors keeps events whole", () => {
    const loc = [
      [-5, -5],
      [5, 5],
    ];
    for (const d of [
      mixture([0.5, 0.5], multivariateNormal(loc, { scaleDiag: [1, 1] })),
      mixture(
        [0.5, 0.5],
        [multivariateNormal(loc[0]!, { scaleDiag: [1, 1] }), multivariateNormal(loc[1]!, { scaleDiag: [1, 1] })],
      ),
    ]) {
      expect([d.batch, d.event, d.family.isPathwise]).toEqual([[], [2], false]);
      const draws = d.family.draw(d.parameters, seedKey(1), [50]).arraySync() as number[][];
      expect(draws.every(([x, y]) => x! > 0 === y! > 0)).toBe(true);
      expect([...d.family.mean!(d.parameters).dataSync()]).toEqual([0, 0]);
      expect([...d.family.variance!(d.parameters).dataSync()]).toEqual([26, 26]);
      expect(d.family.logDensity(d.parameters, tf.zeros([7, 2])).shape).toEqual([7]);
    }
  });
  it("has no NaN where some or all components have no density", () => {
    const logDensity = (x: Tensor, w: Tensor, rate: Tensor) => {
      const { family, parameters } = mixture(w, [exponential(rate), gamma(rate, 1)]);
      return tf.sum(where0(family.logDensity(parameters, x)));
    };
    const where0 = (x: Tensor) => tf.where(tf.isFinite(x), x, tf.zerosLike(x));
    const { gradient } = gradientInDoubles(logDensity, [array(-1, 0.5), array(0, 1), array(2)]);
    expect(gradient.flat().filter(Number.isNaN)).toEqual([]);
    const d = mixture([0, 1], normal([0, 1], 1));
    expect(logDensities(d, 1)[0]).toBeCloseTo(-0.9189385, 6);
    expect(logDensities(mixture([0.5, 0.5], [exponential(1), exponential(2)]), -1)[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(logDensities(mixture([0.5, 0.5], normal([0, 1], 1)), 1e4)[0]).toBeCloseTo(-0.5 * 9999 ** 2 - 1.6120857, 0);
  });
  it("is pathwise on connected supports only", () => {
    expect(mixture([0.5, 0.5], normal([0, 1], 1)).family.isPathwise).toBe(true);
    expect(mixture([0.5, 0.5], uniform([0, 2], [1, 3])).family.isPathwise).toBe(false);
    expect(mixture([0.5, 0.5], poisson([1, 2])).family.isPathwise).toBe(false);
  });
});

describe("errors", () => {
  it.each<[string, () => unknown, string | RegExp]>([
    ["weights", () => mixture([0.2, 0.3, 0.5], normal([0, 1], 1)), "there are 3 weights and 2 components"],
    ["no axis", () => mixture([1], normal(0, 1)), "normal has no batch axis of components"],
    ["nothing", () => mixture([], [] as ReturnType<typeof normal>[]), "there are no components"],
    [
      "supports",
      () => mixture([0.5, 0.5], [normal(0, 1), exponential(1) as never]),
      /expected: real .*\n.*received: positive/,
    ],
    [
      "events",
      () => mixture([0.5, 0.5], [normal(0, 1), multivariateNormal([0], { scaleDiag: [1] })]),
      "events of the components differ",
    ],
    [
      "a strategy inside",
      () => mixture([0.5, 0.5], enumerate(bernoulli({ logits: [0, 1] })) as never),
      "Choose it for the whole",
    ],
    [
      "a strategy of a count",
      () => zeroInflated(enumerate(binomial(3, { logits: 0 })) as never, 0.5),
      "Choose it for the whole",
    ],
    ["neither", () => negativeBinomial(2, {} as never), "negativeBinomial(…, { probs })"],
    ["both", () => multinomial(2, { probs: [1], logits: [0] } as never), "received: both"],
    ["no categories", () => multinomial(2, { probs: 1 }), "multinomial needs an axis of categories"],
    ["no cutpoints", () => orderedLogistic(0, 1), "orderedLogistic needs an axis of categories"],
    ["no concentrations", () => dirichletMultinomial(2, 1), "dirichletMultinomial needs an axis of categories"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
