// Loops over score-function choices stay loops, and a step's cost is scored by the choices up to it alone.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, type Distribution, gen, normal, objective, reinforce, type Real, sample, scan } from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { equationCounts, estimateMoments, type Moments, zScore } from "../support/estimates.js";
import { sigmoid } from "../support/numbers.js";

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
  const moments = (inCarry: boolean, draws = 20_000, options?: Options): [Moments, Moments] => {
    const [value, gradient] = estimateMoments(of(T, inCarry, options), at, [], { draws, chunk: 1000 });
    return [value![0]!, gradient![0]!];
  };

  it("is unbiased, with the variance of the hand-written cumulative estimator", () => {
    const [value, gradient] = moments(false);
    expect(Math.abs(zScore(value, truth[0]))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient, truth[1]))).toBeLessThan(5);
    const byHand = cumulative(T, 20_000);
    // both variances are known to a few per cent: that of a product of normals has kurtosis < 30
    const error = Math.sqrt((2 * 29) / 20_000);
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
    const [value, gradient] = moments(false, 10_000, options);
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
