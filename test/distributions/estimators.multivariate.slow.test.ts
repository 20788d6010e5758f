// Multivariate families and processes under the strategies that they offer, on nonlinear costs whose expectations are known.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  autoregressive,
  type Distribution,
  digamma,
  gaussianProcess,
  gaussianRandomWalk,
  hmm,
  linearGaussianStateSpace,
  lkjCholesky,
  multivariateNormal,
  multivariateStudentT,
  muProp,
  normal,
  objective,
  quadrature,
  reinforce,
  reparam,
  sample,
  stickBreakingWeights,
  stopGradient,
  vonMisesFisher,
  wishart,
} from "elbow";
import { describe, expect, it } from "vitest";
import { matrixProduct } from "../../src/ops/linearAlgebra.js";
import { range } from "../../src/util/shapes.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { gradientInDoubles } from "./arrays.js";

type Anything = Distribution<Tensor, never>;

interface Case {
  readonly name: string;
  /** Under every strategy that is checked. */
  readonly strategies: readonly ((theta: Tensor) => Anything)[];
  readonly theta: readonly number[];
  readonly cost: (x: Tensor) => Tensor;
  /** E cost, in closed form. */
  readonly truth: (theta: Tensor) => Tensor;
}

/** The elements of a tensor as scalars. */
const parts = (x: Tensor): Tensor[] => tf.unstack(tf.reshape(x, [x.size]));
const at = (x: Tensor, i: number): Tensor => parts(x)[i]!;
const matrix = (rows: Tensor[][]): Tensor => tf.stack(rows.map((row) => tf.stack(row)));
/** [[a, 0], [b, c]] */
const lower = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
  matrix([
    [a, tf.scalar(0)],
    [b, c],
  ]);
const sum = (...terms: Tensor[]): Tensor => terms.reduce((total, term) => tf.add(total, term));

/** cos of the sum of a normal vector's elements: cos(Σm)·e^{−½ 1ᵀΣ1} for mean m and covariance Σ. */
const cosOfSum = (x: Tensor): Tensor => tf.cos(tf.sum(x));
const cosTruth = (mean: Tensor, variance: Tensor): Tensor => tf.mul(tf.cos(mean), tf.exp(tf.mul(-0.5, variance)));

const both = (build: (theta: Tensor) => Distribution<Tensor, "reparam" | "reinforce">): Case["strategies"] => [
  (t) => reparam(build(t)),
  (t) => reinforce(build(t), { copies: 2 }),
];

const withMuProp = (build: (theta: Tensor) => Distribution<Tensor, "reparam" | "reinforce" | "muProp">) => [
  ...both(build),
  (t: Tensor) => muProp(build(t)),
];

const cases: readonly Case[] = [
  {
    name: "low-rank multivariateNormal",
    strategies: withMuProp((t) =>
      multivariateNormal(tf.stack([at(t, 0), at(t, 1)]), {
        covFactor: matrix([[at(t, 2)], [tf.scalar(-0.5)]]),
        covDiag: tf.stack([at(t, 3), tf.scalar(0.5)]),
      }),
    ),
    theta: [0.5, -0.25, 0.75, 0.25],
    cost: cosOfSum,
    truth: (t) => cosTruth(tf.add(at(t, 0), at(t, 1)), sum(tf.square(tf.sub(at(t, 2), 0.5)), at(t, 3), tf.scalar(0.5))),
  },
  {
    name: "multivariateStudentT",
    strategies: withMuProp((t) =>
      multivariateStudentT(at(t, 0), tf.stack([at(t, 1), tf.scalar(0.5)]), lower(at(t, 2), at(t, 3), tf.scalar(1))),
    ),
    theta: [14, 0.5, 0.75, -0.5],
    // x₁² + x₁x₂
    cost: (x) => tf.mul(at(x, 0), tf.sum(x)),
    truth: (t) => {
      const factor = tf.div(at(t, 0), tf.sub(at(t, 0), 2));
      const spread = tf.mul(factor, tf.mul(at(t, 2), tf.add(at(t, 2), at(t, 3))));
      return tf.add(spread, tf.mul(at(t, 1), tf.add(at(t, 1), 0.5)));
    },
  },
  {
    name: "wishart by scaleTril",
    strategies: withMuProp((t) => wishart(at(t, 0), { scaleTril: lower(at(t, 1), at(t, 2), tf.scalar(0.5)) })),
    theta: [6, 0.75, 0.25],
    // log det X + x₁₁²: ψ(ν/2) + ψ((ν − 1)/2) + 2 log 2 + log det V + ν(ν + 2)V₁₁²
    cost: (x) => {
      const [a, b, , d] = parts(x) as [Tensor, Tensor, Tensor, Tensor];
      return tf.add(tf.log(tf.sub(tf.mul(a, d), tf.square(b))), tf.square(a));
    },
    truth: (t) => {
      const half = tf.mul(0.5, at(t, 0));
      const logs = sum(digamma(half), digamma(tf.sub(half, 0.5)), tf.mul(2, tf.log(at(t, 1))));
      const squares = tf.mul(tf.mul(at(t, 0), tf.add(at(t, 0), 2)), tf.square(tf.square(at(t, 1))));
      return sum(logs, squares, tf.scalar(2 * Math.log(2) + 2 * Math.log(0.5)));
    },
  },
  {
    name: "wishart by scaleMatrix",
    strategies: withMuProp((t) =>
      wishart(5, {
        scaleMatrix: matrix([
          [at(t, 0), at(t, 1)],
          [at(t, 1), tf.scalar(1)],
        ]),
      }),
    ),
    theta: [0.75, 0.25],
    // x₁₂²: ν(V₁₂² + V₁₁V₂₂) + ν²V₁₂²
    cost: (x) => tf.square(at(x, 1)),
    truth: (t) => tf.add(tf.mul(30, tf.square(at(t, 1))), tf.mul(5, at(t, 0))),
  },
  {
    name: "lkjCholesky",
    strategies: both((t) => lkjCholesky(3, at(t, 0))),
    theta: [1.5],
    // r₂₁² + r₃₂² + log L₃₃: each r² has the mean 1/(2η + 2), and 2 log L₃₃ = log Beta(η, 1)
    cost: (x) => {
      const correlations = matrixProduct(x, x, { transposeB: true });
      return sum(tf.square(at(correlations, 3)), tf.square(at(correlations, 7)), tf.log(at(x, 8)));
    },
    truth: (t) => tf.sub(tf.div(1, tf.add(at(t, 0), 1)), tf.div(0.5, at(t, 0))),
  },
  ...[2, 3, 5].map(
    (n): Case => ({
      name: `vonMisesFisher in ${n} dimensions`,
      strategies: both((t) => vonMisesFisher(directionOf(t, n), at(t, n))),
      theta: [...range(n).map((i) => Math.cos(2 * i + 1)), 2.5],
      // x₁² + x₁, E μ·x = A and E (μ·x)² = 1 − (n − 1)A/κ
      cost: (x) => tf.add(tf.square(at(x, 0)), at(x, 0)),
      truth: (t) => {
        const direction = directionOf(t, n);
        const { family, parameters } = vonMisesFisher(direction, at(t, n));
        const length = tf.sum(tf.mul(family.mean!(parameters), direction));
        const across = tf.div(length, at(t, n));
        const first = at(direction, 0);
        const along = tf.sub(1, tf.mul(n, across));
        return sum(tf.mul(along, tf.square(first)), across, tf.mul(length, first));
      },
    }),
  ),
  {
    name: "gaussianRandomWalk",
    strategies: withMuProp((t) =>
      gaussianRandomWalk({ scale: at(t, 0), initLoc: at(t, 1), drift: at(t, 2), numSteps: 2 }),
    ),
    theta: [0.5, 0.25, 0.5],
    cost: cosOfSum,
    // x₁ + x₂ = 2x₁ + drift + step
    truth: (t) => cosTruth(tf.add(tf.mul(2, at(t, 1)), at(t, 2)), tf.mul(5, tf.square(at(t, 0)))),
  },
  {
    name: "autoregressive",
    strategies: withMuProp((t) =>
      autoregressive({
        coefficients: tf.stack([at(t, 0), at(t, 1)]),
        scale: at(t, 2),
        initial: [1, -0.5],
        numSteps: 2,
      }),
    ),
    theta: [0.5, 0.25, 0.5],
    cost: cosOfSum,
    // x₁ = −φ₁/2 + φ₂ + σε₁, x₂ = φ₁x₁ − φ₂/2 + σε₂
    truth: (t) => {
      const [a, b, s] = parts(t) as [Tensor, Tensor, Tensor];
      const more = tf.add(a, 1);
      const first = tf.sub(b, tf.mul(0.5, a));
      return cosTruth(tf.sub(tf.mul(more, first), tf.mul(0.5, b)), tf.mul(tf.square(s), tf.add(tf.square(more), 1)));
    },
  },
  {
    name: "linearGaussianStateSpace",
    strategies: withMuProp((t) =>
      linearGaussianStateSpace({
        transition: tf.reshape(at(t, 0), [1, 1]),
        transitionScale: tf.reshape(at(t, 1), [1, 1]),
        observation: [[1]],
        observationScale: tf.reshape(at(t, 2), [1, 1]),
        initialLoc: [0.5],
        initialScale: [[0.5]],
        numSteps: 2,
      }),
    ),
    theta: [0.75, 0.5, 0.25],
    cost: cosOfSum,
    // (1 + f)z₁ + qε + r(η₁ + η₂)
    truth: (t) => {
      const [f, q, r] = parts(t) as [Tensor, Tensor, Tensor];
      const more = tf.add(f, 1);
      const variance = sum(tf.mul(0.25, tf.square(more)), tf.square(q), tf.mul(2, tf.square(r)));
      return cosTruth(tf.mul(0.5, more), variance);
    },
  },
  {
    name: "gaussianProcess",
    strategies: withMuProp((t) =>
      gaussianProcess({
        kernel: matrix([
          [at(t, 0), at(t, 1)],
          [at(t, 1), at(t, 0)],
        ]),
        noiseScale: at(t, 2),
        jitter: 0,
      }),
    ),
    theta: [0.75, 0.25, 0.5],
    cost: cosOfSum,
    truth: (t) => cosTruth(tf.scalar(0), tf.mul(2, sum(at(t, 0), at(t, 1), tf.square(at(t, 2))))),
  },
  {
    name: "stickBreakingWeights",
    strategies: withMuProp((t) => stickBreakingWeights(at(t, 0), 4)),
    theta: [1.75],
    // w₁² + log w₄
    cost: (x) => tf.add(tf.square(at(x, 0)), tf.log(at(x, 3))),
    truth: (t) => {
      const alpha = at(t, 0);
      return tf.sub(tf.div(2, tf.mul(tf.add(alpha, 1), tf.add(alpha, 2))), tf.div(3, alpha));
    },
  },
  {
    name: "hmm",
    strategies: [(t) => reinforce(chain(t), { copies: 2 }), (t) => reinforce(chain(t))],
    theta: [0.5, -0.25, 0.75, 1.5],
    // x₁x₂ + x₁² = Σ p(i) mᵢ (Σ P(i, j) mⱼ + mᵢ) + ¼
    cost: (x) => tf.mul(at(x, 0), tf.sum(x)),
    truth: (t) => {
      const initial = tf.softmax(tf.stack([at(t, 0), tf.scalar(0)]));
      const rows = tf.softmax(
        matrix([
          [at(t, 1), tf.scalar(0)],
          [tf.scalar(0), at(t, 2)],
        ]),
        -1,
      );
      const locs = tf.stack([at(t, 3), tf.scalar(-1)]);
      const next = tf.sum(tf.mul(rows, locs), -1);
      return tf.add(tf.sum(tf.mul(tf.mul(initial, locs), tf.add(next, locs))), 0.25);
    },
  },
];

function directionOf(t: Tensor, n: number): Tensor {
  const raw = tf.slice(t, 0, n);
  return tf.div(raw, tf.sqrt(tf.sum(tf.square(raw))));
}

function chain(t: Tensor): Distribution<Tensor, "reinforce"> {
  return hmm({
    initial: { logits: tf.stack([at(t, 0), tf.scalar(0)]) },
    transition: {
      logits: matrix([
        [at(t, 1), tf.scalar(0)],
        [tf.scalar(0), at(t, 2)],
      ]),
    },
    emission: normal(tf.stack([at(t, 3), tf.scalar(-1)]), 0.5),
    numSteps: 2,
  });
}

/** The largest number of standard errors by which value or gradient miss the truth. */
function worst({ cost, truth, theta }: Case, build: (theta: Tensor) => Anything, draws = 20_000): number {
  const L = objective(function* ({ t }: { t: Tensor }) {
    return cost(yield* sample("x", build(t)));
  });
  const elements = Float64Array.from(new Float32Array(theta));
  const exact = gradientInDoubles(truth, [{ shape: [theta.length], dtype: "float32", elements }]);
  const [value, gradient] = estimateMoments(L, { t: tf.tensor1d([...theta]) }, [], { draws, chunk: 2000 });
  const scores = [zScore(value![0]!, exact.value), ...gradient!.map((each, i) => zScore(each, exact.gradient[0]![i]!))];
  return Math.max(...scores.map(Math.abs));
}

describe.each(cases)("$name", (each) => {
  it.each(each.strategies.map((build, i) => [i, build] as const))("is unbiased under strategy %d", (_, build) => {
    expect(worst(each, build)).toBeLessThan(5);
  });
});

it.each([
  ["gaussianRandomWalk", (t: Tensor) => gaussianRandomWalk({ scale: at(t, 0), drift: at(t, 1), numSteps: 2 })],
  [
    "autoregressive",
    (t: Tensor) => autoregressive({ coefficients: [1], scale: at(t, 0), intercept: at(t, 1), numSteps: 2 }),
  ],
])("%s by quadrature is exact up to its degree", (name, build) => {
  const L = objective(function* ({ t }: { t: Tensor }) {
    const x = yield* sample("x", quadrature(build(t), { points: 4 }));
    return tf.mul(tf.square(at(x, 0)), tf.square(at(x, 1)));
  });
  const [value, gradient] = estimateMoments(L, { t: tf.tensor1d([0.5, 0.25]) }, [], { draws: 2, chunk: 2 });
  // E x₁²x₂² = σ⁴·3 + 6m²σ² + m⁴ + … for x₂ = x₁ + step of mean d: by the moments of x₁ ~ N(m, s²)
  const [s, d, m] = [0.5, 0.25, name === "autoregressive" ? 0.25 : 0];
  const f = (u: number, e: number, c: number) => {
    const [second, third, fourth] = [
      c ** 2 + u ** 2,
      c ** 3 + 3 * c * u ** 2,
      c ** 4 + 6 * c ** 2 * u ** 2 + 3 * u ** 4,
    ];
    return fourth + 2 * e * third + (e ** 2 + u ** 2) * second;
  };
  const h = 1e-5;
  const ofDrift = (step: number) => f(s, d + step, name === "autoregressive" ? m + step : m);
  expect(value![0]!.mean).toBeCloseTo(f(s, d, m), 8);
  expect(gradient![0]!.mean).toBeCloseTo((f(s + h, d, m) - f(s - h, d, m)) / (2 * h), 6);
  expect(gradient![1]!.mean).toBeCloseTo((ofDrift(h) - ofDrift(-h)) / (2 * h), 6);
});

it("negative control: a concentration that does not move the draws is found", () => {
  const each = cases.find(({ name }) => name === "lkjCholesky")!;
  expect(worst(each, (t) => reparam(lkjCholesky(3, stopGradient(at(t, 0)))))).toBeGreaterThan(5);
});
