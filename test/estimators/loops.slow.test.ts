// Loops over score-function choices stay loops, and a step's cost is scored by the choices up to it alone.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, cond, flip, gen, normal, type Objective, objective, reinforce, reparam, sample, scan } from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { equationCounts, estimateMoments, type Moments, zScore } from "../support/estimates.js";
import { expectUnbiased } from "../support/expectations.js";
import { differences, sigmoid, tuples } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.25;
const at = { th: tf.scalar(th) };

describe("a random walk of normals, x_t ~ N(x_{t−1} + θ, 1), cost Σ x_t/T", () => {
  type Options = Parameters<typeof reinforce>[1];
  /** The steps' costs are outputs of the loop, or are added up in its carry, where they can only be scored in total. */
  const of = (length: number, inCarry: boolean, options: Options = {}) =>
    objective(function* ({ th: theta }: T) {
      const step = gen(function* ({ x, total }: { x: Tensor; total: Tensor }) {
        const next = yield* sample("x", reinforce(normal(x.add(theta), 1), options));
        return { carry: { x: next, total: total.add(next.div(length)) }, output: next.div(length) };
      });
      const { carry, outputs } = yield* scan(
        "walk",
        (c: { readonly x: Tensor; readonly total: Tensor }, _t: Tensor) => step(c),
        { x: tf.scalar(0), total: tf.scalar(0) },
        length,
      );
      return inCarry ? carry.total : outputs.sum();
    });
  const T = 50;
  // x_t = tθ + Σ_{u≤t} ε_u: E cost = θ Σ t/T
  const truth = [(th * (T + 1)) / 2, (T + 1) / 2] as const;
  const moments = (inCarry: boolean, draws = 10_000, options?: Options): [Moments, Moments] => {
    const [value, gradient] = estimateMoments(of(T, inCarry, options), at, [], { draws, chunk: 500 });
    return [value![0]!, gradient![0]!];
  };

  it("is unbiased, with the variance of the hand-written cumulative estimator", () => {
    const [value, gradient] = moments(false);
    expect(Math.abs(zScore(value, truth[0]))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient, truth[1]))).toBeLessThan(5);
    const byHand = cumulative(T, 10_000);
    // both variances are known to a few per cent: that of a product of normals has kurtosis < 30
    const error = Math.sqrt((2 * 29) / 10_000);
    expect(Math.abs(Math.log(gradient.variance / byHand.variance))).toBeLessThan(5 * error);
  });

  /** Σ_t c_t Σ_{u≤t} ε_u for c_t = x_t/T, written out. */
  function cumulative(length: number, draws: number): { mean: number; variance: number } {
    const noise = tf.randomNormal([draws, length], 0, 1, "float32", 11).arraySync() as number[][];
    const estimates = noise.map((row) => {
      let [x, score, sum] = [0, 0, 0];
      for (const e of row) {
        x += th + e;
        score += e;
        sum += (x / length) * score;
      }
      return sum;
    });
    const mean = estimates.reduce((sum, each) => sum + each, 0) / draws;
    return { mean, variance: estimates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (draws - 1) };
  }

  it.each([
    ["2 copies", { copies: 2 }],
    ["3 copies", { copies: 3 }],
    ["optimal baseline", { copies: 3, baseline: "optimal" }],
    ["a fixed baseline", { baseline: 3 }],
    ["a decaying mean", { baseline: { decay: 0.9 } }],
  ] as [string, Options][])("%s: unbiased", (_, options) => {
    const [value, gradient] = moments(false, 5000, options);
    expect(Math.abs(zScore(value, truth[0]))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient, truth[1]))).toBeLessThan(5);
  });

  it("has as many equations for 10 steps as for 1000, copies or not", () => {
    for (const options of [{}, { copies: 4 }]) {
      const [short, long] = [10, 1000].map((length) => equationCounts(of(length, false, options), at, []));
      expect(long).toEqual(short);
    }
  });

  it("is reported once, with its lanes", () => {
    const sites = prepare(of(1000, false, { copies: 4 }), at, []).sites;
    expect(sites).toMatchObject([{ address: "walk/x", lanes: 4 }]);
  });
});

describe("a walk of flips, b_t ~ bernoulli(σ(θ − s_{t−1}/4)), s_t = s_{t−1} + 2b_t − 1", () => {
  const T = 50;
  type Kind = "each step's own cost" | "one total cost";
  const of = (length: number, kind: Kind, copies = 1) =>
    objective(function* ({ th: theta }: T) {
      const step = gen(function* ({ s, total }: { s: Tensor; total: Tensor }) {
        const b = yield* sample("b", reinforce(bernoulli({ logits: theta.sub(s.div(4)) }), { copies }));
        const next = s.add(b.mul(2)).sub(1);
        const cost = next.div(4).tanh();
        return { carry: { s: next, total: total.add(cost) }, output: cost };
      });
      const { carry, outputs } = yield* scan(
        "walk",
        (c: { readonly s: Tensor; readonly total: Tensor }, _t: Tensor) => step(c),
        { s: tf.scalar(0), total: tf.scalar(0) },
        length,
      );
      return kind === "one total cost" ? carry.total : outputs.sum();
    });
  /** E Σ_t tanh(s_t/4), by the distribution of s_t. */
  const expected = ([x]: readonly number[]): number => {
    let mass = new Map([[0, 1]]);
    let sum = 0;
    for (let t = 0; t < T; t++) {
      const next = new Map<number, number>();
      for (const [s, m] of mass) {
        const p = sigmoid(x! - s / 4);
        next.set(s + 1, (next.get(s + 1) ?? 0) + m * p);
        next.set(s - 1, (next.get(s - 1) ?? 0) + m * (1 - p));
      }
      mass = next;
      for (const [s, m] of mass) sum += m * Math.tanh(s / 4);
    }
    return sum;
  };
  /** The estimator written out: scores of the steps up to the cost's own, of that step alone, or of all. */
  const byHand = (scores: "up to its own" | "its own" | "all", draws: number): Moments => {
    const uniform = tf.randomUniform([draws, T], 0, 1, "float32", 5).arraySync() as number[][];
    const estimates = uniform.map((row) => {
      let [s, score, total, sum] = [0, 0, 0, 0];
      for (const u of row) {
        const p = sigmoid(th - s / 4);
        const b = u < p ? 1 : 0;
        s += 2 * b - 1;
        score += b - p;
        const cost = Math.tanh(s / 4);
        total += cost;
        sum += cost * (scores === "its own" ? b - p : score);
      }
      return scores === "all" ? total * score : sum;
    });
    const mean = estimates.reduce((sum, each) => sum + each, 0) / draws;
    const variance = estimates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (draws - 1);
    return { mean, variance, error: Math.sqrt(variance / draws), draws };
  };
  const draws = 10_000;
  const slope = differences(expected, [th])[0]!;
  const found = (kind: Kind, copies = 1) => {
    const [value, gradient] = estimateMoments(of(T, kind, copies), at, [], { draws, chunk: 500 });
    expect(Math.abs(zScore(value![0]!, expected([th])))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, slope))).toBeLessThan(5);
    return gradient![0]!;
  };

  it("each step's own cost: unbiased, with the variance of running sums of scores; lower than with all scores", () => {
    const own = found("each step's own cost");
    const running = byHand("up to its own", draws);
    expect(Math.abs(zScore(running, slope))).toBeLessThan(5);
    expect(Math.abs(Math.log(own.variance / running.variance))).toBeLessThan(0.1);
    const all = byHand("all", draws);
    expect(all.variance / own.variance).toBeGreaterThan(1.5);
    expect(Math.abs(Math.log(found("one total cost").variance / all.variance))).toBeLessThan(0.1);
  });
  it("copies lower it further", () => {
    const one = byHand("up to its own", draws);
    expect(found("each step's own cost", 4).variance).toBeLessThan(one.variance / 3.5);
  });
  it("scores of a cost's own step alone would be biased (negative control)", () => {
    expect(Math.abs(zScore(byHand("its own", draws), slope))).toBeGreaterThan(5);
  });
  it("has as many equations for 10 steps as for 1000", () => {
    for (const copies of [1, 4]) {
      const [short, long] = [10, 1000].map((length) =>
        equationCounts(of(length, "each step's own cost", copies), at, []),
      );
      expect(long).toEqual(short);
    }
  });
});

it("steps without a carry are scored each by its own choice: a variance that is T times lower", () => {
  // c_t = x_t − θ for x_t ~ N(θ, 1), whose θ is held fixed: Σ ε_t² against (Σ ε_t)²
  const T = 40;
  const of = (isApart: boolean) =>
    objective(function* ({ th: theta }: T) {
      const step = gen(function* (total: Tensor) {
        const x = yield* sample("x", reinforce(normal(theta, 1)));
        return { carry: isApart ? total : total.add(x.sub(th)), output: x.sub(th) };
      });
      const { carry, outputs } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c), tf.scalar(0), T);
      return isApart ? outputs.sum() : carry;
    });
  const [apart, joint] = [true, false].map((isApart) => {
    const gradient = estimateMoments(of(isApart), at, [], { draws: 20_000, chunk: 2000 })[1]![0]!;
    expect(Math.abs(zScore(gradient, T))).toBeLessThan(5);
    return gradient.variance;
  });
  expect(Math.abs(Math.log(joint! / apart! / T))).toBeLessThan(0.15);
});

describe("what else a loop may hold", () => {
  const bits =
    (
      count: number,
      f: (b: readonly number[], x: number) => number,
      probability: (b: readonly number[], i: number, x: number) => number,
    ) =>
    ([x]: readonly number[]): number =>
      tuples(count).reduce((sum, b) => {
        const mass = b.reduce((all, bit, i) => {
          const p = probability(b, i, x!);
          return all * (bit ? p : 1 - p);
        }, 1);
        return sum + mass * f(b, x!);
      }, 0);
  const check = (L: Objective<T, []>, f: (x: readonly number[]) => number, draws = 10_000) =>
    expectUnbiased(L, at, [f([th]), differences(f, [th])[0]!], draws);
  const kept = (L: Objective<T, []>) => prepare(L, at, []).sites.every(({ address }) => !address.includes("["));

  it.each([1, 2])("two choices a step, the second given the first, with %d copies", (copies) => {
    const L = objective(function* ({ th: theta }: T) {
      const step = gen(function* (c: Tensor) {
        const a = yield* sample("a", reinforce(bernoulli({ logits: theta.add(c) }), { copies }));
        const b = yield* sample("b", reinforce(bernoulli({ logits: theta.sub(a) }), { copies }));
        return { carry: c.mul(0.5).add(b), output: a.add(b).add(c).square().mul(theta) };
      });
      const { carry, outputs } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c), tf.scalar(0), 3);
      return outputs.sum().add(carry.exp());
    });
    expect(kept(L)).toBe(true);
    const carryAt = (b: readonly number[], t: number) => {
      let c = 0;
      for (let u = 0; u < t; u++) c = c / 2 + b[2 * u + 1]!;
      return c;
    };
    const cost = (b: readonly number[], x: number) =>
      [0, 1, 2].reduce((sum, t) => sum + x * (b[2 * t]! + b[2 * t + 1]! + carryAt(b, t)) ** 2, Math.exp(carryAt(b, 3)));
    check(
      L,
      bits(6, cost, (b, i, x) => sigmoid(i % 2 ? x - b[i - 1]! : x + carryAt(b, i / 2))),
    );
  });

  it.each([1, 3])("walks side by side stay apart (a plate of 4), with %d copies", (copies) => {
    const start = [-0.5, 0, 0.25, 1];
    const L = objective(function* ({ th: theta }: T) {
      const step = gen(function* (c: Tensor) {
        const b = yield* sample("b", reinforce(bernoulli({ logits: theta.add(c) }), { copies }));
        const next = c.mul(0.5).add(b);
        return { carry: next, output: next.square() };
      });
      const { outputs } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c), tf.tensor1d(start), 3);
      return outputs.sum();
    });
    // along the steps each cost needs the choices up to it
    expect(prepare(L, at, []).leaves).toMatchObject([
      { shape: [3, 4], sites: [{ axes: [{ axis: 0, reverse: false }, 1] }] },
    ]);
    const carryAt = (c: number, b: readonly number[], t: number) =>
      b.slice(0, t).reduce((sum, bit) => sum / 2 + bit, c);
    check(L, (x) =>
      start.reduce(
        (sum, c) =>
          sum +
          bits(
            3,
            (b) => [1, 2, 3].reduce((all, t) => all + carryAt(c, b, t) ** 2, 0),
            (b, i, y) => sigmoid(y + carryAt(c, b, i)),
          )(x),
        0,
      ),
    );
  });

  it("a branch, a pathwise choice, and a choice from outside", () => {
    const L = objective(function* ({ th: theta }: T) {
      const z = yield* sample("z", reinforce(flip(tf.sigmoid(theta).mul(tf.tensor1d([1, 0.5, 0.75])))));
      const yes = gen(function* (c: Tensor) {
        return c.add(yield* sample("e", reparam(normal(theta, 0.5))));
      });
      const no = gen(function* (c: Tensor) {
        return c.add(yield* sample("b", reinforce(bernoulli({ logits: theta.add(c) }))));
      });
      const step = gen(function* (c: Tensor, on: Tensor) {
        const next = yield* cond("which", on.greater(0.5), yes(c), no(c));
        return { carry: next, output: next.mul(theta) };
      });
      const { outputs } = yield* scan("loop", (c: Tensor, on: Tensor) => step(c, on), tf.scalar(0), z);
      return outputs.sum();
    });
    expect(kept(L)).toBe(true);
    const p = (x: number) => [1, 0.5, 0.75].map((scale) => sigmoid(x) * scale);
    /** E of the sum of carries from step t on: linear in what is normal but for σ, by Gauss–Hermite quadrature. */
    const nodes = [
      [-2.856970013872806, 0.01125741132772071],
      [-1.355626179974266, 0.2220759220056126],
      [0, 0.5333333333333333],
      [1.355626179974266, 0.2220759220056126],
      [2.856970013872806, 0.01125741132772071],
    ];
    const from = (x: number, t: number, c: number): number => {
      if (t === 3) return 0;
      const onward = (next: number) => next * x + from(x, t + 1, next);
      const path = nodes.reduce((sum, [e, w]) => sum + w! * onward(c + x + 0.5 * e!), 0);
      const q = sigmoid(x + c);
      return p(x)[t]! * path + (1 - p(x)[t]!) * (q * onward(c + 1) + (1 - q) * onward(c));
    };
    check(L, ([x]) => from(x!, 0, 0), 40_000);
  });

  it("a baseline made of the steps before: the loop is unrolled, and unbiased", () => {
    const L = objective(function* ({ th: theta }: T) {
      const step = gen(function* (c: Tensor) {
        const b = yield* sample("b", reinforce(bernoulli({ logits: theta.add(c) }), { baseline: c.add(1) }));
        return { carry: c.mul(0.5).add(b), output: c.add(b).square() };
      });
      const { outputs } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c), tf.scalar(0), 3);
      return outputs.sum();
    });
    expect(kept(L)).toBe(false);
    const carryAt = (b: readonly number[], t: number) => b.slice(0, t).reduce((sum, bit) => sum / 2 + bit, 0);
    check(
      L,
      bits(
        3,
        (b) => [0, 1, 2].reduce((sum, t) => sum + (carryAt(b, t) + b[t]!) ** 2, 0),
        (b, i, x) => sigmoid(x + carryAt(b, i)),
      ),
    );
  });

  it("cumulative sums of a batch at the top level are scored by running sums, too", () => {
    const of = (isRunning: boolean) =>
      objective(function* ({ th: theta }: T) {
        const x = yield* sample("x", reinforce(normal(tf.fill([30], 0).add(theta), 1)));
        const sums = x.sub(th).cumsum(0);
        // a product with a triangle of ones is the same, and nothing tells that it is
        const mixed = tf.linalg.bandPart(tf.ones([30, 30]), -1, 0).matMul(x.sub(th).reshape([30, 1]));
        return (isRunning ? sums : mixed.flatten())
          .square()
          .mul(1 / 30)
          .sum();
      });
    const [running, mixed] = [true, false].map((isRunning) => {
      const gradient = estimateMoments(of(isRunning), at, [], { draws: 10_000, chunk: 1000 })[1]![0]!;
      expect(Math.abs(zScore(gradient, 0))).toBeLessThan(5);
      return gradient.variance;
    });
    expect(mixed! / running!).toBeGreaterThan(1.1);
  });
});
