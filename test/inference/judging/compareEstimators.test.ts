// Estimators are ranked as their exact variances rank them.
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  compareEstimators,
  type EstimatorComparison,
  elbo,
  enumerate,
  flip,
  gen,
  measureValued,
  normal,
  type Objective,
  objective,
  observe,
  reinforce,
  reparam,
  type StrategyFunction,
  sample,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { reinforceStrategy } from "../../../src/strategies/reinforce.js";
import { sigmoid, tuples } from "../../support/numbers.js";

/** Names in the order of their variances; exact ones closer than a tenth may come in any order. */
function expectRanked({ rows }: EstimatorComparison, exact: Readonly<Record<string, number>>): void {
  const found = Object.fromEntries(rows.map(({ name, variance }) => [name, variance]));
  expect(Object.keys(found).toSorted()).toEqual(Object.keys(exact).toSorted());
  for (const [a, first] of Object.entries(exact))
    for (const [b, second] of Object.entries(exact))
      if (first < 0.9 * second) expect(found[a], `${a} before ${b}`).toBeLessThan(found[b]!);
}

/** The smallest exact variance wins where times are left out. */
const leastOf = (exact: Readonly<Record<string, number>>): string =>
  Object.entries(exact).toSorted(([, a], [, b]) => a - b)[0]![0];

interface Gaussian {
  readonly family: string;
  readonly f: "quadratic" | "exp" | "cos";
  readonly k: number;
  readonly mu: number;
  readonly sigma: number;
  readonly estimators: Readonly<Record<string, { readonly mean: number; readonly var: number }>>;
}
const gaussians = (
  JSON.parse(readFileSync(new URL("../../reference/estimators.json", import.meta.url), "utf8")) as Gaussian[]
).filter(({ family }) => family === "gaussian");

describe.each(gaussians)(
  "d/dμ E f(x), x ~ N(μ, σ): $f, k = $k, μ = $mu, σ = $sigma",
  ({ f, k, mu, sigma, estimators }) => {
    const cost = (x: Tensor): Tensor =>
      f === "quadratic" ? x.sub(k).square() : f === "cos" ? x.mul(k).cos() : x.square().mul(-k).exp();
    const L = objective(function* (loc: Tensor) {
      return cost(yield* sample("x", normal(loc, sigma)));
    });

    it("ranks as the table does", async () => {
      const choices = { reparam, reinforce, measureValued };
      const options = { draws: 20_000, repeats: 0, seed: 3 };
      const comparison = await compareEstimators(L, tf.scalar(mu), [], { x: choices }, options);
      const exact = {
        reparam: estimators.pathwise_mu!.var,
        reinforce: estimators.score_mu!.var,
        measureValued: estimators.mvd_coupled_mu!.var,
      };
      expectRanked(comparison, exact);
      expect(comparison.recommended).toBe(leastOf(exact));
      for (const { name, check } of comparison.rows) {
        expect(check.pass, name).toBe(true);
        const truth = exact[name as keyof typeof exact];
        expect(Math.abs(check.variance - truth)).toBeLessThan(0.15 * truth + 1e-9);
      }
    });
  },
);

describe("a variational autoencoder with four coins", () => {
  // weights of the decoder, a data point, and logits of the encoder at it
  const weights = [1.5, -2, 0.75, 1, -1, 0.5, 2, -0.5, 1.25, -1.5, 0.25, 1];
  const pixels = [1, 0, 1];
  const logits = [0.4, -0.8, 1.2, 0.1];
  const k = logits.length;
  const model = gen(function* (x: Tensor) {
    const z = yield* sample("z", flip(tf.mul(0.25, tf.ones([k]))));
    const means = tf.matMul(tf.reshape(z, [1, k]), tf.tensor2d(weights, [k, 3]));
    yield* observe("x", flip(tf.sigmoid(tf.reshape(means, [3]))), x);
  });
  const guide = gen(function* (q: { logits: Tensor }, _x: Tensor) {
    yield* sample("z", flip(tf.sigmoid(q.logits)));
  });
  const L = elbo(model, guide);
  const at = { logits: tf.tensor1d(logits) };
  const data: [Tensor] = [tf.tensor1d(pixels)];

  // the same in plain numbers
  const p = logits.map(sigmoid);
  const coin = (x: number, mean: number): number => Math.log(x === 1 ? mean : 1 - mean);
  // the objective is Σᵢ prior(zᵢ) + rest(z); the estimator keeps the costs of single coins apart from each other
  const prior = (bit: number, i: number): number => coin(bit, 0.25) - coin(bit, p[i]!);
  const rest = (z: readonly number[]): number =>
    pixels.reduce((sum, x, j) => sum + coin(x, sigmoid(z.reduce((a, bit, i) => a + bit * weights[3 * i + j]!, 0))), 0);
  const f = (z: readonly number[], i: number): number => prior(z[i]!, i) + rest(z);
  const q = (z: readonly number[]): number => z.reduce((mass, bit, i) => mass * (bit ? p[i]! : 1 - p[i]!), 1);
  const score = (z: readonly number[]): number[] => z.map((bit, i) => bit - p[i]!);
  const states = tuples(k);
  /** E‖g‖² − ‖E g‖² over weighted values. */
  const variance = (draws: readonly (readonly [number, number[]])[]): number => {
    const mean = p.map((_, i) => draws.reduce((sum, [w, g]) => sum + w * g[i]!, 0));
    return draws.reduce((sum, [w, g]) => sum + w * g.reduce((all, x, i) => all + (x - mean[i]!) ** 2, 0), 0);
  };
  const pairs = states.flatMap((a) => states.map((b) => [a, b] as const));
  const flipped = (z: readonly number[], i: number, bit: number) => z.map((x, j) => (i === j ? bit : x));
  // the derivative of −log q(z) at fixed z is −score
  const exact = {
    reinforce: variance(states.map((z) => [q(z), score(z).map((s, i) => (f(z, i) - 1) * s)])),
    twoCopies: variance(
      pairs.map(([a, b]) => [
        q(a) * q(b),
        p.map((_, i) => (score(a)[i]! * (f(a, i) - f(b, i) - 1) + score(b)[i]! * (f(b, i) - f(a, i) - 1)) / 2),
      ]),
    ),
    measureValued: variance(
      states.map((z) => [
        q(z),
        p.map((mean, i) => (f(flipped(z, i, 1), i) - f(flipped(z, i, 0), i)) * mean * (1 - mean) - score(z)[i]!),
      ]),
    ),
    enumerate: 0,
  };
  const twoCopies: StrategyFunction = (d) => reinforce(d, { copies: 2 });
  const choices = { reinforce, twoCopies, measureValued, enumerate };

  it("ranks as the exact variances do", async () => {
    const comparison = await compareEstimators(L, at, data, { z: choices }, { draws: 20_000, milliseconds: 2 });
    expect(comparison.truth.description).toBe("enumeration of 16 joint values");
    expectRanked(comparison, exact);
    expect(comparison.recommended).toBe("enumerate");
    for (const { name, check, microseconds, cost, lanes, strategies } of comparison.rows) {
      const truth = exact[name as keyof typeof exact];
      expect(Math.abs(check.variance - truth), name).toBeLessThan(0.1 * truth + 1e-9);
      expect(check.pass, name).toBe(true);
      expect(microseconds).toBeGreaterThan(0);
      expect(cost).toBeCloseTo(truth === 0 ? 0 : check.variance * microseconds!, 10);
      expect(lanes).toBe({ reinforce: 1, twoCopies: 2, measureValued: 9, enumerate: 16 }[name]);
      expect(Object.keys(strategies)).toEqual(["z"]);
    }
  });

  it("leaves out what is biased, what says so, and what is not possible", async () => {
    const wrong = { ...reinforceStrategy(), contract: ({ cost }: { cost: Tensor }) => ({ estimate: cost }) };
    const honest = { ...wrong, isUnbiased: false };
    const { rows, refused, recommended } = await compareEstimators(
      L,
      at,
      data,
      {
        z: {
          reparam,
          reinforce,
          wrong: (d) => withStrategy(d, wrong),
          honest: (d) => withStrategy(d, honest),
        },
      },
      { draws: 10_000, repeats: 0 },
    );
    expect(refused).toEqual([
      {
        name: "reparam",
        reason:
          "reparam(bernoulli) is not possible: its draws are not a differentiable function of its parameters; use reinforce, enumerate or measureValued",
      },
    ]);
    expect(rows.map(({ check, isUnbiased }) => [check.pass, isUnbiased])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect(recommended).toBe("reinforce");
  });
});

describe("what is compared", () => {
  const square = (b: Tensor) => tf.square(tf.sub(b, 0.25));
  const L = objective(function* (p: Tensor) {
    const b = yield* sample("b", flip(p));
    const x = yield* sample("x", normal(b, 1));
    return square(x);
  });
  const options = { draws: 1000, repeats: 0 };

  it("combinations of strategies at several addresses", async () => {
    const { rows } = await compareEstimators(
      L,
      tf.scalar(0.5),
      [],
      { b: [enumerate, reinforce], x: [reparam, (d) => reinforce(d)] },
      options,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      "b: enumerate, x: reparam",
      "b: enumerate, x: strategy 2",
      "b: reinforce, x: reparam",
      "b: reinforce, x: strategy 2",
    ]);
    expect(rows[3]!.strategies).toEqual({ b: "reinforce", x: "reinforce" });
  });

  it("objectives by name", async () => {
    const analytic = objective(function* (p: Tensor) {
      return square(yield* sample("b", flip(p))).add(1);
    });
    const named: Record<string, Objective<Tensor, []>> = { sampled: L, analytic };
    const { rows } = await compareEstimators(L, tf.scalar(0.5), [], named, options);
    expect(rows.map(({ name, check }) => [name, check.pass])).toEqual([
      ["sampled", true],
      ["analytic", true],
    ]);
  });

  it("nothing, too much and a mixture are refused", async () => {
    const many = Array.from({ length: 15 }, () => reparam);
    for (const wrong of [{}, { b: many, x: many }, { b: [enumerate], all: L }])
      await expect(compareEstimators(L, tf.scalar(0.5), [], wrong as never, options)).rejects.toThrow("alternatives");
  });
});

it("nothing is left behind", async () => {
  const L = objective(function* (p: Tensor) {
    return tf.square(yield* sample("x", normal(p, 1)));
  });
  const at = tf.scalar(0.5);
  const compare = () => compareEstimators(L, at, [], { x: [reparam, reinforce] }, { draws: 100, milliseconds: 1 });
  await compare();
  const count = tf.memory().numTensors;
  await compare();
  expect(tf.memory().numTensors).toBe(count);
});
