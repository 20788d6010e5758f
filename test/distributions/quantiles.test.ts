// Distributions drawn by their quantiles or through gamma and von Mises variables: their laws by distribution functions in
// double precision, and their pathwise derivatives against the table's distribution functions and against expectations.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Distribution } from "../../src/distributions/distribution.js";
import { gumbel } from "../../src/distributions/gumbel.js";
import { inverseGamma } from "../../src/distributions/inverseGamma.js";
import { logistic } from "../../src/distributions/logistic.js";
import { studentT } from "../../src/distributions/studentT.js";
import { truncatedNormal } from "../../src/distributions/truncatedNormal.js";
import { vonMises } from "../../src/distributions/vonMises.js";
import { weibull } from "../../src/distributions/weibull.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { applyEmitter } from "../../src/ir/lifted.js";
import { truncatedQuantile } from "../../src/ir/primitives/truncatedNormal.js";
import { typeOf } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { integrate } from "../../src/util/quadrature/gaussLegendre.js";
import { betainc } from "../../src/util/special/betainc.js";
import { erfc } from "../../src/util/special/erf.js";
import { gammaincc } from "../../src/util/special/gammainc.js";
import { logBesselI0e, vonMisesRatio } from "../../src/util/special/vonMises.js";
import { differences } from "../support/numbers.js";
import { gradientInDoubles, tables, toArray } from "./arrays.js";
import { kolmogorovSmirnov, meanScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;
type Build = (...parameters: number[]) => Anything;
const count = 20_000;

const drawsOf = ({ family, parameters }: Anything, seed: number, n = count): Float64Array =>
  Float64Array.from(tf.tidy(() => family.draw(parameters, seedKey(seed), [n])).dataSync());

/** 1 − Φ(x) */
const upper = (x: number): number => 0.5 * erfc(x / Math.SQRT2);
/** The normal law on [a, b], from the tail that the interval lies in. */
const truncatedCdf = (z: number, a: number, b: number): number =>
  a > 0 ? (upper(a) - upper(z)) / (upper(a) - upper(b)) : (upper(-z) - upper(-a)) / (upper(-b) - upper(-a));
const vonMisesCdf = (angle: number, kappa: number): number =>
  integrate((t) => Math.exp(kappa * (Math.cos(t) - 1)), Math.max(-Math.PI, -10 / Math.sqrt(kappa)), angle, 3) /
  (2 * Math.PI * Math.exp(logBesselI0e(0, kappa)));

describe.each<[string, Build, number[][], (x: number, ...p: number[]) => number]>([
  [
    "studentT",
    (df, m, s) => studentT(df!, m!, s!),
    [
      [0.5, 0, 1],
      [3, 1, 2],
      [40, -2, 0.1],
    ],
    (x, df, m, s) => {
      const t = (x - m!) / s!;
      const tail = 0.5 * betainc([0, 0], df! / 2, 0.5, df! / (df! + t * t));
      return t > 0 ? 1 - tail : tail;
    },
  ],
  [
    "logistic",
    (m, s) => logistic(m!, s!),
    [
      [0, 1],
      [3, 0.25],
    ],
    (x, m, s) => 1 / (1 + Math.exp(-(x - m!) / s!)),
  ],
  [
    "gumbel",
    (m, s) => gumbel(m!, s!),
    [
      [0, 1],
      [3, 0.25],
    ],
    (x, m, s) => Math.exp(-Math.exp(-(x - m!) / s!)),
  ],
  [
    "inverseGamma",
    (a, b) => inverseGamma(a!, b!),
    [
      [0.5, 1],
      [3, 2],
      [60, 30],
    ],
    (x, a, b) => gammaincc(0, a!, b! / x),
  ],
  [
    "weibull",
    (k, l) => weibull(k!, l!),
    [
      [0.5, 1],
      [2, 3],
      [10, 50],
    ],
    (x, k, l) => -Math.expm1(-((x / l!) ** k!)),
  ],
  [
    "vonMises",
    (m, kappa) => vonMises(m!, kappa!),
    [
      [0, 0],
      [1, 0.5],
      [-2, 4],
      [0, 700],
    ],
    (x, m, kappa) => vonMisesCdf(x - m!, kappa!),
  ],
  [
    "truncatedNormal",
    (m, s, low, high) => truncatedNormal(m!, s!, { low: low!, high: high! }),
    [
      [0, 1, -1, 2],
      [1, 2, Number.NEGATIVE_INFINITY, 0.5],
      [0, 1, 8, 9],
      [0, 1, 30, Number.POSITIVE_INFINITY],
      [0, 1, -12, -10],
      [0, 10, -0.125, 0.125],
    ],
    (x, m, s, low, high) => truncatedCdf((x - m!) / s!, (low! - m!) / s!, (high! - m!) / s!),
  ],
])("law of %s", (_, build, settings, cdf) => {
  it.each(settings)("%d, %d, %d, %d", (...given) => {
    const parameters = given.filter((each) => each !== undefined);
    const draws = drawsOf(build(...parameters), 1);
    expect(kolmogorovSmirnov(draws, (x) => cdf(x, ...parameters))).toBeLessThan(2.5);
  });
});

it("negative control: another concentration is told apart", () => {
  expect(kolmogorovSmirnov(drawsOf(vonMises(0, 4), 1), (x) => vonMisesCdf(x, 5))).toBeGreaterThan(2.5);
});

it("truncated draws stay in an interval that rounding would leave", () => {
  const [low, high] = [0.1, 0.10000002];
  const draws = drawsOf(truncatedNormal(0, 0.3, { low, high }), 1, 1000);
  const bounds = [low, high].map(Math.fround) as [number, number];
  expect([...draws].every((x) => x >= bounds[0] && x <= bounds[1])).toBe(true);
});

interface QuantilePoint {
  readonly x: number;
  readonly logp: number;
  readonly cdf?: number;
  readonly dcdf?: Readonly<Record<string, number>>;
}

describe("a draw moves with a parameter by −(∂F/∂φ)/p, as the table has it", () => {
  it("vonMises, its concentration", () => {
    for (const { params, points } of tables.VonMises!)
      for (const { x, logp, dcdf } of points as readonly QuantilePoint[]) {
        if (dcdf?.concentration === undefined) continue;
        const { loc, concentration } = params as Record<string, number>;
        // the table counts from −π, draws from the mean less π
        const edge = -Math.PI - loc!;
        const density = (angle: number) =>
          Math.exp(concentration! * (Math.cos(angle) - 1) - logBesselI0e(0, concentration!)) / (2 * Math.PI);
        const start = vonMisesRatio(1, concentration!, edge) * density(edge);
        const ratio = vonMisesRatio(1, concentration!, x - loc!) - start / Math.exp(logp);
        const truth = dcdf.concentration / Math.exp(logp);
        expect(Math.abs(ratio - truth)).toBeLessThan(1e-11 * Math.max(1, Math.abs(truth)));
      }
  });

  it("truncatedNormal, all parameters", () => {
    const draw = (u: tf.Tensor, ...[m, s, low, high]: tf.Tensor[]) => {
      const end = (bound: tf.Tensor) => tf.div(tf.sub(bound, m!), s!);
      const [z] = applyEmitter(
        (...each) => [truncatedQuantile(...(each as [never, never, never]))],
        [u, end(low!), end(high!)],
      );
      return tf.add(m!, tf.mul(s!, z!));
    };
    let compared = 0;
    for (const { params, points } of tables.TruncatedNormal!) {
      const parameters = Object.values(params).map(Number);
      if (!parameters.every(Number.isFinite)) continue;
      for (const { x, logp, cdf, dcdf } of points as readonly QuantilePoint[]) {
        // beyond 1 − 1e-9, the quantile of a probability in double precision has few digits
        if (!dcdf || cdf! > 1 - 1e-9) continue;
        const { value, gradient } = gradientInDoubles(draw, [cdf!, ...parameters].map(toArray));
        expect(Math.abs(value - x)).toBeLessThan(1e-8 * Math.max(1, Math.abs(x)));
        Object.keys(params).forEach((name, i) => {
          const truth = -dcdf[name]! / Math.exp(logp);
          expect(Math.abs(gradient[i + 1]![0]! - truth)).toBeLessThan(1e-6 * Math.max(1, Math.abs(truth)));
          compared++;
        });
      }
    }
    expect(compared).toBeGreaterThan(30);
  });
});

/** One pathwise derivative of f(x) per draw and parameter. */
function derivatives(
  build: (...p: tf.Tensor[]) => Anything,
  parameters: readonly number[],
  f: (x: tf.Tensor) => tf.Tensor,
): Float64Array[] {
  const types = parameters.map(() => typeOf({ shape: [count], dtype: "float32" }));
  const program = trace(types, (...each) => {
    const { family, parameters: converted } = build(...each);
    return [tf.sum(f(family.draw(converted, seedKey(4), [count])))];
  });
  const inputs = parameters.map((each) => ({
    shape: [count],
    dtype: "float32" as const,
    elements: new Float64Array(count).fill(each),
  }));
  return evaluate(valueAndGrad(program, { wrt: parameters.map((_, i) => i) }), inputs)
    .slice(1)
    .map(({ elements }) => elements);
}

/** E cos 2x and the like under a density on an interval. */
const expectation = (f: (x: number) => number, density: (x: number) => number, from: number, to: number): number =>
  integrate((x) => f(x) * density(x), from, to, 60) / integrate(density, from, to, 60);

const cosine = (x: tf.Tensor) => tf.cos(x);
const square = (x: tf.Tensor) => tf.square(x);

describe("pathwise derivatives of expectations", () => {
  it.each<
    [string, (...p: tf.Tensor[]) => Anything, number[], (x: tf.Tensor) => tf.Tensor, (p: readonly number[]) => number]
  >([
    [
      "studentT, E cos x",
      (df, m, s) => studentT(df!, m!, s!),
      [2.5, 0.5, 0.75],
      cosine,
      // x = m + s·sinh w, whose density falls exponentially
      ([df, m, s]) =>
        expectation(
          (w) => Math.cos(m! + s! * Math.sinh(w)),
          (w) => Math.cosh(w) * (1 + Math.sinh(w) ** 2 / df!) ** (-(df! + 1) / 2),
          -11,
          11,
        ),
    ],
    ["logistic, E x²", (m, s) => logistic(m!, s!), [0.5, 0.75], square, ([m, s]) => m! ** 2 + (Math.PI * s!) ** 2 / 3],
    [
      "gumbel, E x²",
      (m, s) => gumbel(m!, s!),
      [0.5, 0.75],
      square,
      ([m, s]) => (m! + 0.5772156649015329 * s!) ** 2 + (Math.PI * s!) ** 2 / 6,
    ],
    ["inverseGamma, E x", (a, b) => inverseGamma(a!, b!), [4.5, 2], (x) => x, ([a, b]) => b! / (a! - 1)],
    [
      "weibull, E cos x",
      (k, l) => weibull(k!, l!),
      [1.5, 2],
      cosine,
      ([k, l]) =>
        expectation(
          (e) => Math.cos(l! * Math.exp(e / k!)),
          (e) => Math.exp(e - Math.exp(e)),
          -36,
          5,
        ),
    ],
    [
      "vonMises, E x² + sin x",
      (m, kappa) => vonMises(m!, kappa!),
      [0.5, 2],
      (x) => tf.add(tf.square(x), tf.sin(x)),
      ([m, kappa]) =>
        expectation(
          (t) => (m! + t) ** 2 + Math.sin(m! + t),
          (t) => Math.exp(kappa! * Math.cos(t)),
          -Math.PI,
          Math.PI,
        ),
    ],
    [
      "truncatedNormal, E x²",
      (m, s, low, high) => truncatedNormal(m!, s!, { low: low!, high: high! }),
      [0.5, 1.5, -0.25, 1.75],
      square,
      ([m, s, low, high]) =>
        expectation(
          (x) => x * x,
          (x) => Math.exp(-0.5 * ((x - m!) / s!) ** 2),
          low!,
          high!,
        ),
    ],
    [
      "truncatedNormal in a tail, E x²",
      (m, s, low) => truncatedNormal(m!, s!, { low: low! }),
      [0, 1, 12],
      square,
      ([m, s, low]) =>
        expectation(
          (x) => x * x,
          (x) => Math.exp(-0.5 * ((x - m!) / s!) ** 2 + 0.5 * ((low! - m!) / s!) ** 2),
          low!,
          low! + 6,
        ),
    ],
  ])("%s", (_, build, parameters, f, value) => {
    const truths = differences(value, parameters);
    const received = derivatives(build, parameters, f);
    for (const [i, draws] of received.entries()) expect(Math.abs(meanScore(draws, truths[i]!))).toBeLessThan(5);
  });

  it("negative control: without the movement of the gamma variable, E cos x of studentT is told apart", () => {
    const fixed = (df: tf.Tensor) => studentT(tf.add(tf.mul(0.5, df), 1.25), 0.5, 0.75);
    const [draws] = derivatives((df) => fixed(df!), [2.5], cosine);
    const truth = differences(
      ([df]) =>
        expectation(
          (w) => Math.cos(0.5 + 0.75 * Math.sinh(w)),
          (w) => Math.cosh(w) * (1 + Math.sinh(w) ** 2 / df!) ** (-(df! + 1) / 2),
          -11,
          11,
        ),
      [2.5],
    )[0]!;
    expect(Math.abs(meanScore(draws!, truth))).toBeGreaterThan(5);
  });
});
