// Values that are known of published settings: forward χ², log-variance, Rényi bounds, symmetric divergence, trajectory balance.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  beta,
  type CategoryIndex,
  categorical,
  cond,
  type Distribution,
  enumerate,
  explain,
  factor,
  fit,
  flip,
  forwardChi2,
  gamma,
  gen,
  held,
  iid,
  logVariance,
  multivariateNormal,
  normal,
  objective,
  observe,
  piecewise,
  qWake,
  reinforce,
  renyi,
  reparam,
  run,
  sample,
  scan,
  simulate,
  symmetricKl,
  trajectoryBalance,
  tvo,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, estimateOnce, zScore } from "../../support/estimates.js";
import { overNormal } from "../../support/numbers.js";

const isClose = (found: Parameters<typeof zScore>[0], exact: number, rounding = 1e-5) =>
  expect(Math.abs(zScore(found, exact, rounding))).toBeLessThan(5);

const coin = (p: number) =>
  gen(function* () {
    return yield* sample("b", flip(p));
  })();

describe("forward χ² of N(0, [[1, .9], [.9, 1]]) and N(0, s·I)", () => {
  const target = gen(function* () {
    yield* sample("z", multivariateNormal(tf.zeros([2]), { covariance: tf.tensor2d([1, 0.9, 0.9, 1], [2, 2]) }));
  });
  const guideOf = (strategy: "reparam" | "reinforce") =>
    gen(function* ({ s }: { s: Tensor }) {
      const one = normal(0, tf.sqrt(s));
      yield* sample("z", iid(2, strategy === "reparam" ? reparam(one) : reinforce(one)));
    });
  it.each(["reparam", "reinforce"] as const)("value and slope at s = 3: %s", (strategy) => {
    const [value, slope] = estimateMoments(forwardChi2(target, guideOf(strategy)), { s: tf.scalar(3) }, [], {
      draws: 200_000,
    }).flat();
    isClose(value!, 3.198052);
    isClose(slope!, 1.063252);
  });
});

describe("a category of four", () => {
  const prior = [0.1, 0.2, 0.3, 0.4];
  const likelihood = [-0.2, -2, -3, -4];
  const model = gen(function* () {
    const c = yield* sample("c", categorical({ probs: prior }));
    yield* factor("x", tf.gather(tf.tensor1d(likelihood), tf.cast(c, "int32")));
  });
  type Q = { logits: Tensor };
  const guideOf = (strategy: (d: ReturnType<typeof categorical>) => Distribution<CategoryIndex, never>) =>
    gen(function* (q: Q) {
      yield* sample("c", strategy(categorical({ logits: q.logits })));
    });
  const scored = guideOf((d) => reinforce(d));
  const uniform = { logits: tf.zeros([4]) };
  const elboSlopes = [0.326372, 0.049658, -0.098975, -0.277055];

  it("the log-variance divergence has minus the gradient of the ELBO, and none at the posterior", () => {
    const found = estimateMoments(logVariance(model, scored, { particles: 4 }), uniform, [], { draws: 50_000 });
    for (const [i, slope] of elboSlopes.entries()) isClose(found[1]![i]!, -slope);
    // the trace of the covariance that leave-one-out has
    expect(found[1]!.reduce((sum, { variance }) => sum + variance, 0) / 0.16295).toBeLessThan(1.05);
    const posterior = { logits: tf.log(tf.tensor1d([0.62402091, 0.20629998, 0.11383964, 0.05583947])) };
    const [, gradient] = estimateOnce(logVariance(model, scored, { particles: 4 }), posterior, []);
    for (const each of gradient!) expect(Math.abs(each)).toBeLessThan(1e-5);
  });

  it("Rényi bounds of many particles come to those of infinitely many, and the ELBO is that of α = 1", () => {
    const bound = (alpha: number) =>
      estimateMoments(renyi(model, scored, { alpha, particles: 500 }), uniform, [], { draws: 400, chunk: 400 }).flat();
    for (const [alpha, exact] of [
      [0, -2.031013],
      [0.5, -2.22199],
      [2, -2.759244],
      [-1, -1.739304],
    ] as const)
      expect(Math.abs(bound(alpha)[0]!.mean - exact)).toBeLessThan(0.01);
    const one = estimateMoments(renyi(model, guideOf(enumerate), { alpha: 1, particles: 2 }), uniform, [], {
      draws: 2,
      chunk: 1,
    }).flat();
    expect(one[0]!.mean).toBeCloseTo(-2.421777, 5);
    for (const [i, slope] of elboSlopes.entries()) expect(one[i + 1]!.mean).toBeCloseTo(slope, 5);
  });

  it("tvo of many particles lies on both sides of the evidence, and one interval is the ELBO", () => {
    const value = (partition: readonly number[], sum: "left" | "right") =>
      estimateMoments(tvo(model, scored, { partition, sum, particles: 300 }), uniform, [], {
        draws: 200,
        chunk: 200,
      })[0]![0]!;
    const fine = Array.from({ length: 11 }, (_, i) => i / 10);
    expect(Math.abs(value([0, 1], "left").mean + 2.421777)).toBeLessThan(0.01);
    const [left, right] = [value(fine, "left").mean, value(fine, "right").mean];
    expect(left).toBeLessThan(-2.031013);
    expect(right).toBeGreaterThan(-2.031013);
    expect(right - left).toBeLessThan(0.1);
  });
});

describe("a coin: Beta(10, 10), 6 heads and 4 tails", () => {
  const model = gen(function* () {
    const f = yield* sample("f", beta(10, 10));
    yield* observe("x", iid(10, flip(f)), tf.tensor1d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]));
  });
  type Q = { a: Tensor; b: Tensor };
  const guide = gen(function* ({ a, b }: Q) {
    yield* sample("f", beta(a, b));
  });
  const posterior = () => guide({ a: tf.scalar(16), b: tf.scalar(14) });
  it("the symmetric divergence and its gradient, zero at the posterior", () => {
    const L = symmetricKl(model, guide, { posterior });
    const found = estimateMoments(L, { a: tf.scalar(10), b: tf.scalar(10) }, [], { draws: 10_000 }).flat();
    for (const [i, exact] of [0.201085, -0.193636, 0.154792].entries()) isClose(found[i]!, exact);
    const there = estimateMoments(L, { a: tf.scalar(16), b: tf.scalar(14) }, [], { draws: 5000 }).flat();
    for (const each of there) isClose(each, 0, 1e-6);
  });
});

describe("trajectory balance: four bits, log R = (.5, −1, .3, −.2)·x + ½ Σ_{i<j} x_i x_j", () => {
  const reward = gen(function* () {
    const bits: Tensor[] = [];
    for (const i of [0, 1, 2, 3]) bits.push(yield* sample(`x${i}`, flip(0.5)));
    const x = tf.stack(bits);
    const pairs = tf.mul(0.5, tf.sub(tf.square(tf.sum(x)), tf.sum(x)));
    const linear = tf.sum(tf.mul(x, [0.5, -1, 0.3, -0.2]));
    yield* factor("R", linear.add(pairs.mul(0.5)).add(4 * Math.LN2));
  });
  type P = { table: Tensor };
  const policy = gen(function* ({ table }: P) {
    let at = tf.scalar(0);
    for (const i of [0, 1, 2, 3]) {
      // the logit of this bit given those before, from a table of 1 + 2 + 4 + 8
      const logit = tf.gather(table, tf.cast(at.add(2 ** i - 1), "int32"));
      const bit = yield* sample(`x${i}`, reinforce(flip(tf.sigmoid(logit))));
      at = tf.add(tf.mul(2, at), bit) as never;
    }
  });
  const uniform = () => policy({ table: tf.zeros([15]) });
  it.each([
    ["on policy", {}],
    ["off policy", { behavior: uniform }],
  ] as const)("%s: log Z = 3.796934, P(1111) = .302119", async (_, options) => {
    const { parameters } = await fit(trajectoryBalance(reward, policy, options), {
      parameters: { logZ: tf.scalar(0), guide: { table: tf.zeros([15]) } },
      steps: 1000,
      draws: 32,
      optimizer: adam({ learningRate: piecewise({ boundaries: [700], rates: [0.05, 0.005] }) }),
    });
    expect(Math.abs(parameters.logZ.dataSync()[0]! - 3.796934)).toBeLessThan(0.01);
    const table = parameters.guide.table.dataSync();
    const ones = [0, 2, 6, 14].reduce((p, i) => p / (1 + Math.exp(-table[i]!)), 1);
    expect(Math.abs(ones - 0.302119)).toBeLessThan(0.01);
  });
});

describe("choices that are held", () => {
  const model = gen(function* () {
    const b = yield* sample("b", flip(0.3));
    yield* observe("y", normal(b, 1), 1);
  });
  const guide = gen(function* (q: { logit: Tensor }) {
    yield* sample("b", enumerate(flip(tf.sigmoid(q.logit))));
  });
  const at = { logit: tf.scalar(0.5) };
  const q = 1 / (1 + Math.exp(-0.5));

  it("qWake resamples particles of enumerated coins as they are", () => {
    const weight = [(0.7 * Math.exp(-0.5)) / (1 - q), 0.3 / q];
    const resampled = q * q + 2 * q * (1 - q) * (weight[1]! / (weight[0]! + weight[1]!));
    const found = estimateMoments(qWake(model, guide, { particles: 2 }), at, [], { draws: 20_000 });
    isClose(found[1]![0]!, q - resampled);
    // a negative control: the posterior
    const posterior = (q * weight[1]!) / (q * weight[1]! + (1 - q) * weight[0]!);
    expect(Math.abs(zScore(found[1]![0]!, q - posterior))).toBeGreaterThan(5);
    const many = explain(qWake(model, guide, { particles: 50 }), at).sites;
    expect(many.map(({ strategy, lanes }) => `${strategy} ${lanes}`)).toEqual(["held 1", "enumerate 50"]);
  });

  it("in loops and branches, and through jumps", () => {
    const walk = gen(function* (p: { loc: Tensor }) {
      const step = gen(function* (z: Tensor) {
        const next = yield* sample("z", normal(z, 1));
        return { carry: next };
      });
      const { carry } = yield* scan("walk", (z: Tensor) => step(z), p.loc, 3);
      const side = yield* cond("side", carry.greater(0), coin(0.9), coin(0.1));
      return { carry, side };
    });
    const L = objective(function* (p: { loc: Tensor }) {
      const { returnValue, logDensity } = yield* simulate(held(walk(p)));
      return tf.mul(tf.floor(returnValue.carry).add(returnValue.side), logDensity);
    });
    // the score function by hand: the derivative of E (⌊z₃⌋ + side) where E ∂² log p adds nothing
    const exact = (m: number) => overNormal(m, Math.sqrt(3), (z) => Math.floor(z) + (z > 0 ? 0.9 : 0.1), 40_000);
    const [, slope] = estimateMoments(L, { loc: tf.scalar(0.3) }, [], { draws: 50_000 }).flat();
    isClose(slope!, (exact(0.301) - exact(0.299)) / 0.002, 1e-3);
  });

  it("runs forward like any program, and keeps supports", () => {
    const { choices } = run(0, simulate(held(guide(at))));
    expect(run(0, simulate(guide(at))).choices.b.dataSync()[0]).toBe(choices.b.dataSync()[0]);
    const mixedUp = gen(function* () {
      yield* sample("b", gamma(2, 2));
    });
    expect(() => estimateOnce(qWake(mixedUp as never, guide as never, { particles: 2 }) as never, at, [])).toThrow(
      expect.objectContaining({ code: "support-mismatch" }),
    );
  });
});
