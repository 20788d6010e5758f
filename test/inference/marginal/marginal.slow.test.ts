// Marginal densities that are estimated: both directions without bias, against closed forms.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Algorithm,
  assess,
  categorical,
  elbo,
  exactEnumeration,
  factor,
  flip,
  gaussHermite,
  gen,
  generate,
  importanceSampling,
  marginal,
  normal,
  normalize,
  objective,
  observe,
  run,
  sample,
  scan,
  simulate,
  splice,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../../support/estimates.js";

const logNormal = (x: number, m: number, s: number) => -0.5 * ((x - m) / s) ** 2 - Math.log(s * Math.sqrt(2 * Math.PI));

const pair = gen(function* (noise: number) {
  const z = yield* sample("z", normal(0, 1));
  yield* sample("x", normal(z, noise));
});
/** Another proposal than the program itself, of heavier tails than the posterior. */
const proposal = gen(function* ({ x }: { x: Tensor }) {
  yield* sample("z", normal(x.mul(0.5), 1.2));
});
const at = { x: tf.scalar(1.2) };
const truth = (noise: number) => logNormal(1.2, 0, Math.sqrt(1 + noise ** 2));

/** The mean of a function of the log density of what is given. */
const densityOf = (algorithm: Algorithm, noise: number, f: (log: Tensor) => Tensor, draws = 100_000) => {
  const L = objective(function* (_: object) {
    return f(yield* assess(marginal(pair(noise), { keep: "x", algorithm }), at));
  });
  return estimateMoments(L, {}, [], { draws })[0]![0]!;
};

describe("marginal: z ~ N(0, 1), x | z ~ N(z, ½), x = 1.2", () => {
  const density = Math.exp(truth(0.5));
  it("the closed form", () => {
    expect(density).toBeCloseTo(0.2005864, 7);
    expect(truth(0.5)).toBeCloseTo(-1.60651, 6);
  });
  it.each([1, 5, 25])("the density is estimated without bias by %i particles", (particles) => {
    const found = densityOf(importanceSampling({ particles }), 0.5, tf.exp);
    expect(Math.abs(zScore(found, density))).toBeLessThan(5);
    const proposed = densityOf(importanceSampling({ particles, proposal: (kept) => proposal(kept) }), 0.5, tf.exp);
    expect(Math.abs(zScore(proposed, density))).toBeLessThan(5);
  });
  it.each([
    [1, -5.105791],
    [5, -1.907657],
    [25, -1.644886],
  ])("the logarithm by %i particles has the known bias", (particles, mean) => {
    const found = densityOf(importanceSampling({ particles }), 0.5, (log) => log);
    expect(Math.abs(zScore(found, mean, 1e-5))).toBeLessThan(5);
    if (particles < 25) expect(Math.abs(zScore(found, truth(0.5)))).toBeGreaterThan(5);
  });
  it.each([
    [20, 1e-3],
    [30, 4e-6],
    [40, 1e-6],
  ])("quadrature with %i nodes", (nodes, bound) => {
    const found = run(0, assess(marginal(pair(0.5), { keep: "x", algorithm: gaussHermite({ nodes }) }), at));
    expect(Math.abs(found.dataSync()[0]! - truth(0.5))).toBeLessThan(bound);
  });

  it.each([
    ["importance sampling, 1 particle", importanceSampling(), 0.5912],
    ["importance sampling, 5 particles", importanceSampling({ particles: 5 }), 0.0391],
    ["a proposal, 5 particles", importanceSampling({ particles: 5, proposal: (kept) => proposal(kept) }), undefined],
  ] as const)("the reciprocal is unbiased where x is drawn with its z: %s", (_, algorithm, variance) => {
    // z from its posterior given x: by p(x), E p(x)/p̂ = 1
    const posterior = gen(function* () {
      const z = yield* sample("z", normal(1.2 / 3.25, Math.sqrt(2.25 / 3.25)));
      yield* sample("x", normal(z, 1.5));
    });
    const L = objective(function* (_: object) {
      const { choices } = yield* simulate(posterior());
      const { z } = choices;
      const logConditional = tf
        .scalar(0)
        .add(tf.scalar(1.2).sub(z).div(1.5).square().mul(-0.5))
        .sub(Math.log(1.5 * Math.sqrt(2 * Math.PI)));
      const logPrior = z
        .square()
        .mul(-0.5)
        .sub(Math.log(Math.sqrt(2 * Math.PI)));
      const estimate = yield* algorithm.reciprocal(
        { program: pair(1.5), kept: at },
        { auxiliary: { z }, logConditional, logJoint: logConditional.add(logPrior) },
      );
      return tf.exp(tf.sub(truth(1.5), estimate));
    });
    const [[found]] = estimateMoments(L, {}, [], { draws: 100_000 }) as [
      [Parameters<typeof zScore>[0] & { variance: number }],
    ];
    expect(Math.abs(zScore(found, 1))).toBeLessThan(5);
    if (variance !== undefined) expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.3);
  });

  it("so is that of what simulate returns: E 1/p̂·p(x) = 1", () => {
    const L = objective(function* (_: object) {
      const algorithm = importanceSampling({ particles: 4 });
      const { choices, logDensity } = yield* simulate(marginal(pair(1.5), { keep: "x", algorithm }));
      const variance = 1 + 1.5 ** 2;
      const logExact = choices.x
        .square()
        .mul(-0.5 / variance)
        .sub(0.5 * Math.log(2 * Math.PI * variance));
      return tf.exp(tf.sub(logExact, logDensity));
    });
    const [[found]] = estimateMoments(L, {}, [], { draws: 100_000 }) as [[Parameters<typeof zScore>[0]]];
    expect(Math.abs(zScore(found, 1))).toBeLessThan(5);
    // the estimate that has not seen z is no such reciprocal (negative control)
    const wrong = objective(function* (_: object) {
      const algorithm = importanceSampling({ particles: 4 });
      const { choices } = yield* simulate(pair(1.5));
      const logDensity = yield* assess(marginal(pair(1.5), { keep: "x", algorithm }), { x: choices.x });
      const variance = 1 + 1.5 ** 2;
      const logExact = choices.x
        .square()
        .mul(-0.5 / variance)
        .sub(0.5 * Math.log(2 * Math.PI * variance));
      return tf.exp(tf.sub(logExact, logDensity));
    });
    const [[biased]] = estimateMoments(wrong, {}, [], { draws: 100_000 }) as [[Parameters<typeof zScore>[0]]];
    expect(Math.abs(zScore(biased, 1))).toBeGreaterThan(5);
  });
});

describe("exact sums", () => {
  const mixture = gen(function* () {
    const c = yield* sample("c", categorical({ probs: [0.1, 0.2, 0.3, 0.4] }));
    yield* factor("x", tf.gather(tf.tensor1d([-0.2, -2, -3, -4]), tf.cast(c, "int32")));
  });
  it("a category and a log weight", () => {
    const whole = marginal(mixture(), { keep: [], algorithm: exactEnumeration() });
    expect(run(0, simulate(whole)).logDensity.dataSync()[0]).toBeCloseTo(-2.031013, 5);
  });
  it("coins of several elements and a chain, against the sum by hand", () => {
    const chain = gen(function* () {
      const a = yield* sample("a", flip([0.3, 0.6]));
      const b = yield* sample("b", categorical({ probs: [0.2, 0.3, 0.5] }));
      const c = yield* sample("c", flip(tf.sigmoid(a.sum().sub(b))));
      yield* sample("x", normal(c.mul(2).add(a.mul([1, -1]).sum()), 1));
    });
    let density = 0;
    for (const [a0, a1, b, c] of [0, 1].flatMap((i) =>
      [0, 1].flatMap((j) => [0, 1, 2].flatMap((k) => [0, 1].map((l) => [i, j, k, l] as const))),
    )) {
      const p = 1 / (1 + Math.exp(-(a0 + a1 - b)));
      density +=
        (a0 ? 0.3 : 0.7) *
        (a1 ? 0.6 : 0.4) *
        [0.2, 0.3, 0.5][b]! *
        (c ? p : 1 - p) *
        Math.exp(logNormal(0.4, 2 * c + a0 - a1, 1));
    }
    const px = marginal(chain(), { keep: "x", algorithm: exactEnumeration() });
    expect(run(0, assess(px, { x: tf.scalar(0.4) })).dataSync()[0]).toBeCloseTo(Math.log(density), 5);
  });
  it("refuses what has infinitely many values, and too many combinations", () => {
    const values = { x: tf.scalar(1) };
    const px = marginal(pair(1), { keep: "x", algorithm: exactEnumeration() });
    expect(() => run(0, assess(px, values))).toThrow(/"z": normal has infinitely many values/);
    const many = gen(function* () {
      yield* sample("b", flip(tf.fill([30], 0.5)));
      yield* sample("x", normal(0, 1));
    });
    const pMany = marginal(many(), { keep: "x", algorithm: exactEnumeration() });
    expect(() => run(0, assess(pMany, values))).toThrow(/1\.1e\+9 combinations/);
  });
});

describe("normalize", () => {
  const model = gen(function* () {
    const c = yield* sample("c", categorical({ probs: [0.5, 0.3, 0.2] }));
    yield* observe("y", normal(c, 1), 1.5);
  });
  const joint = [0.5, 0.3, 0.2].map((p, k) => p * Math.exp(logNormal(1.5, k, 1)));
  const evidence = joint.reduce((sum, each) => sum + each, 0);
  it("by enumeration is the posterior", () => {
    const posterior = normalize(model(), { algorithm: exactEnumeration() });
    for (const k of [0, 1, 2])
      expect(run(0, assess(posterior, { c: tf.scalar(k) })).dataSync()[0]).toBeCloseTo(
        Math.log(joint[k]! / evidence),
        5,
      );
    const L = objective(function* (_: object) {
      return (yield* simulate(posterior)).choices.c;
    });
    const mean = (joint[1]! + 2 * joint[2]!) / evidence;
    expect(Math.abs(zScore(estimateMoments(L, {}, [], { draws: 50_000 })[0]![0]!, mean, 1e-6))).toBeLessThan(5);
  });
  it("by importance sampling has the density of its own procedure, in both directions", () => {
    const N = 3;
    // the probability that the procedure returns k, by summing over all particles
    const procedure = [0, 0, 0];
    const prior = [0.5, 0.3, 0.2];
    const weight = (k: number) => Math.exp(logNormal(1.5, k, 1));
    for (const a of [0, 1, 2])
      for (const b of [0, 1, 2])
        for (const c of [0, 1, 2]) {
          const total = weight(a) + weight(b) + weight(c);
          for (const each of [a, b, c]) procedure[each]! += (prior[a]! * prior[b]! * prior[c]! * weight(each)) / total;
        }
    const sir = normalize(model(), { algorithm: importanceSampling({ particles: N }) });
    const densities = objective(function* (_: object) {
      return tf.exp(yield* assess(sir, { c: tf.scalar(2) }));
    });
    const found = estimateMoments(densities, {}, [], { draws: 50_000 })[0]![0]!;
    expect(Math.abs(zScore(found, procedure[2]!, 1e-6))).toBeLessThan(5);
    expect(Math.abs(zScore(found, joint[2]! / evidence, 1e-6))).toBeGreaterThan(5);
    // E 1{c = 2}/p̂ = 1, for what is drawn
    const reciprocals = objective(function* (_: object) {
      const { choices, logDensity } = yield* simulate(sir);
      return tf.mul(tf.cast(tf.equal(choices.c, 2), "float32"), tf.exp(tf.neg(logDensity)));
    });
    expect(Math.abs(zScore(estimateMoments(reciprocals, {}, [], { draws: 50_000 })[0]![0]!, 1, 1e-6))).toBeLessThan(5);
  });
  it("refuses some of the choices only", () => {
    const two = gen(function* () {
      yield* sample("a", normal(0, 1));
      yield* sample("b", normal(0, 1));
    });
    const posterior = normalize(two(), { algorithm: importanceSampling({ particles: 2 }) });
    expect(() => run(0, assess(posterior, { a: tf.scalar(0) } as never))).toThrow(/missing: b/);
  });
});

describe("in models, guides and each other", () => {
  // x is the first coordinate of a correlated pair that the guide builds with an auxiliary angle
  const model = gen(function* () {
    const x = yield* sample("x", normal(0, 1));
    yield* observe("y", normal(x, 1), 1);
  });
  const guide = gen(function* (_: object, algorithm: Algorithm) {
    const inner = gen(function* () {
      const u = yield* sample("u", flip(0.5));
      yield* sample("x", normal(u.sub(0.5), 0.8));
    });
    yield* splice(marginal(inner(), { keep: "x", algorithm }));
  });
  const bound = (algorithm: Algorithm) => {
    const withAlgorithm = gen(function* (q: object) {
      yield* splice(guide(q, algorithm));
    });
    return elbo(model, withAlgorithm as never);
  };
  it("a guide with an auxiliary choice: exact marginal ≥ 5 particles ≥ 1 particle, below the evidence", () => {
    const value = (algorithm: Algorithm) =>
      estimateMoments(bound(algorithm) as never, {}, [], { draws: 50_000 })[0]![0]!;
    const exact = value(exactEnumeration());
    const five = value(importanceSampling({ particles: 5 }));
    const one = value(importanceSampling());
    expect(one.mean).toBeLessThan(five.mean - 2 * five.error);
    expect(five.mean).toBeLessThan(exact.mean + 2 * exact.error);
    expect(exact.mean).toBeLessThan(logNormal(1, 0, Math.SQRT2));
    // by quadrature
    const q = (x: number) => 0.5 * Math.exp(logNormal(x, -0.5, 0.8)) + 0.5 * Math.exp(logNormal(x, 0.5, 0.8));
    let truth = 0;
    for (let x = -8; x < 8; x += 1e-3)
      truth += q(x) * (logNormal(x, 0, 1) + logNormal(1, x, 1) - Math.log(q(x))) * 1e-3;
    expect(Math.abs(zScore(exact, truth))).toBeLessThan(5);
  });
  it("a marginal of a marginal, and one in a loop, where every step has randomness of its own", () => {
    const once = gen(function* () {
      const a = yield* sample("a", normal(0, 1));
      const b = yield* sample("b", normal(a, 1));
      yield* sample("x", normal(b, 1));
    });
    const algorithm = importanceSampling({ particles: 3 });
    const twice = marginal(marginal(once(), { keep: ["b", "x"], algorithm }), { keep: "x", algorithm });
    const L = objective(function* (_: object) {
      return tf.exp(yield* assess(twice, { x: tf.scalar(0.7) }));
    });
    const found = estimateMoments(L, {}, [], { draws: 50_000 })[0]![0]!;
    expect(Math.abs(zScore(found, Math.exp(logNormal(0.7, 0, Math.sqrt(3)))))).toBeLessThan(5);
    const steps = gen(function* () {
      const one = () => splice(marginal(pair(0.5), { keep: "x", algorithm }));
      const step = gen(function* () {
        yield* one();
        return { carry: tf.scalar(0) };
      });
      yield* scan("steps", () => step(), tf.scalar(0), 2);
    });
    const two = objective(function* (_: object) {
      return tf.exp(yield* assess(steps() as never, { steps: { x: tf.tensor1d([1.2, 1.2]) } } as never));
    });
    const square = estimateMoments(two, {}, [], { draws: 50_000 })[0]![0]!;
    expect(Math.abs(zScore(square, Math.exp(2 * truth(0.5))))).toBeLessThan(5);
  });
  it("constraints of generate weigh it", () => {
    const px = marginal(pair(0.5), { keep: "x", algorithm: gaussHermite({ nodes: 40 }) });
    expect(run(0, generate(px, at)).logWeight.dataSync()[0]).toBeCloseTo(truth(0.5), 5);
  });
});
