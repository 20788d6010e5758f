// Gradients that objectives offer as options: unbiased, with the variance they are known for.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  type Distribution,
  elbo,
  enumerate,
  flip,
  gen,
  type IwelboOptions,
  iid,
  iwelbo,
  logSumExp,
  measureValued,
  normal,
  type Objective,
  objective,
  observe,
  type Real,
  reinforce,
  reparam,
  sample,
  simulate,
} from "elbow";
import { describe, expect, it } from "vitest";
import { equationCounts, estimateMoments, estimateOnce, type Moments, zScore } from "../../support/estimates.js";
import { differences } from "../../support/numbers.js";

const distance = (a: Moments, b: Moments): number => Math.abs(a.mean - b.mean) / Math.hypot(a.error, b.error);

// z ~ N(0, 1), y ~ N(z, 1): the posterior is N(y/2, 1/2)
type Q = { loc: Tensor; rho: Tensor };
const model = gen(function* (y: Tensor) {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z, 1), y);
});
const guideWith = (strategy: (d: ReturnType<typeof normal>) => Distribution<Real, never>) =>
  gen(function* (q: Q, _y: Tensor) {
    yield* sample("z", strategy(normal(q.loc, tf.exp(q.rho))));
  });
const guide = guideWith((d) => reparam(d));
const y = 1.5;
const data = [tf.scalar(y)] as [Tensor];
const at = (loc: number, rho: number): Q => ({ loc: tf.scalar(loc), rho: tf.scalar(rho) });
const atPosterior = at(y / 2, Math.fround(-Math.LN2 / 2));
const apart = at(0.25, -0.25);

describe("elbo with stickingTheLanding", () => {
  const L = elbo(model, guide, { gradient: "stickingTheLanding" });
  // E log p − log q for N(m, s): −½(m² + s²) − ½((y − m)² + s²) − log 2π + log s + ½ log 2πe
  const exact = ([m, r]: readonly number[]) =>
    -0.5 * (m! ** 2 + (y - m!) ** 2) - Math.exp(2 * r!) + r! + 0.5 - 0.5 * Math.log(2 * Math.PI);

  it.each([
    ["reparam", (d: ReturnType<typeof normal>) => reparam(d)],
    ["reinforce", (d: ReturnType<typeof normal>) => reinforce(d, { copies: 4 })],
    ["measureValued", (d: ReturnType<typeof normal>) => measureValued(d)],
  ] as const)("is unbiased under %s", (_, strategy) => {
    const biased = elbo(model, guideWith(strategy), { gradient: "stickingTheLanding" });
    const [value, loc, rho] = estimateMoments(biased, apart, data, { draws: 20_000 });
    const slopes = differences(exact, [0.25, -0.25]);
    for (const [moments, truth] of [
      [value, exact([0.25, -0.25])],
      [loc, slopes[0]],
      [rho, slopes[1]],
    ] as const)
      expect(Math.abs(zScore(moments![0]!, truth!))).toBeLessThan(5);
  });

  it("has no variance where the guide is the posterior, and the standard gradient has", () => {
    for (const seed of [1, 2, 3]) {
      const [, [loc], [rho]] = estimateOnce(L, atPosterior, data, { seed }) as [[number], [number], [number]];
      expect(Math.abs(loc)).toBeLessThan(1e-6);
      expect(Math.abs(rho)).toBeLessThan(1e-6);
    }
    const [, , rho] = estimateMoments(elbo(model, guide), atPosterior, data, { draws: 2000 });
    expect(rho![0]!.variance).toBeGreaterThan(0.5);
  });

  it("is exact where choices are enumerated, each element on its own", () => {
    const flips = gen(function* (x: Tensor) {
      const b = yield* sample("b", iid(12, flip(0.3)));
      yield* observe("x", normal(b, 1), x);
    });
    const q = gen(function* (p: { logits: Tensor }, _x: Tensor) {
      yield* sample("b", enumerate(flip(tf.sigmoid(p.logits))));
    });
    const logits = { logits: tf.linspace(-1, 1, 12) };
    const x = [tf.linspace(0, 1, 12)] as [Tensor];
    const [standard, sticking] = (["standard", "stickingTheLanding"] as const).map((gradient) =>
      estimateOnce(elbo(flips, q, { gradient }), logits, x),
    );
    standard!.flat().forEach((each, i) => {
      expect(sticking!.flat()[i]!).toBeCloseTo(each, 6);
    });
  });

  it("refuses second derivatives and unknown options", () => {
    const v = [tf.scalar(1), tf.scalar(0)];
    expect(() => estimateOnce(L, apart, data, { derived: "hvp" }, v)).toThrow(
      expect.objectContaining({ code: "derivative-order" }),
    );
    expect(() => elbo(model, guide, { gradient: "sticking" as never })).toThrow(
      expect.objectContaining({ code: "option" }),
    );
  });
});

describe("iwelbo", () => {
  const of = (particles: number, options: IwelboOptions = {}) => iwelbo(model, guide, particles, options);
  const momentsOf = (L: Objective<Q, [Tensor]>, draws = 20_000) => estimateMoments(L, apart, data, { draws }).flat();

  it("has the estimates of particles that are written out", () => {
    const unrolled = objective(function* (q: Q, observed: Tensor) {
      const logWeights: Tensor[] = [];
      for (let k = 0; k < 3; k++) {
        const { choices, logDensity } = yield* simulate(guide(q, observed));
        logWeights.push((yield* assess(model(observed), choices)).sub(logDensity));
      }
      return logSumExp(tf.stack(logWeights)).sub(Math.log(3));
    });
    const [theirs, ours] = [unrolled, of(3)].map((L) => momentsOf(L));
    for (const [i, each] of theirs!.entries()) {
      expect(distance(each, ours![i]!)).toBeLessThan(5);
      expect(ours![i]!.variance / each.variance).toBeCloseTo(1, 1);
    }
  });

  it("has the same number of equations for any number of particles", () => {
    for (const options of [{}, { gradient: "dreg" }, { score: "vimco" }] as const) {
      const [few, many] = [40, 400].map((particles) => equationCounts(of(particles, options), apart, data));
      expect(many).toEqual(few);
    }
  });

  it.each([1, 10, 100])("dreg has the gradient of the standard estimator, %d particles", (particles) => {
    const draws = particles === 100 ? 8000 : 20_000;
    const [standard, doubly] = [of(particles), of(particles, { gradient: "dreg" })].map((L) => momentsOf(L, draws));
    for (const [i, each] of standard!.entries()) expect(distance(each, doubly![i]!)).toBeLessThan(5);
  });

  it("dreg has a signal that grows with the particles, and the standard gradient one that falls", () => {
    const signal = (options: IwelboOptions) =>
      [1, 10, 100].map((particles) => {
        const { mean, variance } = momentsOf(of(particles, options), 4000)[1]!;
        return Math.abs(mean) / Math.sqrt(variance);
      });
    const [standard, doubly] = [signal({}), signal({ gradient: "dreg" })];
    expect(standard[0]! > 2 * standard[1]! && standard[1]! > 2 * standard[2]!).toBe(true);
    expect(doubly[0]! * 1.5 < doubly[1]! && doubly[1]! * 2 < doubly[2]!).toBe(true);
  });

  it("a negative control: stickingTheLanding is biased for many particles, and right for one", () => {
    const worst = (particles: number) => {
      const [standard, sticking] = [of(particles), of(particles, { gradient: "stickingTheLanding" })].map((L) =>
        momentsOf(L),
      );
      return Math.max(...standard!.map((each, i) => distance(each, sticking![i]!)));
    };
    expect(worst(1)).toBeLessThan(5);
    expect(worst(10)).toBeGreaterThan(5);
  });

  it("refuses what does not fit together", () => {
    const code =
      (options: IwelboOptions, particles = 3) =>
      () =>
        of(particles, options);
    const option = expect.objectContaining({ code: "option" });
    expect(code({}, 0)).toThrow(option);
    expect(code({ gradient: "dreg", score: "vimco" })).toThrow(option);
    expect(code({ score: "vimco" }, 1)).toThrow(option);
    const scored = iwelbo(
      model,
      guideWith((d) => reinforce(d)),
      3,
      { gradient: "dreg" },
    );
    expect(() => estimateOnce(scored, apart, data)).toThrow(expect.objectContaining({ code: "not-pathwise" }));
    const v = [tf.scalar(1), tf.scalar(0)];
    expect(() => estimateOnce(of(3, { gradient: "dreg" }), apart, data, { derived: "hvp" }, v)).toThrow(
      expect.objectContaining({ code: "derivative-order" }),
    );
  });
});
