// Strategies that are biased and say so: their exact means, and that checks and reports show the bias.
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  checkUnbiased,
  flip,
  formatSites,
  gumbelSoftmax,
  type Objective,
  objective,
  sample,
  straightThrough,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectUnbiased } from "../support/expectations.js";
import { differences, sigmoid, softmax } from "../support/numbers.js";
import { type Coin, coinCases, type On, type P } from "./discreteCases.js";

interface Row {
  readonly family: string;
  readonly t: number;
  readonly theta: number;
  readonly estimators: Readonly<Record<string, { mean: number; var: number; m4: number }>>;
}
const coins = (
  JSON.parse(readFileSync(new URL("../reference/estimators.json", import.meta.url), "utf8")) as Row[]
).filter(({ family }) => family === "bernoulli");

const square = (t: number, on: On<Coin>): Objective<P, []> =>
  objective(function* ({ a }: P) {
    return (yield* sample("b", on(bernoulli({ logits: a })))).sub(t).square();
  });

it.each(coins)("straightThrough has the moments of the table: t = $t, θ = $theta", ({ t, theta, estimators }) => {
  const { mean, var: variance, m4 } = estimators.straight_through!;
  const at = { a: tf.scalar(Math.log(theta / (1 - theta))) };
  const [value, gradient] = estimateMoments(square(t, straightThrough), at, [], { draws: 40_000 });
  expect(Math.abs(zScore(value![0]!, theta * (1 - t) ** 2 + (1 - theta) * t ** 2, 1e-6))).toBeLessThan(5);
  expect(Math.abs(zScore(gradient![0]!, mean, 1e-6))).toBeLessThan(5);
  const error = Math.sqrt(Math.max(0, m4 - variance ** 2) / 40_000);
  expect(Math.abs(gradient![0]!.variance - variance)).toBeLessThan(5 * error + 0.001 * variance + 1e-12);
});

/** E h(σ((l + logistic noise)/λ)), by the midpoint rule in the noise's own uniform. */
const overConcrete = (l: number, lambda: number, h: (y: number) => number): number => {
  const n = 40_000;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const u = (i + 0.5) / n;
    sum += h(sigmoid((l + Math.log(u / (1 - u))) / lambda));
  }
  return sum / n;
};

describe("gumbelSoftmax", () => {
  const at = { a: tf.scalar(0.4) };
  const soft = ([l]: readonly number[]) => overConcrete(l!, 0.5, (y) => (y - 0.45) ** 2);
  it("of a coin is unbiased for the cost of the binary concrete variable", () => {
    const L = square(0.45, (d) => gumbelSoftmax(d, { temperature: 0.5 }));
    const [value, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    expect(Math.abs(zScore(value![0]!, soft([0.4]), 1e-5))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, differences(soft, [0.4], 1e-2)[0]!, 1e-4))).toBeLessThan(5);
  });

  it("hard: the discrete value in value, f'(b)·∂ of the relaxed one in the derivative", () => {
    const L = square(0.45, (d) => gumbelSoftmax(d, { temperature: 0.5, hard: true }));
    const [value, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    const p = sigmoid(0.4);
    expect(Math.abs(zScore(value![0]!, p * 0.55 ** 2 + (1 - p) * 0.45 ** 2, 1e-6))).toBeLessThan(5);
    // ∂y/∂l = y(1 − y)/λ; b = [y > ½]
    const slope = overConcrete(0.4, 0.5, (y) => (2 * ((y > 0.5 ? 1 : 0) - 0.45) * y * (1 - y)) / 0.5);
    expect(Math.abs(zScore(gradient![0]!, slope, 1e-4))).toBeLessThan(5);
  });

  it("nears the discrete cost at low temperatures", () => {
    const p = sigmoid(0.4);
    const exact = p * 0.55 ** 2 + (1 - p) * 0.45 ** 2;
    const bias = [1, 0.2, 0.04].map((temperature) => {
      const L = square(0.45, (d) => gumbelSoftmax(d, { temperature }));
      return Math.abs(estimateMoments(L, at, [], { draws: 10_000 })[0]![0]!.mean - exact);
    });
    expect(bias[1]).toBeLessThan(bias[0]! / 2);
    expect(bias[2]).toBeLessThan(bias[1]! / 2);
  });

  it("of a category, as a mean of indices; its temperature may be a tensor", () => {
    const L = objective(function* ({ a, lambda }: { a: Tensor; lambda: Tensor }) {
      return yield* sample("k", gumbelSoftmax(categorical({ logits: a }), { temperature: lambda, hard: true }));
    });
    const logits = [0.3, -0.5, 1];
    const [value] = estimateMoments(L, { a: tf.tensor1d(logits), lambda: tf.scalar(1) }, [], { draws: 10_000 });
    const mean = softmax(logits).reduce((sum, p, k) => sum + p * k, 0);
    expect(Math.abs(zScore(value![0]!, mean, 1e-6))).toBeLessThan(5);
  });

  it("refuses a temperature that does not fit", () => {
    expect(() =>
      prepare(
        square(0, (d) => gumbelSoftmax(d, { temperature: [1, 2] })),
        at,
        [],
      ),
    ).toThrow(/temperature of "b" does not broadcast/);
  });
});

describe("linear costs, for which straightThrough is right", () => {
  it("coins by probability, mixed and separate", () => {
    const L = objective(function* ({ a }: P) {
      const b = yield* sample("b", straightThrough(flip(a)));
      return b.mul([1, 2]).sum().mul(3);
    });
    expectUnbiased(L, { a: tf.tensor1d([0.25, 0.75]) }, [5.25, [3, 6]], 4000);
  });
});

describe("what is biased says so", () => {
  const biased: readonly (readonly [string, On<Coin>])[] = [
    ["straightThrough", (d) => straightThrough(d)],
    ["gumbelSoftmax", (d) => gumbelSoftmax(d, { temperature: 0.5 })],
    ["gumbelSoftmax (hard)", (d) => gumbelSoftmax(d, { temperature: 0.5, hard: true })],
  ];
  it.each(biased)("%s", (name, on) => {
    const { sites } = prepare(square(0.45, on), { a: tf.scalar(0.4) }, []);
    expect(sites[0]!.strategy).toMatchObject({ name, isUnbiased: false });
    expect(formatSites(sites)).toContain(`${name}, biased`);
  });
  it.each(biased)("%s: checkUnbiased finds the bias in a chain", async (_, on) => {
    const [, L, at] = coinCases(on).find(([name]) => name === "a chain of three coins")!;
    const { pass } = await checkUnbiased(L, at, [], { draws: 20_000, engine: "wasm" });
    expect(pass).toBe(false);
  });
  it.each(biased)("%s refuses costs that jump", (_, on) => {
    const L = objective(function* ({ a }: P) {
      return tf.where((yield* sample("b", on(bernoulli({ logits: a })))).greater(0.5), 1, 2);
    });
    expect(() => prepare(L, { a: tf.scalar(0.4) }, [])).toThrow(expect.objectContaining({ code: "discontinuous" }));
  });
});
