// The estimator of docs/miniElbow.ts against exact gradients, and against Elbow's own on the same programs.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import * as elbow from "elbow";
import { describe, expect, test } from "vitest";
import * as mini from "../../docs/miniElbow.js";
import { flip, mul, normal, parameter, sample, sigmoid, sub, sum } from "../../docs/miniElbow.js";

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../../docs/${file}`, import.meta.url)), "utf8");

/** Uniform and normal numbers from a seed (mulberry32, Box and Muller). */
function randomOf(seed: number) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

const batches = 12;
const draws = { name: "draws", size: 60 };

/** Value and derivative in theta, in batches of draws. */
function estimates(objective: mini.Node, theta: number): { value: number[]; derivative: number[] } {
  const many = mini.estimate(objective, draws);
  const total = mul(sum(many, draws), 1 / draws.size);
  const both = [total, mini.gradient(total, "theta")];
  const found = Array.from({ length: batches }, (_, seed) => mini.evaluate(both, { theta }, randomOf(seed)));
  return { value: found.map(([value]) => value![0]!), derivative: found.map(([, slope]) => slope![0]!) };
}

function meanOf(numbers: readonly number[]): { mean: number; error: number } {
  const mean = numbers.reduce((x, y) => x + y, 0) / numbers.length;
  const variance = numbers.reduce((x, y) => x + (y - mean) ** 2, 0) / (numbers.length - 1);
  return { mean, error: Math.sqrt(variance / numbers.length) };
}

const zOf = (numbers: readonly number[], truth: number, truthError = 0): number => {
  const { mean, error } = meanOf(numbers);
  const together = Math.hypot(error, truthError);
  return Math.abs(mean - truth) < 1e-6 * (1 + Math.abs(truth)) ? 0 : Math.abs(mean - truth) / together;
};

// x ~ N(θ, 1), b ~ flip(σ(x)), y ~ N(3b − 1, 1): E y² = 2 + 3·E σ(x), by quadrature at θ = 0.3
const threeSites = (onX: mini.Strategy, onB: mini.Strategy, onY: mini.Strategy): mini.Node => {
  const x = sample("x", normal(parameter("theta"), 1), onX);
  const b = sample("b", flip(sigmoid(x)), onB);
  const y = sample("y", normal(sub(mul(b, 3), 1), 1), onY);
  return mini.square(y);
};
const truth = { theta: 0.3, value: 3.68512, derivative: 0.611504 };

const { reparam, reinforce, leaveOneOut, enumerate, measureValued } = mini;
const score = reinforce(2.5);
const onX = { reparam, reinforce: score, leaveOneOut: leaveOneOut(3) };
const onB = { enumerate, reinforce: score, measureValued, leaveOneOut: leaveOneOut(2) };
const onY = { reparam, reinforce: score };

describe("unbiased, in every mixture of strategies", () => {
  const mixtures = Object.entries(onX).flatMap(([x, wayX]) =>
    Object.entries(onB).flatMap(([b, wayB]) =>
      Object.entries(onY).map(([y, wayY]) => ({ name: `${x} · ${b} · ${y}`, ways: [wayX, wayB, wayY] as const })),
    ),
  );
  test.each(mixtures)("$name", ({ ways }) => {
    const { value, derivative } = estimates(threeSites(...ways), truth.theta);
    expect(zOf(value, truth.value)).toBeLessThan(5);
    expect(zOf(derivative, truth.derivative)).toBeLessThan(5);
  });

  test("a biased strategy is found", () => {
    // half of the score
    const halved: mini.Strategy = {
      make: (address, d, draw) => {
        const { value, contract } = reinforce().make(address, d, draw);
        return { value, contract: (cost) => mul(mini.add(contract(cost), mini.stop(cost)), 0.5) };
      },
    };
    const { value, derivative } = estimates(threeSites(reparam, halved, reparam), truth.theta);
    expect(zOf(value, truth.value)).toBeLessThan(5);
    expect(zOf(derivative, truth.derivative)).toBeGreaterThan(5);
  });
});

describe("leaves", () => {
  /** Σ_n (b_n − c_n)² over n coins of probability θ. */
  const coins = (n: number, strategy: mini.Strategy) =>
    Array.from({ length: n }, (_, i) => mini.square(sub(sample(`b${i}`, flip(parameter("theta")), strategy), i / n)));
  const total = (costs: readonly mini.Node[]) => costs.reduce((x, y) => mini.add(x, y));
  const lanesOf = (node: mini.Node) =>
    Math.max(...[...mini.order(node)].map(({ axes }) => axes.reduce((n, { size }) => n * size, 1)));

  test("independent coins have two lanes each, however many there are", () => {
    const objective = mini.estimate(total(coins(12, enumerate)));
    expect(lanesOf(objective)).toBe(2);
    const [value, slope] = mini.evaluate([objective, mini.gradient(objective, "theta")], { theta: 0.3 }, randomOf(0));
    // Σ p(1 − c)² + (1 − p)c²
    const cs = Array.from({ length: 12 }, (_, i) => i / 12);
    expect(value![0]).toBeCloseTo(
      cs.reduce((s, c) => s + 0.3 * (1 - c) ** 2 + 0.7 * c ** 2, 0),
      10,
    );
    expect(slope![0]).toBeCloseTo(
      cs.reduce((s, c) => s + (1 - c) ** 2 - c ** 2, 0),
      10,
    );
  });

  test("a cost of all coins has them all together", () => {
    expect(lanesOf(mini.estimate(mini.exp(total(coins(5, enumerate)))))).toBe(2 ** 5);
  });

  test("each is scored with its own cost alone, which has less variance than the sum", () => {
    const apart = meanOf(estimates(total(coins(12, reinforce())), 0.3).derivative);
    const product = sample("nothing", normal(1, 1e-9), reparam);
    const together = meanOf(estimates(mul(product, total(coins(12, reinforce()))), 0.3).derivative);
    expect(apart.error).toBeLessThan(together.error / 3);
  });

  test("the same noise in all lanes: what is equal in them cancels", () => {
    // f = (b + n)², n ~ N(0, 3): the weak derivative has the variance of f(1) − f(0) = 1 + 2n
    const theta = parameter("theta");
    const b = sample("b", flip(theta), measureValued);
    const f = mini.square(mini.add(b, sample("n", normal(0, 3), reparam)));
    const { derivative } = estimates(f, 0.5);
    expect(zOf(derivative, 1)).toBeLessThan(5);
    expect(meanOf(derivative).error ** 2 * batches * draws.size).toBeLessThan(2 * 36);
  });
});

test("derivatives of second order", () => {
  // E 5b = 5θ²
  const theta = parameter("theta");
  for (const strategy of [enumerate, leaveOneOut(2)]) {
    const many = mini.estimate(mul(sample("b", flip(mini.square(theta)), strategy), 5), draws);
    const twice = mini.gradient(mini.gradient(mul(sum(many, draws), 1 / draws.size), "theta"), "theta");
    const found = Array.from({ length: batches }, (_, seed) => {
      const [second] = mini.evaluate([twice], { theta: 0.6 }, randomOf(seed));
      return second![0]!;
    });
    expect(zOf(found, 10)).toBeLessThan(5);
  }
});

describe("refused", () => {
  const theta = parameter("theta");
  test.each([
    [
      "a pathwise value through a jump",
      () => mini.estimate(mini.positive(sample("x", normal(theta, 1), reparam))),
      /"x" would be biased/,
    ],
    ["a coin by reparam", () => mini.estimate(sample("b", flip(theta), reparam)), /do not move smoothly/],
    ["an enumerated normal", () => mini.estimate(sample("x", normal(theta, 1), enumerate)), /too many values/],
    [
      "what is not estimated",
      () => mini.evaluate([sample("x", normal(theta, 1), reparam)], { theta: 0 }, randomOf(0)),
      /must be estimated first/,
    ],
  ])("%s", (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});

describe("Elbow itself, on the same programs", () => {
  const ways = [
    ["reparam · enumerate · reparam", [reparam, enumerate, reparam], [elbow.reparam, elbow.enumerate, elbow.reparam]],
    [
      "leaveOneOut · measureValued · reinforce",
      [leaveOneOut(3), measureValued, score],
      [
        (d: elbow.Distribution<elbow.Real, "reinforce">) => elbow.reinforce(d, { copies: 3 }),
        elbow.measureValued,
        (d: elbow.Distribution<elbow.Real, "reinforce">) => elbow.reinforce(d, { baseline: 2.5 }),
      ],
    ],
  ] as const;
  test.each(ways)("%s", async (_, ours, theirs) => {
    const [x, b, y] = theirs as unknown as ((d: unknown) => elbow.Distribution<tf.Tensor, never>)[];
    const L = elbow.objective(function* ({ theta }: { theta: tf.Tensor }) {
      const xs = yield* elbow.sample("x", x!(elbow.normal(theta, 1)));
      const bs = yield* elbow.sample("b", b!(elbow.flip(tf.sigmoid(xs))));
      const ys = yield* elbow.sample("y", y!(elbow.normal(tf.sub(tf.mul(bs, 3), 1), 1)));
      return tf.square(ys);
    });
    const at = { theta: tf.scalar(truth.theta) };
    const found = await Promise.all(
      Array.from({ length: batches }, async (_, seed) => {
        const { gradient } = await L.valueAndGradEstimate({ seed, draws: draws.size }, at);
        return gradient.theta.dataSync()[0]!;
      }),
    );
    const whole = meanOf(found);
    const mine = estimates(
      threeSites(...(ours as readonly [mini.Strategy, mini.Strategy, mini.Strategy])),
      truth.theta,
    );
    expect(zOf(mine.derivative, whole.mean, whole.error)).toBeLessThan(5);
    // not only the mean: it is the same estimator, of the same variance
    const ratio = meanOf(mine.derivative).error / whole.error;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});

test("the page shows the code, all of it and in order", () => {
  const blocks = [...read("miniElbow.md").matchAll(/```ts[^\n]*\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const shown = blocks.filter((code) => !code.includes("// =>")).join("\n");
  const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("// "));
  expect(lines(shown)).toEqual(lines(read("miniElbow.ts")));
  expect(read("miniElbow.ts").split("\n").length).toBeLessThanOrEqual(300);
});
