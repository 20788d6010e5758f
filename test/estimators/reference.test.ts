// The shipped strategies against exact moments of one draw (test/reference/estimators.json, computed with mpmath).
// Left out: straight_through, which is biased (straightThrough.test.ts).
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  arm,
  bernoulli,
  type Distribution,
  disarm,
  enumerate,
  measureValued,
  normal,
  type Objective,
  objective,
  reinforce,
  reparam,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, type Moments, zScore } from "../support/estimates.js";

interface Exact {
  readonly mean: number;
  readonly var: number;
  readonly m4: number;
}
interface Coin {
  readonly family: "bernoulli";
  readonly t: number;
  readonly theta: number;
  readonly estimators: Readonly<Record<string, Exact>>;
}
interface Gaussian {
  readonly family: "gaussian";
  readonly f: "quadratic" | "exp" | "cos";
  readonly k: number;
  readonly mu: number;
  readonly sigma: number;
  readonly estimators: Readonly<Record<string, Exact>>;
}
const cases: readonly (Coin | Gaussian)[] = JSON.parse(
  readFileSync(new URL("../reference/estimators.json", import.meta.url), "utf8"),
);
const draws = 40_000;

// parameters are rounded to float32 on their way in
const rounding = 1e-6;

/** Mean within 5 standard errors, variance within 5 of its own, which the exact fourth moment gives. */
function agrees(moments: Moments, exact: Exact): void {
  expect(Math.abs(zScore(moments, exact.mean, rounding))).toBeLessThan(5);
  const error = Math.sqrt(Math.max(0, exact.m4 - exact.var ** 2) / moments.draws);
  // the last term is the square of the mean's own deviation: all that is left where an estimate has two values only
  const bound = 5 * error + (25 / moments.draws) * exact.var;
  expect(Math.abs(moments.variance - exact.var)).toBeLessThan(bound + rounding * exact.var + 1e-12);
}

const logit = (p: number) => Math.log(p / (1 - p));
const coinStrategies = (
  f: (b: number) => number,
  p: number,
): Record<string, (l: Tensor) => Distribution<Tensor, never>> => {
  const mean = p * f(1) + (1 - p) * f(0);
  // E[f s²]/E[s²] with s = b − p: s² is (1 − p)² with probability p, and p² otherwise
  const optimal = (p * (1 - p) ** 2 * f(1) + (1 - p) * p ** 2 * f(0)) / (p * (1 - p));
  return {
    reinforce: (l) => reinforce(bernoulli({ logits: l })),
    reinforce_mean_baseline: (l) => reinforce(bernoulli({ logits: l }), { baseline: mean }),
    reinforce_opt_baseline: (l) => reinforce(bernoulli({ logits: l }), { baseline: optimal }),
    reinforce_k2: (l) => reinforce(bernoulli({ logits: l }), { copies: 2, baseline: 0 }),
    rloo_k2: (l) => reinforce(bernoulli({ logits: l }), { copies: 2 }),
    arm: (l) => arm(bernoulli({ logits: l })),
    disarm: (l) => disarm(bernoulli({ logits: l })),
    enumerate: (l) => enumerate(bernoulli({ logits: l })),
  };
};

const coins = cases.filter((each) => each.family === "bernoulli");
describe.each(coins)("d/dl E (b − t)², b ~ Bernoulli(σ(l)): t = $t, σ(l) = $theta", ({ t, theta, estimators }) => {
  it.each(Object.entries(coinStrategies((b) => (b - t) ** 2, theta)))("%s", (name, strategy) => {
    const L = objective(function* ({ l }: { l: Tensor }) {
      const b = yield* sample("b", strategy(l));
      return b.sub(t).square();
    });
    const [value, gradient] = estimateMoments(L, { l: tf.scalar(logit(theta)) }, [], { draws });
    expect(Math.abs(zScore(value![0]!, theta * (1 - t) ** 2 + (1 - theta) * t ** 2, rounding))).toBeLessThan(5);
    agrees(gradient![0]!, estimators[name]!);
  });
});

/** f and its mean under N(μ, σ²). */
function cost({ f, k, mu, sigma }: Gaussian): { f: (x: Tensor) => Tensor; mean: number } {
  if (f === "quadratic") return { f: (x) => x.sub(k).square(), mean: (mu - k) ** 2 + sigma ** 2 };
  if (f === "cos") return { f: (x) => x.mul(k).cos(), mean: Math.cos(k * mu) * Math.exp(-((k * sigma) ** 2) / 2) };
  const widened = 1 + 2 * k * sigma ** 2;
  return { f: (x) => x.square().mul(-k).exp(), mean: Math.exp((-k * mu ** 2) / widened) / Math.sqrt(widened) };
}

type GaussianStrategy = (mean: number) => (d: ReturnType<typeof normal>) => Distribution<Tensor, never>;
/** Strategy, and the names of the table's estimators of both derivatives that it is. */
const gaussianStrategies: readonly [string, GaussianStrategy, string, string | undefined][] = [
  ["reinforce", () => (d) => reinforce(d), "score_mu", "score_sigma"],
  ["reinforce, mean baseline", (baseline) => (d) => reinforce(d, { baseline }), "score_mean_baseline_mu", undefined],
  ["reparam", () => (d) => reparam(d), "pathwise_mu", "pathwise_sigma"],
  ["measureValued", () => (d) => measureValued(d), "mvd_coupled_mu", "mvd_coupled_sigma"],
  [
    "measureValued, independent pairs",
    () => (d) => measureValued(d, { coupled: false }),
    "mvd_independent_mu",
    "mvd_independent_sigma",
  ],
];

const gaussianObjective = (
  f: (x: Tensor) => Tensor,
  on: (d: ReturnType<typeof normal>) => Distribution<Tensor, never>,
): Objective<{ mu: Tensor; sigma: Tensor }, []> =>
  objective(function* ({ mu, sigma }: { mu: Tensor; sigma: Tensor }) {
    return f(yield* sample("x", on(normal(mu, sigma))));
  });

const gaussians = cases.filter((each) => each.family === "gaussian");
describe.each(gaussians)("E f(x), x ~ N(μ, σ): $f, k = $k, μ = $mu, σ = $sigma", (of) => {
  const { f, mean } = cost(of);
  it.each(gaussianStrategies)("%s", (_, strategy, muName, sigmaName) => {
    const at = { mu: tf.scalar(of.mu), sigma: tf.scalar(of.sigma) };
    const [value, mu, sigma] = estimateMoments(gaussianObjective(f, strategy(mean)), at, [], { draws });
    expect(Math.abs(zScore(value![0]!, mean, rounding))).toBeLessThan(5);
    agrees(mu![0]!, of.estimators[muName]!);
    if (sigmaName) agrees(sigma![0]!, of.estimators[sigmaName]!);
  });
});

it("negative control: a derivative that is a tenth too small is seen", () => {
  const of = gaussians.find(({ f, mu }) => f === "quadratic" && mu === 0.5)!;
  const shrunk = gaussianObjective(cost(of).f, (d) => {
    const [loc, scale] = d.parameters as [Tensor, Tensor];
    return reparam(normal(loc.mul(0.9).add(0.1 * of.mu), scale));
  });
  const at = { mu: tf.scalar(of.mu), sigma: tf.scalar(of.sigma) };
  const [, mu] = estimateMoments(shrunk, at, [], { draws });
  expect(() => agrees(mu![0]!, of.estimators.pathwise_mu!)).toThrow();
  expect(Math.abs(zScore(mu![0]!, of.estimators.pathwise_mu!.mean))).toBeGreaterThan(5);
});

describe("L(p) = E[b ? 0 : −p/2], b ~ flip(p): dL/dp = p − ½", () => {
  const p = 0.3;
  const strategies: [string, (p: Tensor) => Distribution<Tensor, never>, number][] = [
    // d/dp = (−p/2)·(−1/(1 − p)) − ½ = p/(2(1 − p)) − ½ with probability 1 − p, else 0
    ["reinforce", (q) => reinforce(bernoulli({ probs: q })), 0.7 * 0.3 * (0.15 / 0.7 - 0.5) ** 2],
    // the weak derivative f(1) − f(0) = p/2 is exact; the derivative of the cost is −½ with probability 1 − p
    ["measureValued", (q) => measureValued(bernoulli({ probs: q })), 0.7 * 0.3 * 0.25],
    ["enumerate", (q) => enumerate(bernoulli({ probs: q })), 0],
  ];
  it("has the single-draw variances .017143, .0525 and 0", () => {
    expect(strategies.map(([, , variance]) => variance.toFixed(6))).toEqual(["0.017143", "0.052500", "0.000000"]);
  });
  it.each(strategies)("%s", (_, strategy, variance) => {
    const L = objective(function* ({ q }: { q: Tensor }) {
      const b = yield* sample("b", strategy(q));
      return tf.where(b.equal(1), 0, q.mul(-0.5));
    });
    const [value, gradient] = estimateMoments(L, { q: tf.scalar(p) }, [], { draws: 50_000 });
    const [moments] = gradient!;
    if (variance === 0) {
      expect(value![0]!.variance).toBe(0);
      expect(moments!.variance).toBe(0);
      expect(moments!.mean).toBeCloseTo(p - 0.5, 7);
      return;
    }
    expect(Math.abs(zScore(moments!, p - 0.5))).toBeLessThan(5);
    expect(Math.abs(moments!.variance / variance - 1)).toBeLessThan(0.05);
  });
});
