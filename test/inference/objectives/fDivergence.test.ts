// f-divergences of two normals, by quadrature in u = p/q with f as the textbooks write it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type CsiszarFunction, csiszar, fDivergence, gen, normal, reinforce, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../../support/estimates.js";
import { differences, overNormal } from "../../support/numbers.js";

const target = gen(function* () {
  yield* sample("z", normal(0, 1));
});
type Q = { loc: Tensor; rho: Tensor };
const guide = gen(function* (q: Q) {
  yield* sample("z", normal(q.loc, tf.exp(q.rho)));
});
const scored = gen(function* (q: Q) {
  yield* sample("z", reinforce(normal(q.loc, tf.exp(q.rho)), { copies: 2 }));
});
// wider than the target, so that powers of p/q have moments
const point = [0.5, 0.375];
const at: Q = { loc: tf.scalar(0.5), rho: tf.scalar(0.375) };
const logRatio = (z: number, m: number, s: number) => -0.5 * z * z + 0.5 * ((z - m) / s) ** 2 + Math.log(s);

const { log, sqrt, abs } = Math;
const functions: readonly [string, CsiszarFunction, (u: number) => number][] = [
  ["amariAlpha(½)", csiszar.amariAlpha(0.5), (u) => (sqrt(u) - 1) / (0.5 * -0.5)],
  ["amariAlpha(2)", csiszar.amariAlpha(2), (u) => (u * u - 1) / 2],
  ["amariAlpha(0)", csiszar.amariAlpha(0), (u) => -log(u)],
  ["amariAlpha(1)", csiszar.amariAlpha(1), (u) => u * log(u)],
  ["klReverse", csiszar.klReverse, (u) => -log(u)],
  ["klForward", csiszar.klForward, (u) => u * log(u)],
  ["jeffreys", csiszar.jeffreys, (u) => 0.5 * (u * log(u) - log(u))],
  ["jensenShannon", csiszar.jensenShannon, (u) => u * log(u) - (1 + u) * log((1 + u) / 2)],
  ["arithmeticGeometric", csiszar.arithmeticGeometric, (u) => (1 + u) * log((1 + u) / (2 * sqrt(u)))],
  ["totalVariation", csiszar.totalVariation, (u) => 0.5 * abs(u - 1)],
  ["pearson", csiszar.pearson, (u) => (u - 1) ** 2],
  ["chiSquare", csiszar.chiSquare, (u) => u * u - 1],
  ["squaredHellinger", csiszar.squaredHellinger, (u) => (sqrt(u) - 1) ** 2],
  ["triangular", csiszar.triangular, (u) => (u - 1) ** 2 / (1 + u)],
  ["tPower(½)", csiszar.tPower(0.5), (u) => 1 - sqrt(u)],
  ["tPower(1.5)", csiszar.tPower(1.5), (u) => u ** 1.5 - 1],
  ["log1pAbs", csiszar.log1pAbs, (u) => Math.max(u, 1 / u) - 1],
  ["modifiedGan", csiszar.modifiedGan, (u) => log((1 + u) / (2 * u)) + 0.5 * (u - 1)],
  ["dual(klReverse)", csiszar.dual(csiszar.klReverse), (u) => u * log(u)],
  ["symmetrized(klForward)", csiszar.symmetrized(csiszar.klForward), (u) => 0.5 * (u * log(u) - log(u))],
];

/** 1/u grows as the square of the guide's tails: no moments there. */
const isBounded = (name: string) => name !== "log1pAbs";
const exact =
  (f: (u: number) => number, steps = 400) =>
  ([m, r]: readonly number[]) =>
    overNormal(m!, Math.exp(r!), (z) => f(Math.exp(logRatio(z, m!, Math.exp(r!)))), steps);

describe("csiszar", () => {
  it.each(functions)("%s as a function of log u, zero at u = 1, convex", (_, f, ofRatio) => {
    const values = [0.01, 0.3, 1, 1.7, 20];
    const found = f(tf.tensor1d(values.map(log))).dataSync();
    for (const [i, u] of values.entries())
      expect(found[i]! / (1 + abs(ofRatio(u)))).toBeCloseTo(ofRatio(u) / (1 + abs(ofRatio(u))), 5);
    expect(abs(f(tf.scalar(0)).dataSync()[0]!)).toBeLessThan(1e-6);
    for (const [a, b] of [
      [0.1, 0.9],
      [0.5, 4],
    ] as const)
      expect(ofRatio((a + b) / 2)).toBeLessThanOrEqual((ofRatio(a) + ofRatio(b)) / 2 + 1e-12);
  });
  it("refuses powers that are no numbers", () => {
    const option = expect.objectContaining({ code: "option" });
    expect(() => csiszar.amariAlpha(Number.NaN)).toThrow(option);
    expect(() => csiszar.tPower(Number.POSITIVE_INFINITY)).toThrow(option);
  });
});

describe("fDivergence", () => {
  it.each(functions.filter(([name]) => isBounded(name)))("%s is unbiased, value and gradient", (name, f, ofRatio) => {
    const statement = exact(ofRatio, name === "totalVariation" ? 100_000 : 400);
    const truth = [statement(point), ...differences(statement, point)];
    for (const q of [guide, scored]) {
      const found = estimateMoments(fDivergence(target, q, f), at, [], { draws: 20_000 }).flat();
      for (const [i, each] of found.entries()) expect(Math.abs(zScore(each, truth[i]!, 1e-6))).toBeLessThan(5);
    }
  });
  it("log1pAbs is unbiased where the guide is narrower than the target", () => {
    const narrow = { loc: tf.scalar(0.25), rho: tf.scalar(-0.125) };
    const statement = exact((u) => Math.max(u, 1 / u) - 1, 100_000);
    const truth = [statement([0.25, -0.125]), ...differences(statement, [0.25, -0.125])];
    const found = estimateMoments(fDivergence(target, guide, csiszar.log1pAbs), narrow, [], { draws: 50_000 }).flat();
    for (const [i, each] of found.entries()) expect(Math.abs(zScore(each, truth[i]!, 1e-6))).toBeLessThan(5);
  });
  it("a negative control: the other direction is another divergence", () => {
    const found = estimateMoments(fDivergence(target, guide, csiszar.klForward), at, [], { draws: 20_000 })[0]![0]!;
    expect(Math.abs(zScore(found, exact((u) => -log(u))(point)))).toBeGreaterThan(5);
  });
});
