// Conditional independence that nobody declared: which elements of a site a cost mixes is read off the tensor program.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, type Distribution, enumerate, flip, measureValued, objective, reinforce, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { equationCounts, estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, sigmoid, softmax, tuples } from "../support/numbers.js";

type Flips = ReturnType<typeof flip>;
type OnFlips = (d: Flips) => Distribution<Tensor, never>;
type P = { p: Tensor };

/** Numbers that float32 holds exactly. */
const sixteenths = (count: number, from: number, step: number, modulus = 16) =>
  Array.from({ length: count }, (_, i) => (((from + i * step) % modulus) + 1) / 32);

describe("independent flips with elementwise costs, no declared plate", () => {
  // cost of element n: (b_n − t_n)²
  const of = (N: number, on: OnFlips) => {
    const [p, t] = [sixteenths(N, 3, 5), sixteenths(N, 1, 7)];
    const L = objective(function* ({ p: q }: P) {
      const b = yield* sample("b", on(flip(q)));
      return b.sub(tf.tensor1d(t)).square().sum();
    });
    const [one, zero] = [t.map((x) => (1 - x) ** 2), t.map((x) => x ** 2)];
    const value = p.reduce((sum, q, n) => sum + q * one[n]! + (1 - q) * zero[n]!, 0);
    return { L, at: { p: tf.tensor1d(p) }, p, one, zero, truth: [value, one.map((f, n) => f - zero[n]!)] };
  };

  it("1000 flips are enumerated with two lanes, without variance", () => {
    const { L, at, truth } = of(1000, enumerate);
    expect(prepare(L, at, []).sites[0]).toMatchObject({ lanes: 2, isMixed: [false] });
    expectExact(L, at, truth);
  });

  it.each([
    ["enumerate", enumerate],
    ["reinforce", reinforce],
    ["measureValued", measureValued],
  ] as [string, OnFlips][])("%s: the programs do not grow with the number of flips", (_, on) => {
    const [small, large] = [10, 1000].map((N) => {
      const { L, at } = of(N, on);
      return equationCounts(L, at, []);
    });
    expect(large).toEqual(small);
  });

  it("reinforce scores every element on its own: its variance is that of a single flip", () => {
    const { L, at, p, one, zero, truth } = of(1000, reinforce);
    const [value, gradient] = estimateMoments(L, at, [], { draws: 1000, chunk: 250 });
    expect(Math.abs(zScore(value![0]!, truth[0] as number))).toBeLessThan(5);
    // f(1)/p with probability p, −f(0)/(1 − p) otherwise
    const exact = p.map((q, n) => one[n]! ** 2 / q + zero[n]! ** 2 / (1 - q) - (one[n]! - zero[n]!) ** 2);
    const ratios = gradient!.map(({ variance }, n) => variance / exact[n]!);
    // the mean of 1000 ratios, each with relative error √((κ − 1)/1000), κ < 40
    expect(Math.abs(ratios.reduce((sum, each) => sum + each, 0) / 1000 - 1)).toBeLessThan(
      5 * Math.sqrt(39 / 1000 / 1000),
    );
    const scores = gradient!.map((each, n) => zScore(each, one[n]! - zero[n]!));
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5);
  });

  it("measureValued is exact: the cost of a flip is linear in its probability", () => {
    const { L, at, truth } = of(1000, measureValued);
    expect(prepare(L, at, []).sites[0]).toMatchObject({ lanes: 3 });
    const [, gradient] = estimateOnce(L, at, []);
    for (const [n, x] of (truth[1] as number[]).entries()) expect(gradient![n]).toBeCloseTo(x, 10);
  });
});

describe("12 flips one after the other, costs between neighbours", () => {
  type Chain = { theta: Tensor };
  const theta = (length: number) => Array.from({ length }, (_, i) => ((i * 5) % 7) / 4 - 0.75);
  const weight = (i: number) => 1 + (i % 3) / 2;
  // b_i ~ flip(σ(θ_i + c·b_{i−1})); cost Σ w_i (b_i − b_{i−1} + ½)²
  const of = (length: number, coupling: number) =>
    objective(function* ({ theta: t }: Chain) {
      let [total, last] = [tf.scalar(0) as Tensor, tf.scalar(0) as Tensor];
      for (const [i, each] of tf.unstack(t).entries()) {
        const b: Tensor = yield* sample(`b${i}`, enumerate(flip(tf.sigmoid(each.add(last.mul(coupling))))));
        total = total.add(b.sub(last).add(0.5).square().mul(weight(i)));
        last = b;
      }
      expect(length).toBe(t.shape[0]);
      return total;
    });
  const bruteForce = (coupling: number) => (t: readonly number[]) =>
    tuples(t.length).reduce((sum, b) => {
      const previous = (i: number) => (i === 0 ? 0 : b[i - 1]!);
      const mass = b.reduce((all, bit, i) => {
        const p = sigmoid(t[i]! + coupling * previous(i));
        return all * (bit ? p : 1 - p);
      }, 1);
      return sum + mass * b.reduce((all, bit, i) => all + weight(i) * (bit - previous(i) + 0.5) ** 2, 0);
    }, 0);

  it.each([
    ["independent", 0],
    ["each depending on the one before", 1.5],
  ])("%s: value and gradient by 2^12 terms", (_, coupling) => {
    const t = theta(12);
    const f = bruteForce(coupling);
    expectExact(of(12, coupling), { theta: tf.tensor1d(t) }, [f(t), differences(f, t)]);
  });

  it.each([0, 1.5])("the programs grow linearly (coupling %d)", (coupling) => {
    const [six, twelve, twentyFour] = [6, 12, 24].map((length) =>
      equationCounts(of(length, coupling), { theta: tf.tensor1d(theta(length)) }, []),
    );
    for (const program of ["estimator", "gradient"] as const)
      expect(twentyFour![program] - twelve![program]).toBe(2 * (twelve![program] - six![program]));
  });
});

describe("an enumerated Markov chain of 4 states", () => {
  type Markov = { start: Tensor; logits: Tensor };
  const K = 4;
  const start = [0.5, -0.25, 0, 0.75];
  const logits = Array.from({ length: K * K }, (_, i) => ((i * 7) % 11) / 8 - 0.5);
  const stateCost = (t: number) => Array.from({ length: K }, (_, k) => ((t + 3 * k) % 5) / 4 - 0.5);
  const moveCost = Array.from({ length: K * K }, (_, i) => ((i * 3) % 8) / 8);

  // E Σ_t c_t(k_t) + Σ_t d(k_{t−1}, k_t)
  const of = (length: number) =>
    objective(function* ({ start: s, logits: A }: Markov) {
      const costs: Tensor[] = [];
      let last = yield* sample("k0", enumerate(categorical({ logits: s })));
      costs.push(tf.gather(tf.tensor1d(stateCost(0)), last.toInt()));
      for (let t = 1; t < length; t++) {
        const next = yield* sample(`k${t}`, enumerate(categorical({ logits: tf.gather(A, last.toInt()) })));
        costs.push(tf.gather(tf.tensor1d(stateCost(t)), next.toInt()));
        costs.push(tf.gather(tf.tensor1d(moveCost), last.mul(K).add(next).toInt()));
        last = next;
      }
      return costs.reduce((total, each) => total.add(each));
    });
  const at = () => ({ start: tf.tensor1d(start), logits: tf.tensor2d(logits, [K, K]) });

  /** The forward recursion over marginals, in plain numbers. */
  const forward = (length: number) => (x: readonly number[]) => {
    const rows = Array.from({ length: K }, (_, k) => softmax(x.slice(K + k * K, 2 * K + k * K)));
    let marginal = softmax(x.slice(0, K));
    let total = 0;
    for (let t = 0; t < length; t++) {
      if (t > 0) {
        for (const [i, row] of rows.entries())
          for (const [j, move] of row.entries()) total += marginal[i]! * move * moveCost[i * K + j]!;
        marginal = rows.map((_, j) => marginal.reduce((sum, mass, i) => sum + mass * rows[i]![j]!, 0));
      }
      for (const [k, mass] of marginal.entries()) total += mass * stateCost(t)[k]!;
    }
    return total;
  };

  it("of length 50: value and gradients are those of the forward algorithm", () => {
    const x = [...start, ...logits];
    const gradient = differences(forward(50), x);
    expectExact(of(50), at(), [forward(50)(x), gradient.slice(0, K), gradient.slice(K)]);
  });

  it("the programs grow linearly in the length", () => {
    const [short, middle, long] = [10, 20, 40].map((length) => equationCounts(of(length), at(), []));
    for (const program of ["estimator", "gradient"] as const)
      expect(long![program] - middle![program]).toBe(2 * (middle![program] - short![program]));
  });
});

describe("a site of shape [N, 3] and costs of shape [N]", () => {
  const D = 3;
  const weights = [1, -0.5, 2];
  const f = (b: readonly number[]) => (b.reduce((sum, bit, d) => sum + weights[d]! * bit, 0) - 0.75) ** 2;
  const of = (N: number, on: OnFlips) => {
    const p = sixteenths(N * D, 3, 5);
    const L = objective(function* ({ p: q }: P) {
      const b = yield* sample("b", on(flip(q)));
      return b.mul(tf.tensor1d(weights)).sum(1).sub(0.75).square().sum();
    });
    const rows = Array.from({ length: N }, (_, n) => p.slice(n * D, (n + 1) * D));
    const value = rows.reduce((sum, row) => sum + overFlips(row, f), 0);
    const gradient = rows.flatMap((row) => differences((q) => overFlips(q, f), row));
    return { L, at: { p: tf.tensor2d(p, [N, D]) }, rows, gradient, truth: [value, gradient] };
  };

  it("50 rows are enumerated jointly over their 2^3 values, without variance", () => {
    const { L, at, truth } = of(50, enumerate);
    expect(prepare(L, at, []).sites[0]).toMatchObject({ lanes: 8, isMixed: [false, true] });
    expectExact(L, at, truth);
  });

  it.each([1, 50])("reinforce: the variance of a row's gradient is that of this row alone (%d rows)", (N) => {
    const { L, at, rows, gradient } = of(N, reinforce);
    const [, estimates] = estimateMoments(L, at, [], { draws: 8000, chunk: 2000 });
    for (const [d, q] of rows[0]!.entries()) {
      const score = (b: readonly number[]) => (b[d] ? 1 / q : -1 / (1 - q));
      const square = overFlips(rows[0]!, (b) => (f(b) * score(b)) ** 2);
      const fourth = overFlips(rows[0]!, (b) => (f(b) * score(b) - gradient[d]!) ** 4);
      const exact = square - gradient[d]! ** 2;
      const error = Math.sqrt((fourth - exact ** 2) / 8000);
      expect(Math.abs(estimates![d]!.variance - exact)).toBeLessThan(5 * error);
      expect(Math.abs(zScore(estimates![d]!, gradient[d]!))).toBeLessThan(5);
    }
  });

  it("reinforce with copies and measureValued are unbiased", () => {
    const withCopies = of(4, (d) => reinforce(d, { copies: 3 }));
    expectUnbiased(withCopies.L, withCopies.at, withCopies.truth);
    const weak = of(4, measureValued);
    expectUnbiased(weak.L, weak.at, weak.truth);
  });
});

describe("a cost that mixes all elements: (Σ c_i b_i)²", () => {
  const c = (count: number) => Array.from({ length: count }, (_, i) => (i % 2 ? -1 : 1) * (1 + i / 4));
  const of = (p: readonly number[], on: OnFlips) =>
    objective(function* ({ p: q }: P) {
      const b = yield* sample("b", on(flip(q)));
      return b
        .mul(tf.tensor1d(c(p.length)))
        .sum()
        .square();
    });
  const p = [0.25, 0.5, 0.625, 0.875];
  const f = (q: readonly number[]) => overFlips(q, (b) => b.reduce((sum, bit, i) => sum + c(4)[i]! * bit, 0) ** 2);
  const truth = [f(p), differences(f, p)];
  const at = { p: tf.tensor1d(p) };

  it("4 flips are enumerated jointly", () => {
    expect(prepare(of(p, enumerate), at, []).sites[0]).toMatchObject({ lanes: 16, isMixed: [true] });
    expectExact(of(p, enumerate), at, truth);
  });
  it("measureValued exchanges one element at a time", () => {
    expect(prepare(of(p, measureValued), at, []).sites[0]!.lanes).toBe(1 + 2 * 4);
    expectUnbiased(of(p, measureValued), at, truth);
  });
  it("reinforce is unbiased", () => expectUnbiased(of(p, reinforce), at, truth));
  it("reinforce with copies is unbiased", () =>
    expectUnbiased(
      of(p, (d) => reinforce(d, { copies: 4 })),
      at,
      truth,
    ));
  it("reinforce with a baseline per element is unbiased", () =>
    expectUnbiased(
      of(p, (d) => reinforce(d, { baseline: [0.5, 1, 1.5, 2] })),
      at,
      truth,
    ));

  it("negative control: scoring only some of the elements is seen", () => {
    const half = of(p, (d) => {
      const [q] = d.parameters as [Tensor];
      return reinforce(flip(q.mul([1, 1, 1, 0]).add([0, 0, 0, p[3]!])));
    });
    expect(worstScore(half, at, truth, 20_000)).toBeGreaterThan(5);
  });

  it("20 flips are refused under enumerate, with the site and the size", () => {
    const many = Array.from({ length: 20 }, () => 0.5);
    expect(() => prepare(of(many, enumerate), { p: tf.tensor1d(many) }, [])).toThrow(
      expect.objectContaining({
        code: "support-too-large",
        message: expect.stringMatching(/20 elements of "b" \(batch shape \[20\]\).*2\^20/),
        at: expect.objectContaining({ address: "b" }),
      }),
    );
  });
});
