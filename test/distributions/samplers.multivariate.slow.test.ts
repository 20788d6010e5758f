// Draws of vectors, matrices and sequences: 100 000 of each family and setting, seeds fixed. What is known of each is the law of a
// projection of its draws, and their moments.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { autoregressive } from "../../src/distributions/autoregressive.js";
import { categorical } from "../../src/distributions/categorical.js";
import { dirichletProcess, stickLogWeights } from "../../src/distributions/dirichletProcess.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { gaussianProcess, squaredExponential } from "../../src/distributions/gaussianProcess.js";
import { gaussianRandomWalk } from "../../src/distributions/gaussianRandomWalk.js";
import { hmm } from "../../src/distributions/hmm.js";
import { linearGaussianStateSpace } from "../../src/distributions/linearGaussianStateSpace.js";
import { lkjCholesky } from "../../src/distributions/lkjCholesky.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { multivariateStudentT } from "../../src/distributions/multivariateStudentT.js";
import { normal } from "../../src/distributions/normal.js";
import { stickBreakingWeights } from "../../src/distributions/stickBreakingWeights.js";
import { vonMisesFisher } from "../../src/distributions/vonMisesFisher.js";
import { wishart } from "../../src/distributions/wishart.js";
import { seedKey } from "../../src/ops/random.js";
import { integrate } from "../../src/util/quadrature/gaussLegendre.js";
import { range } from "../../src/util/shapes.js";
import { betainc } from "../../src/util/special/betainc.js";
import { gammainc } from "../../src/util/special/gammainc.js";
import { chiSquareScore, kolmogorovSmirnov, meanScore, varianceScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

const count = 100_000;

type Anything = Distribution<tf.Tensor, never>;

/** Draws, one row for each. */
function rowsOf({ family, parameters, event }: Anything, seed: number): Float32Array[] {
  const size = event.reduce((all, each) => all * each, 1);
  const draws = tf.tidy(() => family.draw(parameters, seedKey(seed), [count])).dataSync() as Float32Array;
  return range(count).map((i) => draws.subarray(i * size, (i + 1) * size));
}

/** Means and variances of all elements are within 5 standard errors. */
function expectMoments({ family, parameters, event }: Anything, rows: readonly Float32Array[]): void {
  const [means, variances] = (["mean", "variance"] as const).map((moment) =>
    tf.broadcastTo(family[moment]!(parameters), [...event]).dataSync(),
  );
  for (const [i, mean] of means!.entries()) {
    const column = Float64Array.from(rows, (row) => row[i]!);
    // elements that do not vary are known to rounding
    if (variances![i]! < 1e-12) continue;
    expect(Math.abs(meanScore(column, mean))).toBeLessThan(5);
    expect(Math.abs(varianceScore(column, mean, variances![i]!))).toBeLessThan(5);
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const expectLaw = (draws: ArrayLike<number>, cdf: (x: number) => number): void =>
  expect(kolmogorovSmirnov(draws, cdf)).toBeLessThan(2.5);

/** The squared length of standardized draws, −2(log p + H − n/2), of a normal distribution: χ² of n degrees of freedom. */
function squaredLengths({ family, parameters, event }: Anything, seed: number): Float64Array {
  const n = event.reduce((all, each) => all * each, 1);
  const draws = family.draw(parameters, seedKey(seed), [count]);
  const entropy = family.entropy!(parameters).dataSync()[0]!;
  return Float64Array.from(family.logDensity(parameters, draws).dataSync(), (score) => -2 * (score + entropy - n / 2));
}

const gaussian: readonly (readonly [string, readonly (() => Anything)[]])[] = [
  [
    "low-rank multivariateNormal",
    [
      () => multivariateNormal([0, 1], { covFactor: [[1], [-2]], covDiag: [0.5, 1] }),
      () => multivariateNormal([5, 5, 5], { covFactor: tf.tensor([1, 0, 0, 2, 1, 1], [3, 2]), covDiag: [0.01, 1, 4] }),
      () => multivariateNormal([-1], { covFactor: [[3]], covDiag: [1] }),
    ],
  ],
  [
    "gaussianRandomWalk",
    [
      () => gaussianRandomWalk({ scale: 1, numSteps: 5 }),
      () => gaussianRandomWalk({ scale: 0.1, numSteps: 3, initLoc: 2, initScale: 3, drift: 0.5 }),
      () => gaussianRandomWalk({ scale: 4, numSteps: 1, drift: 7 }),
    ],
  ],
  [
    "autoregressive",
    [
      () => autoregressive({ coefficients: [0.9], scale: 1, numSteps: 5 }),
      () => autoregressive({ coefficients: [0.5, -0.8], scale: 0.5, numSteps: 4, initial: [1, 2] }),
      () => autoregressive({ coefficients: [1.2, -0.5, 0.1], scale: 2, numSteps: 3, intercept: 3 }),
    ],
  ],
  [
    "linearGaussianStateSpace",
    [1, 0.1, 3].map(
      (s) => () =>
        linearGaussianStateSpace({
          transition: [
            [1, 0.5],
            [-0.25, 0.75],
          ],
          transitionScale: [
            [s, 0],
            [0.5, 0.5],
          ],
          observation: [
            [1, 0],
            [1, 1],
          ],
          observationScale: [
            [0.5, 0],
            [s, 1],
          ],
          initialLoc: [1, s],
          initialScale: [
            [1, 0],
            [-1, s],
          ],
          numSteps: 3,
        }),
    ),
  ],
  [
    "gaussianProcess",
    [0.5, 1, 3].map(
      (lengthScale) => () =>
        gaussianProcess({ kernel: squaredExponential({ lengthScale }), inputs: [0, 1, 3], noiseScale: 0.5, mean: 1 }),
    ),
  ],
];

describe.each(gaussian)("%s", (_, settings) => {
  it.each(settings.map((build, i) => [i, build] as const))("setting %d", (i, build) => {
    const of = build();
    const n = of.event.reduce((all, each) => all * each, 1);
    expectLaw(squaredLengths(of, 10 + i), (x) => gammainc(0, n / 2, Math.max(0, x) / 2));
    expectMoments(of, rowsOf(of, 20 + i));
  });
});

/** P(T ≤ x) for Student's t distribution. */
const studentCdf = (x: number, df: number): number => {
  const upper = 0.5 * betainc([0, 0], df / 2, 0.5, df / (df + x * x));
  return x < 0 ? upper : 1 - upper;
};

it.each([[3], [7.5], [40]])("multivariateStudentT of %d degrees of freedom", (df) => {
  const [loc, factor, direction] = [
    [1, -1],
    [
      [2, 0],
      [-1, 0.5],
    ],
    [0.5, 2],
  ];
  const of = multivariateStudentT(df, loc!, factor!);
  const rows = rowsOf(of, 3);
  const scale = Math.hypot(...[0, 1].map((j) => dot(direction!, [factor![0]![j]!, factor![1]![j]!])));
  expectLaw(
    rows.map((row) => (dot(direction!, row) - dot(direction!, loc!)) / scale),
    (x) => studentCdf(x, df),
  );
  // both elements share their gamma variable: (ν + n)-th power of the density of |x|²
  const lengths = rows.map((row) => {
    const first = (row[0]! - 1) / 2;
    return (first ** 2 + ((row[1]! + 1 + first) / 0.5) ** 2) / 2;
  });
  // |z|²/n ~ F(n, ν)
  expectLaw(lengths, (x) => betainc([0, 0], 1, df / 2, (2 * x) / (2 * x + df)));
  if (df > 4) expectMoments(of, rows);
});

it.each([
  [2, 0.5],
  [3, 1],
  [5, 4],
])("lkjCholesky of dimension %d, concentration %d", (dim, concentration) => {
  const of = lkjCholesky(dim, concentration);
  const rows = rowsOf(of, 4);
  // every correlation r has (r + 1)/2 ~ Beta(b, b), b = η + d/2 − 1
  const b = concentration + dim / 2 - 1;
  for (const [i, j] of [
    [1, 0],
    [dim - 1, dim - 2],
    [dim - 1, 0],
  ] as const) {
    const correlation = (row: Float32Array) =>
      dot(row.subarray(i * dim, (i + 1) * dim), row.subarray(j * dim, (j + 1) * dim));
    expectLaw(
      rows.map((row) => (correlation(row) + 1) / 2),
      (x) => betainc([0, 0], b, b, Math.min(1, Math.max(0, x))),
    );
  }
  expectMoments(of, rows);
});

it.each([2.5, 4, 30])("wishart of %d degrees of freedom", (df) => {
  const of = wishart(df, {
    scaleTril: [
      [1, 0],
      [-0.5, 0.75],
    ],
  });
  const rows = rowsOf(of, 5);
  // aᵀXa/aᵀVa ~ χ² of ν degrees of freedom
  for (const [a, b] of [
    [1, 0],
    [0, 1],
    [2, -1],
  ] as const) {
    const form = (x: ArrayLike<number>) => a * a * x[0]! + 2 * a * b * x[1]! + b * b * x[3]!;
    const scale = form([1, -0.5, -0.5, 0.25 + 0.5625]);
    expectLaw(
      rows.map((row) => form(row) / scale),
      (x) => gammainc(0, df / 2, x / 2),
    );
  }
  // det X/det V is a product of χ² variables of ν and ν − 1 degrees of freedom
  const ratio = rows.map((row) => (row[0]! * row[3]! - row[1]! * row[2]!) / 0.5625);
  expect(Math.abs(meanScore(ratio, df * (df - 1)))).toBeLessThan(5);
  expectMoments(of, rows);
});

it.each([
  [2, 0.5],
  [2, 20],
  [3, 0],
  [3, 2],
  [3, 1000],
  [5, 4],
  [20, 30],
])("vonMisesFisher in %d dimensions, concentration %d", (n, kappa) => {
  const raw = range(n).map((i) => Math.sin(i + 1));
  const mean = raw.map((x) => x / Math.hypot(...raw));
  const of = vonMisesFisher(mean, kappa);
  const rows = rowsOf(of, 6);
  const density = (t: number) => Math.exp(-2 * kappa * Math.sin(t / 2) ** 2) * Math.sin(t) ** (n - 2);
  // the distribution function of the angle, from a table of its increments
  const end = Math.min(Math.PI, kappa > 100 ? 12 / Math.sqrt(kappa) : Math.PI);
  const cells = 400;
  const sums = [0];
  for (const i of range(cells)) sums.push(sums[i]! + integrate(density, (i * end) / cells, ((i + 1) * end) / cells, 1));
  const cdf = (t: number) => {
    const cell = Math.min(cells - 1, Math.floor((t / end) * cells));
    return (sums[cell]! + integrate(density, (cell * end) / cells, t, 1)) / sums[cells]!;
  };
  // angles by the chord, which keeps small ones
  const angles = rows.map((row) => 2 * Math.asin(Math.min(1, Math.hypot(...mean.map((m, i) => row[i]! - m)) / 2)));
  const step = 10;
  const some = angles.filter((_, i) => i % step === 0);
  expectLaw(some, cdf);
  expect(
    Math.abs(
      meanScore(
        angles.map(Math.cos),
        range(cells).reduce(
          (s, i) => s + integrate((t) => Math.cos(t) * density(t), (i * end) / cells, ((i + 1) * end) / cells, 1),
          0,
        ) / sums[cells]!,
      ),
    ),
  ).toBeLessThan(5);
  expectMoments(of, rows);
  for (const row of rows) expect(Math.abs(dot(row, row) - 1) < 1e-5).toBe(true);
});

it.each([0.5, 1, 4])("stickBreakingWeights and dirichletProcess of concentration %d", (alpha) => {
  const of = stickBreakingWeights(alpha, 4);
  const process = dirichletProcess(alpha, normal(0, 1), 4).rests;
  const rests = process.family.draw(process.parameters, seedKey(8), [count]);
  const fromRests = tf.exp(stickLogWeights(rests)).dataSync() as Float32Array;
  for (const rows of [rowsOf(of, 7), range(count).map((i) => fromRests.subarray(4 * i, 4 * i + 4))]) {
    // w₁ ~ Beta(1, α), and −α log w_K ~ Gamma(K − 1)
    expectLaw(
      rows.map((row) => row[0]!),
      (x) => 1 - (1 - x) ** alpha,
    );
    expectLaw(
      rows.map((row) => -alpha * Math.log(row[3]!)),
      (x) => gammainc(0, 3, x),
    );
    expectMoments(of, rows);
  }
});

it.each([
  [0.5, 0.9],
  [0.1, 0.5],
  [1, 0.05],
])("hmm, first state %d, staying %d", (first, stay) => {
  const of = hmm({
    initial: { probs: [first, 1 - first] },
    transition: {
      probs: [
        [stay, 1 - stay],
        [0.4, 0.6],
      ],
    },
    emission: categorical({
      probs: [
        [0.8, 0.2, 0],
        [0.1, 0.3, 0.6],
      ],
    }),
    numSteps: 3,
  });
  const codes = range(27).map((code) => [Math.floor(code / 9), Math.floor(code / 3) % 3, code % 3]);
  const masses = Float64Array.from(of.family.logDensity(of.parameters, tf.tensor2d(codes)).dataSync());
  expect(masses.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 5);
  const rows = rowsOf(of, 9);
  const draws = rows.map(([a, b, c]) => 9 * a! + 3 * b! + c!);
  expect(chiSquareScore(draws, (k) => (k < 27 ? Math.exp(masses[k]!) : 0))).toBeLessThan(5);
  expectMoments(of, rows);
});

it("negative control: another number of degrees of freedom is told apart", () => {
  const rows = rowsOf(wishart(4.1, { scaleTril: [[1]] }), 5);
  const statistic = kolmogorovSmirnov(
    rows.map((row) => row[0]!),
    (x) => gammainc(0, 2, x / 2),
  );
  expect(statistic).toBeGreaterThan(2.5);
});
