// The exact evaluator against closed forms, and against an evaluator in plain JavaScript that shares nothing with it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  beta,
  cauchy,
  type Distribution,
  delta,
  dirichlet,
  exactExpectation,
  exponential,
  flip,
  gamma,
  gen,
  geometric,
  halfNormal,
  independent,
  laplace,
  logNormal,
  multivariateNormal,
  normal,
  objective,
  poisson,
  reinforce,
  sample,
  scan,
  uniform,
  withStrategy,
} from "elbow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ElbowError } from "../../../src/errors.js";
import { reinforceStrategy } from "../../../src/strategies/reinforce.js";
import { programNumbers } from "../../estimators/checkPrograms.js";
import { exactGradient, expectation, theta0, withoutUnused } from "../../estimators/exactProgram.js";
import { randomProgram } from "../../estimators/randomPrograms.js";
import { thetaTensors, toObjective } from "../../estimators/runProgram.js";
import { differences, sigmoid } from "../../support/numbers.js";

const of = (distribution: (p: Tensor) => Distribution<Tensor, never>, cost: (x: Tensor) => Tensor) =>
  objective(function* (p: Tensor) {
    return cost(yield* sample("x", distribution(p)));
  });

type Case = [string, (p: Tensor) => Distribution<Tensor, never>, (x: Tensor) => Tensor, number, number, number];
const square = (x: Tensor): Tensor => tf.square(x);
const e = Math.exp;
const cases: Case[] = [
  ["normal, eˣ", (p) => normal(p, 1), tf.exp, 0.5, e(1), e(1)],
  [
    "normal, cos 5x",
    (p) => normal(p, 1),
    (x) => tf.cos(x.mul(5)),
    0.5,
    Math.cos(2.5) * e(-12.5),
    -5 * Math.sin(2.5) * e(-12.5),
  ],
  ["gamma in its shape, x²", (p) => gamma(p, 1), square, 0.5, 0.75, 2],
  ["lognormal, x", (p) => logNormal(p, 1), (x) => x, 0.5, e(1), e(1)],
  ["exponential, x²", (p) => exponential(p), square, 2, 0.5, -0.5],
  ["halfNormal, x²", (p) => halfNormal(p), square, 0.5, 0.25, 1],
  ["cauchy, 1/(1 + x²)", (p) => cauchy(0, p), (x) => tf.reciprocal(square(x).add(1)), 1, 0.5, -0.25],
  ["uniform in a bound, x²", (p) => uniform(0, p), square, 0.5, 0.25 / 3, 1 / 3],
  ["delta, x²", (p) => delta(p), square, 0.5, 0.25, 1],
  ["poisson, x²", (p) => poisson(p), square, 40, 1640, 81],
  ["geometric, x", (p) => geometric({ probs: p }), (x) => x, 0.25, 3, -16],
  ["eight flips, (Σx)²", (p) => flip(tf.mul(p, tf.ones([8]))), (x) => square(tf.sum(x)), 0.5, 18, 64],
  ["a flip that never falls, x²", (p) => flip(p), square, 0, 0, 1],
  [
    "normals that are one event, (Σx)²",
    (p) => independent(normal(tf.mul(p, tf.ones([2])), 1)),
    (x) => square(tf.sum(x)),
    0.5,
    3,
    4,
  ],
];

describe("closed forms", () => {
  it.each(cases)("%s", (_, distribution, cost, at, value, slope) => {
    const found = exactExpectation(of(distribution, cost), tf.scalar(at), []);
    expect(found.value).toBeCloseTo(value, 8);
    expect(found.gradient[0]![0]).toBeCloseTo(slope, 8);
    expect(found.error.value).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
  });

  it("beta with an infinite density at the edge, x²", () => {
    const found = exactExpectation(
      of((p) => beta(p, 0.5), square),
      tf.scalar(1.5),
      [],
    );
    expect(Math.abs(found.value - 0.625)).toBeLessThan(5e-8);
  });

  it("a covariance, x₀x₁", () => {
    const L = of(
      (p) =>
        multivariateNormal([0, 0], {
          covariance: tf
            .tensor2d([
              [1, 0.75],
              [0.75, 1],
            ])
            .mul(p),
        }),
      tf.prod,
    );
    const found = exactExpectation(L, tf.scalar(2), []);
    expect(found.value).toBeCloseTo(1.5, 8);
    expect(found.gradient[0]![0]).toBeCloseTo(0.75, 8);
  });

  it("kinks and jumps, with the error that is left", () => {
    const kink = exactExpectation(
      of((p) => laplace(p, 1), tf.abs),
      tf.scalar(0),
      [],
    );
    expect(Math.abs(kink.value - 1)).toBeLessThan(Math.max(1e-8, 3 * kink.error.value));
    const jump = exactExpectation(
      of(
        (p) => reinforce(normal(p, 1)),
        (x) => tf.cast(x.greater(0), "float32"),
      ),
      tf.scalar(0.5),
      [],
    );
    expect(jump.error.value).toBeGreaterThan(0);
    expect(Math.abs(jump.value - 0.6914624612740131)).toBeLessThan(3 * jump.error.value);
    expect(Math.abs(jump.gradient[0]![0]! - 0.3520653267642995)).toBeLessThan(3 * jump.error.gradient[0]![0]!);
  });

  it("nested choices: a normal, a flip that depends on it, a normal that depends on that", () => {
    const L = objective(function* ({ theta }: { theta: Tensor }) {
      const x = yield* sample("x", normal(theta, 1));
      const b = yield* sample("b", flip(tf.sigmoid(x)));
      const y = yield* sample("y", normal(b.mul(3).sub(1), 1));
      return y.square();
    });
    // E y² = 1 + E[4b + (1 − b)] = 2 + 3 E σ(x)
    const { value } = exactExpectation(L, { theta: tf.scalar(0.5) }, []);
    const mean = (t: number) =>
      exactExpectation(
        of((p) => normal(p, 1), tf.sigmoid),
        tf.scalar(t),
        [],
      ).value;
    expect(value).toBeCloseTo(2 + 3 * mean(0.5), 9);
  });

  it("a loop: bₜ ~ flip(σ(θ + Σ b))", () => {
    const step = gen(function* (total: Tensor) {
      const b = yield* sample("b", flip(tf.sigmoid(total)));
      return { carry: total.add(b) };
    });
    const L = objective(function* (theta: Tensor) {
      const { carry } = yield* scan("loop", (total: Tensor, _t: Tensor) => step(total), theta, 4);
      return tf.square(carry);
    });
    const mean = (total: number, left: number): number =>
      left === 0
        ? total ** 2
        : sigmoid(total) * mean(total + 1, left - 1) + (1 - sigmoid(total)) * mean(total, left - 1);
    const found = exactExpectation(L, tf.scalar(0.25), []);
    expect(found.method).toBe("enumeration");
    expect(found.value).toBeCloseTo(mean(0.25, 4), 12);
    expect(found.gradient[0]![0]).toBeCloseTo(differences(([x]) => mean(x!, 4), [0.25])[0]!, 9);
  });
});

describe("random programs", () => {
  it("agree with enumeration and quadrature in plain JavaScript", () => {
    let compared = 0;
    for (const numbers of fc.sample(programNumbers, { numRuns: 70, seed: 11 })) {
      const program = randomProgram(numbers);
      const found = attempt(() =>
        exactExpectation(toObjective(program), thetaTensors(theta0), [], { maxEvaluations: 2 ** 15 }),
      );
      if (!found) continue;
      compared++;
      const small = withoutUnused(program);
      // the plain evaluator has 14 nodes for a normal
      const tolerance = found.method === "enumeration" ? 1e-7 : 6e-3;
      const close = (x: number, truth: number, error: number) =>
        expect(Math.abs(x - truth)).toBeLessThan(tolerance * Math.max(1, Math.abs(truth)) + 3 * error);
      close(found.value, expectation(small, theta0), found.error.value);
      exactGradient(small).forEach((truth, i) => {
        close(found.gradient.flat()[i]!, truth, found.error.gradient.flat()[i]!);
      });
    }
    expect(compared).toBeGreaterThan(40);
  });
});

function attempt<R>(body: () => R): R | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof ElbowError && error.code !== "internal") return undefined;
    throw error;
  }
}

describe("strategies have no part in it", () => {
  it("a wrong one changes nothing", () => {
    const wrong = { ...reinforceStrategy(), contract: ({ cost }: { cost: Tensor }) => ({ estimate: cost.mul(2) }) };
    const L = (distribution: (p: Tensor) => Distribution<Tensor, never>) => of(distribution, square);
    const right = exactExpectation(
      L((p) => normal(p, 1)),
      tf.scalar(1),
      [],
    );
    expect(
      exactExpectation(
        L((p) => withStrategy(normal(p, 1), wrong)),
        tf.scalar(1),
        [],
      ),
    ).toEqual(right);
  });

  it("neither has the limit of the estimator: a pathwise value may jump where the score is differentiated", () => {
    const L = of(
      (p) => withStrategy(normal(p, 1), reinforceStrategy({ copies: 3 })),
      (x) => tf.round(x),
    );
    expect(exactExpectation(L, tf.scalar(0), []).gradient[0]![0]).toBeCloseTo(1, 3);
  });
});

describe("refusals say why", () => {
  it.each<[string, (p: Tensor) => Distribution<Tensor, never>, string]>([
    [
      "too many elements",
      (p) => normal(tf.mul(p, tf.ones([8])), 1),
      "its 8 random elements have 4.30e+8 joint values or nodes, more than 524288",
    ],
    [
      "no rule",
      (p) => dirichlet(tf.mul(p, tf.ones([3]))),
      '"x": there is no quadrature rule for values of dirichlet (simplex)',
    ],
  ])("%s", (_, distribution, message) => {
    expect(() => exactExpectation(of(distribution, tf.sum), tf.scalar(0.5), [])).toThrow(message);
  });
});
