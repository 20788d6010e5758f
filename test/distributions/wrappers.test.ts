// Wrappers of scalar distributions against closed forms, and distributions made of a sampler.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { beta } from "../../src/distributions/beta.js";
import { censored } from "../../src/distributions/censored.js";
import { dirichlet } from "../../src/distributions/dirichlet.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { flat } from "../../src/distributions/flat.js";
import { fromSampler } from "../../src/distributions/fromSampler.js";
import { gamma } from "../../src/distributions/gamma.js";
import { iid } from "../../src/distributions/iid.js";
import { independent } from "../../src/distributions/independent.js";
import { logistic } from "../../src/distributions/logistic.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { masked, scaled } from "../../src/distributions/reweighted.js";
import { studentT } from "../../src/distributions/studentT.js";
import { truncated } from "../../src/distributions/truncated.js";
import { truncatedNormal } from "../../src/distributions/truncatedNormal.js";
import { uniform } from "../../src/distributions/uniform.js";
import { evaluate } from "../../src/ir/evaluate.js";
import type { Program } from "../../src/ir/program.js";
import { typeOf } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { stopGradient } from "../../src/ops/marks.js";
import { seedKey } from "../../src/ops/random.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { gradientInDoubles, toArray } from "./arrays.js";
import { integrateAtOnce } from "./integrateAtOnce.js";
import { chiSquareScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;

const scores = ({ family, parameters }: Anything, x: number[]): number[] => [
  ...family.logDensity(parameters, tf.tensor1d(x)).dataSync(),
];
const drawsOf = ({ family, parameters, batch }: Anything, n: number): number[] => [
  ...family.draw(parameters, seedKey(1), [n, ...batch]).dataSync(),
];

function expectClose(received: readonly number[], expected: readonly number[], relative = 1e-5): void {
  expect(received.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (Number.isFinite(value))
      expect(Math.abs(received[i]! - value)).toBeLessThanOrEqual(relative * Math.abs(value) + 1e-6);
    else expect(received[i]).toBe(value);
  });
}

/** Value and gradient in double precision of a log density in its value and parameters. */
const slopes = (build: (...p: tf.Tensor[]) => Anything, at: number[]) =>
  gradientInDoubles((x, ...own) => {
    const { family, parameters } = build(...own);
    return tf.sum(family.logDensity(parameters, x));
  }, at.map(toArray));

describe("truncated", () => {
  it("has the density over the probability of the interval, in both tails of single precision", () => {
    const rest = Math.log1p(-Math.exp(-10));
    expectClose(
      scores(truncated(exponential(1), { low: 50, high: 60 }), [50, 55, 60]),
      [0, -5, -10].map((l) => l - rest),
    );
    const far = (x: number) => -Math.abs(x) + 60 - rest;
    expectClose(scores(truncated(logistic(0, 1), { low: 60, high: 70 }), [60, 63, 71]), [far(60), far(63), -Infinity]);
    expectClose(scores(truncated(logistic(0, 1), { low: -70, high: -60 }), [-60, -63, -71]), [
      far(60),
      far(63),
      -Infinity,
    ]);
    expectClose(scores(truncated(logistic(0, 1), { low: 60 }), [60, 63]), [0, -3]);
  });

  it.each<[string, Anything, number, number]>([
    ["gamma", truncated(gamma(2.5, 1), { low: 0.5, high: 4 }), 0.5, 4],
    ["gamma, from below its support", truncated(gamma(2.5, 1), { low: -1, high: 4 }), 0, 4],
    ["beta", truncated(beta(2, 3), { low: 0.25 }), 0.25, 1],
    ["studentT in a tail", truncated(studentT(3, 0, 1), { low: 8, high: 20 }), 8, 20],
    ["twice", truncated(truncated(logistic(0, 1), { low: -2 }), { high: 3 }), -2, 3],
    ["normal", truncated(normal(1, 2), { low: 0, high: 3 }), 0, 3],
  ])("integrates to 1: %s", (_, { family, parameters }, low, high) => {
    const densities = (nodes: readonly number[]) => {
      const logDensities = family.logDensity(parameters, tf.tensor1d([...nodes]));
      expect(logDensities.shape).toEqual([nodes.length]);
      return logDensities.dataSync().map(Math.exp);
    };
    expect(Math.abs(integrateAtOnce(densities, low, high, 6) - 1)).toBeLessThan(1e-5);
  });

  it("of a normal distribution is truncatedNormal", () => {
    const [of, own] = [truncated(normal(0, 1), { low: 30 }), truncatedNormal(0, 1, { low: 30 })];
    expect(of.family).toBe(own.family);
  });

  it("of counts has both bounds in it", () => {
    const of = truncated(poisson(3), { low: 2, high: 5 });
    const masses = [2, 3, 4, 5].map((k) => 3 ** k / [2, 6, 24, 120][k - 2]!);
    const total = masses.reduce((sum, each) => sum + each);
    expectClose(scores(of, [1, 2, 3, 4, 5, 6, 2.5]), [
      -Infinity,
      ...masses.map((mass) => Math.log(mass / total)),
      -Infinity,
      -Infinity,
    ]);
    expect(chiSquareScore(drawsOf(of, 20_000), (k) => (masses[k - 2] ?? 0) / total)).toBeLessThan(5);
    expect(of.family.isPathwise).toBe(false);
  });

  it("moves with the bounds, and has no NaN outside", () => {
    const build = (low?: tf.Tensor, high?: tf.Tensor) => truncated(logistic(0.5, 2), { low: low!, high: high! });
    for (const x of [-1, 0.5, 7]) {
      const { gradient } = slopes(build, [x, 0, 3]);
      expect(gradient.flat().some(Number.isNaN)).toBe(false);
    }
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-(x - 0.5) / 2));
    const mass = sigmoid(3) - sigmoid(0);
    const slope = (x: number) => (sigmoid(x) * (1 - sigmoid(x))) / 2;
    const { gradient } = slopes(build, [1, 0, 3]);
    expect(Math.abs(gradient[1]![0]! - slope(0) / mass)).toBeLessThan(1e-12);
    expect(Math.abs(gradient[2]![0]! + slope(3) / mass)).toBeLessThan(1e-12);
  });

  it("refuses what has no distribution function, and vectors", () => {
    const bounds = { low: 0 };
    expect(() => truncated(dirichlet([1, 1]), bounds)).toThrow("truncated is for distributions of scalars");
    expect(() => truncated(independent(logistic([0, 1], 1)), bounds)).toThrow(
      "truncated is for distributions of scalars",
    );
    expect(() => truncated(flat(), bounds)).toThrow("truncated needs the cdf and the quantile of flat");
    expect(() => truncated(logistic(tf.zeros([2]), 1), { low: [0, 1, 2] })).toThrow("do not broadcast");
  });
});

describe("censored", () => {
  it("has the density inside, and the rest of the probability at the bounds", () => {
    const of = censored(logistic(0, 1), { low: -1, high: 2 });
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    expectClose(scores(of, [-2, -1, 0, 2, 3]), [
      -Infinity,
      Math.log(sigmoid(-1)),
      Math.log(0.25),
      Math.log(sigmoid(-2)),
      -Infinity,
    ]);
    const draws = drawsOf(of, 20_000);
    expect(Math.min(...draws)).toBe(-1);
    expect(Math.max(...draws)).toBe(2);
    const share = draws.filter((x) => x === -1).length / draws.length;
    expect(Math.abs(share - sigmoid(-1)) / Math.sqrt((share * (1 - share)) / draws.length)).toBeLessThan(5);
  });

  it("of counts: at the upper bound, that count and all above", () => {
    const of = censored(poisson(3), { high: 2 });
    const [p0, p1] = [Math.exp(-3), 3 * Math.exp(-3)];
    expectClose(scores(of, [0, 1, 2, 3]), [Math.log(p0), Math.log(p1), Math.log(1 - p0 - p1), -Infinity]);
  });

  it("is exact for a bound far out, with bounds per datum and finite derivatives", () => {
    expectClose(scores(censored(exponential(1), { high: tf.tensor1d([80, Infinity]) }), [80, 80]), [-80, -80]);
    for (const x of [0, 1, 3, 5]) {
      const { gradient } = slopes((a, rate) => censored(gamma(a!, rate!), { low: 1, high: 3 }), [x, 0.5, 2]);
      expect(gradient.flat().every(Number.isFinite)).toBe(true);
    }
  });
});

describe("masked and scaled", () => {
  it("what is masked is not seen: neither its value nor its derivatives", () => {
    const build = (scale?: tf.Tensor) => masked(gamma(0.5, scale!), [true, false, false, true]);
    const value = tf.tensor1d([2, Number.NaN, -1, 0.5]);
    const { family, parameters } = build(tf.tensor1d([1, 1, 1, 1]));
    const own = gamma(0.5, 1);
    const expected = [...own.family.logDensity(own.parameters, value).dataSync()];
    expectClose([...family.logDensity(parameters, value).dataSync()], [expected[0]!, 0, 0, expected[3]!]);
    const program = trace(
      [value, tf.ones([4])].map((each) => typeOf({ shape: each.shape, dtype: "float32" })),
      (x, s) => {
        const of = build(s);
        return [tf.sum(of.family.logDensity(of.parameters, x!))];
      },
    );
    const arrays = [Float64Array.of(2, Number.NaN, -1, 0.5), new Float64Array(4).fill(1)].map((elements) => ({
      shape: [4],
      dtype: "float32" as const,
      elements,
    }));
    for (const { elements } of evaluate(valueAndGrad(program, { wrt: [0, 1] }), arrays).slice(1)) {
      expect([elements[1], elements[2]]).toEqual([0, 0]);
      expect(Number.isFinite(elements[0]) && Number.isFinite(elements[3])).toBe(true);
    }
  });

  it("masks whole events, and counts what is left", () => {
    const of = masked(dirichlet(tf.ones([2, 3])), [false, true]);
    const x = tf.tensor2d([
      [Number.NaN, 2, 3],
      [0.25, 0.25, 0.5],
    ]);
    expectClose([...of.family.logDensity(of.parameters, x).dataSync()], [0, Math.log(2)]);
    expect(of.batch).toEqual([2]);
  });

  it("a factor multiplies the density and leaves draws and support alone", () => {
    const of = scaled(exponential([1, 2]), 10);
    expectClose([...of.family.logDensity(of.parameters, tf.tensor1d([1, -1])).dataSync()], [-10, -Infinity]);
    expectClose(scores(scaled(exponential(1), 0), [1, -1]), [0, -Infinity]);
    expect(drawsOf(of, 3)).toEqual(drawsOf(exponential([1, 2]), 3));
    expect(scaled(exponential(1), [1, 2]).batch).toEqual([2]);
  });
});

describe("fromSampler", () => {
  /** The exponential distribution, with a sampler that has no derivative. */
  const implicit = (rate: tf.Tensor) =>
    fromSampler({
      name: "waiting",
      support: "positive",
      parameters: { rate },
      sampler: (own, noise) => stopGradient(tf.div(tf.neg(tf.log(noise.uniform())), own.rate)),
      logDensity: (own, x) => tf.sub(tf.log(own.rate), tf.mul(own.rate, x)),
      cdf: (own, x) => tf.neg(tf.expm1(tf.neg(tf.mul(own.rate, x)))),
    });

  it("a draw moves as the quantile does, up to the third derivative", () => {
    const type = typeOf({ shape: [], dtype: "float32" });
    const draw = trace([type], (rate) => {
      const { family, parameters } = implicit(rate!);
      return [family.draw(parameters, seedKey(3), [])];
    });
    const derivative = (program: Program): Program => {
      const both = valueAndGrad(program);
      return { ...both, outputs: [both.outputs[1]!] };
    };
    const [first, second, third] = [1, 2, 3].map((order) => {
      let program = draw;
      for (let i = 0; i < order; i++) program = derivative(program);
      return evaluate(program, [toArray(1.5)])[0]!.elements[0]!;
    });
    const x = evaluate(draw, [toArray(1.5)])[0]!.elements[0]!;
    // x = −log u/λ
    expect(Math.abs(first! / (-x / 1.5) - 1)).toBeLessThan(1e-10);
    expect(Math.abs(second! / ((2 * x) / 1.5 ** 2) - 1)).toBeLessThan(1e-9);
    expect(Math.abs(third! / ((-6 * x) / 1.5 ** 3) - 1)).toBeLessThan(1e-8);
  });

  it("is repeated like any other, with new noise in every call", () => {
    const of = iid(
      3,
      fromSampler({
        name: "sumOfTwo",
        support: "real",
        parameters: { m: [0, 100] },
        sampler: ({ m }, noise) => tf.add(m, tf.sub(noise.normal(), noise.normal())),
        logDensity: ({ m }, x) => tf.sub(tf.mul(-0.25, tf.square(tf.sub(x, m))), 0.5 * Math.log(4 * Math.PI)),
        isSmooth: true,
      }),
    );
    const x = of.family.draw(of.parameters, seedKey(1), of.batch);
    expect(x.shape).toEqual([3, 2]);
    expect(new Set(x.dataSync()).size).toBe(6);
    expect([...x.dataSync()].some((each) => Math.abs(each) < 1e-6)).toBe(false);
  });
});

describe("flat", () => {
  it("is 0 on its support, and cannot be drawn from", () => {
    expectClose(scores(flat(), [3, -1e30]), [0, 0]);
    expect(scores(flat({ support: "unitInterval" }), [0.5, 1.5])).toEqual([0, -Infinity]);
    expect(() => drawsOf(iid(2, flat()), 1)).toThrow("flat is no probability distribution");
  });
});

it("negative control: without the probability of the interval, a density does not integrate to 1", () => {
  const { family, parameters } = uniform(0, 2);
  const densities = (nodes: readonly number[]) =>
    family
      .logDensity(parameters, tf.tensor1d([...nodes]))
      .dataSync()
      .map(Math.exp);
  expect(Math.abs(integrateAtOnce(densities, 0, 1, 4) - 1)).toBeGreaterThan(1e-5);
});
