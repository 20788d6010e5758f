// Random rows of data: uniform subsets, sums that are unbiased for the whole, and fit's minibatches in the same words.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  average,
  fit,
  gen,
  logDensity,
  minibatch,
  minibatches,
  minibatchObjective,
  minibatchOf,
  normal,
  objective,
  reparam,
  replicate,
  run,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import { epochOrder } from "../../src/inference/fitting/minibatches.js";
import { range } from "../../src/util/shapes.js";
import { equationCounts, estimateMoments, estimateOnce, zScore } from "../support/estimates.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };
const x = [0.5, -1, 2, 0.25, 3, -2.5, 1];
const y = [1, 4, -2, 0.5, 0, 3, 1.5];
const data = [tf.tensor1d(x), tf.tensor1d(y)] as [Tensor, Tensor];
const costs = (p: number) => x.map((each, i) => (y[i]! - p * each) ** 2);
const total = (of: readonly number[]) => of.reduce((sum, each) => sum + each, 0);
const slope = total(x.map((each, i) => -2 * each * (y[i]! - th * each)));

const of = (size: number, replace: boolean) =>
  objective(function* ({ th: theta }: T, ...whole: [Tensor, Tensor]) {
    const { rows, sum } = yield* minibatch(whole, size, { replace });
    return sum(rows[1].sub(theta.mul(rows[0])).square());
  });

describe("minibatch", () => {
  it.each([
    [1, false],
    [3, false],
    [6, false],
    [1, true],
    [3, true],
    [20, true],
  ] as const)("of %d rows, replaced: %s, is unbiased with the stated variance", (size, replace) => {
    const draws = 40_000;
    const [value, gradient] = estimateMoments(of(size, replace), at, data, { draws });
    const each = costs(th);
    expect(Math.abs(zScore(value![0]!, total(each)))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, slope))).toBeLessThan(5);
    const n = each.length;
    const mean = total(each) / n;
    const spread = total(each.map((cost) => (cost - mean) ** 2)) / (n - 1);
    const stated = ((n ** 2 * spread) / size) * (1 - (replace ? 1 : size) / n);
    expect(value![0]!.variance / stated).toBeGreaterThan(0.95);
    expect(value![0]!.variance / stated).toBeLessThan(1.05);
  });

  it("a negative control: a sum that is not scaled is biased", () => {
    const L = objective(function* (_: T, ...whole: [Tensor, Tensor]) {
      return (yield* minibatch(whole, 3)).rows[0].sum();
    });
    const [value] = estimateMoments(L, at, data, { draws: 2000, derived: "value" });
    expect(Math.abs(zScore(value![0]!, total(x)))).toBeGreaterThan(5);
  });

  it("of all rows is the whole", () => {
    const [[value], [gradient]] = estimateOnce(of(7, false), at, data) as [[number], [number]];
    expect(value).toBeCloseTo(total(costs(th)), 5);
    expect(gradient).toBeCloseTo(slope, 5);
  });

  it("has every subset equally often", () => {
    // how often each sum of two comes up
    const counts = new Map<number, number>();
    const rounds = 4000;
    const sums = run(
      11,
      replicate(rounds, function* () {
        return (yield* minibatch(tf.tensor1d([1, 2, 4, 8, 16]), 2)).rows.sum();
      }),
    ).dataSync();
    for (const each of sums) counts.set(each, (counts.get(each) ?? 0) + 1);
    expect(counts.size).toBe(10);
    const chi = total([...counts.values()].map((count) => (count - rounds / 10) ** 2 / (rounds / 10)));
    expect(chi).toBeLessThan(9 + 5 * Math.sqrt(18));
  });

  it("favours no rows of many", () => {
    // 1.5 · 2²² rows: multiples of one uniform number would miss some of them, and hit others twice as often
    const many = 3 * 2 ** 21;
    const [parity] = estimateMoments(
      objective(function* (_: T) {
        const { rows } = yield* minibatch(tf.range(0, many, 1, "int32"), 500, { replace: true });
        return tf.mod(rows, 3).toFloat().mean();
      }),
      at,
      [],
      { draws: 400, chunk: 100, derived: "value" },
    );
    expect(Math.abs(zScore(parity![0]!, 1))).toBeLessThan(5);
  });

  it("is drawn anew in every run and every step, and around choices", () => {
    const step = gen(function* (carry: Tensor, whole: Tensor) {
      const { rows, scale } = yield* minibatch(whole, 2);
      return { carry: carry.add(rows.sum().mul(scale)) };
    });
    const L = objective(function* ({ th: theta }: T, ...whole: [Tensor, Tensor]) {
      const w = yield* sample("w", reparam(normal(theta, 1)));
      const runs = yield* average(4, function* () {
        const { rows, sum } = yield* minibatch(whole, 3);
        return sum(rows[0].mul(w.square()));
      });
      const { carry } = yield* scan("walk", (c: Tensor) => step(c, whole[1]), tf.scalar(0), 5);
      return runs.add(carry.mul(w));
    });
    const [value, gradient] = estimateMoments(L, at, data, { draws: 20_000 });
    expect(Math.abs(zScore(value![0]!, total(x) * (th ** 2 + 1) + 5 * total(y) * th))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, 2 * total(x) * th + 5 * total(y)))).toBeLessThan(5);
    const eager = run(3, L.body(at, ...data)).dataSync()[0]!;
    expect(estimateOnce(L, at, data, { seed: 3, derived: "value" })[0]![0]).toBeCloseTo(eager, 3);
  });

  it("has the same number of equations for any size", () => {
    const whole = [tf.zeros([1000]), tf.zeros([1000])] as [Tensor, Tensor];
    const [few, many] = [40, 400].map((size) => equationCounts(of(size, false), at, whole));
    expect(many).toEqual(few);
  });

  it("refuses data and sizes that do not fit", () => {
    const refused = expect.objectContaining({ code: "minibatch" });
    expect(() => run(0, minibatch(tf.zeros([3]), 4))).toThrow(refused);
    expect(() => run(0, minibatch(tf.zeros([3]), 0))).toThrow(refused);
    expect(() => run(0, minibatch([tf.zeros([3]), tf.zeros([4])], 2))).toThrow(refused);
    expect(() => minibatchOf(2, [tf.zeros([3])])).toThrow(refused);
  });
});

describe("minibatchObjective", () => {
  const L = minibatchObjective<T, [Tensor, Tensor]>(7, function* ({ th: theta }, { rows, sum }) {
    return sum(rows[1].sub(theta.mul(rows[0])).square()).add(theta);
  });

  it("has the whole objective's mean over the batches of an epoch", () => {
    const order = epochOrder(7, { shuffle: true, seed: 3 }, 0);
    const batches = [0, 1, 2, 3, 4, 5, 6].map((i) => {
      const rows = tf.tensor1d([order[i]!, order[(i + 1) % 7]!, order[(i + 3) % 7]!], "int32");
      return estimateOnce(L, at, [tf.gather(data[0], rows), tf.gather(data[1], rows)] as [Tensor, Tensor]);
    });
    const whole = estimateOnce(L, at, data);
    for (const i of [0, 1]) expect(total(batches.map((each) => each[i]![0]!)) / 7).toBeCloseTo(whole[i]![0]!, 5);
    expect(whole[0]![0]).toBeCloseTo(total(costs(th)) + th, 5);
  });

  it("fits the posterior of the whole data", async () => {
    // mu ~ N(0, 1), y_i ~ N(mu, 1): N(Σ y/(n + 1), 1/(n + 1))
    const many = range(200).map((i) => 2 + Math.sin(i));
    const posterior = minibatchObjective(200, function* (q: { loc: Tensor; rho: Tensor }, { rows: [batch], sum }) {
      const scale = tf.exp(q.rho);
      const mu = yield* sample("mu", reparam(normal(q.loc, scale)));
      return logDensity(normal(0, 1), mu)
        .sub(logDensity(normal(q.loc, scale), mu))
        .add(sum(logDensity(normal(mu, 1), batch)));
    });
    const { parameters } = await fit(posterior, {
      parameters: { loc: tf.scalar(0), rho: tf.scalar(-1) },
      data: minibatches([many], { size: 50 }),
      steps: 4000,
      optimizer: adam({ learningRate: 0.005 }),
    });
    expect(Math.abs(parameters.loc.dataSync()[0]! - total(many) / 201)).toBeLessThan(0.05);
    expect(Math.abs(Math.exp(parameters.rho.dataSync()[0]!) * Math.sqrt(201) - 1)).toBeLessThan(0.15);
  });
});
