// Particle filters against closed forms, sums over all paths, and the spread that is known of the bootstrap filter.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  categorical,
  checkUnbiased,
  enumerate,
  explain,
  fivo,
  gen,
  normal,
  objective,
  observe,
  type ParticleFilterOptions,
  particleFilter,
  type ResamplingOptions,
  reinforce,
  reparam,
  run,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";
import { equationCounts, estimateMoments, zScore } from "../../support/estimates.js";
import { filterBound, model as stateSpace, truth, y } from "./stateSpace.js";

const schemes = ["multinomial", "stratified", "systematic"] as const;

describe("evidence of the linear Gaussian state space, log p(y) = −12.598676", () => {
  const relative = (options: ParticleFilterOptions, steps = 10) =>
    objective(function* (_: object, observations: Tensor) {
      const { logEvidence } = yield* particleFilter({ model: stateSpace(0.9), observations }, options);
      return tf.exp(tf.sub(logEvidence, truth(0.9, steps)));
    });
  it.each([
    ["multinomial", {}],
    ["stratified", { scheme: "stratified" }],
    ["systematic", { scheme: "systematic" }],
    ["where the effective size has fallen", { threshold: 0.5, gradient: "dropped" }],
    ["systematic, where it has fallen", { scheme: "systematic", threshold: 0.7, gradient: "dropped" }],
    ["stratified, where it has fallen", { scheme: "stratified", threshold: 0.7, gradient: "dropped" }],
  ] as [string, ResamplingOptions][])("is estimated without bias: %s", (_, resampling) => {
    const observations = tf.slice(y, 0, 4);
    const [[found]] = estimateMoments(relative({ particles: 5, resampling }, 4), {}, [observations], {
      draws: 5000,
    }) as [[Parameters<typeof zScore>[0]]];
    expect(Math.abs(zScore(found, 1))).toBeLessThan(5);
    // the logarithm is not (negative control)
    expect(found.variance).toBeGreaterThan(0.01);
  });
  it("by one step, and by a proposal that is the posterior: without variance", () => {
    const problem = { model: stateSpace(0.9), observations: tf.slice(y, 0, 1) };
    const proposal = { initial: () => normal(0.5 / 1.64, Math.sqrt(0.64 / 1.64)), transition: () => normal(0, 1) };
    const { logEvidence, ancestors, states } = run(0, particleFilter({ ...problem, proposal }, { particles: 7 }));
    expect(logEvidence.dataSync()[0]).toBeCloseTo(truth(0.9, 1), 5);
    expect([ancestors.shape, states.shape]).toEqual([
      [0, 7],
      [1, 7],
    ]);
  });
  it("proposals that look ahead leave little variance", () => {
    // p(z_t | z_{t−1}, y_t), whose weight is p(y_t | z_{t−1})
    const [precision, noise] = [1 / 0.25 + 1 / 0.64, Math.sqrt(1 / (1 / 0.25 + 1 / 0.64))];
    const proposal = {
      initial: (now: Tensor) => normal(tf.div(now, 1.64), Math.sqrt(0.64 / 1.64)),
      transition: (z: Tensor, now: Tensor) =>
        normal(tf.div(tf.add(tf.mul(z, 0.9 / 0.25), tf.div(now, 0.64)), precision), noise),
    };
    const of = (options: object) =>
      objective(function* (_: object, observations: Tensor) {
        const problem = { model: stateSpace(0.9), observations, ...options };
        return (yield* particleFilter(problem, { particles: 20 })).logEvidence;
      });
    const spread = (options: object) => estimateMoments(of(options), {}, [y], { draws: 1000, chunk: 500 })[0]![0]!;
    expect(spread({ proposal }).variance).toBeLessThan(0.75 * spread({}).variance);
  });
  it("gives states, weights and ancestors of every time", () => {
    const filtered = run(3, particleFilter({ model: stateSpace(0.9), observations: y }, { particles: 500 }));
    expect(filtered.states.shape).toEqual([10, 500]);
    expect(filtered.ancestors.shape).toEqual([9, 500]);
    expect(filtered.increments.sum().dataSync()[0]).toBeCloseTo(filtered.logEvidence.dataSync()[0]!, 3);
    const means = tf.sum(tf.mul(tf.exp(filtered.logWeights), filtered.states), 1).dataSync();
    // the filter's mean at the last time, by Kalman
    expect(Math.abs(means[9]! - 0.403854)).toBeLessThan(0.15);
    for (const size of filtered.effectiveSampleSizes.dataSync()) expect(size).toBeLessThanOrEqual(500.01);
  });
});

describe("programs as parts", () => {
  it("with structures as states and data", () => {
    const initial = gen(function* () {
      const level = yield* sample("level", normal(0, 1));
      const trend = yield* sample("trend", normal(0, 0.1));
      return { level: level as Tensor, trend: trend as Tensor };
    });
    const transition = gen(function* (from: { level: Tensor; trend: Tensor }) {
      const trend = yield* sample("trend", normal(from.trend, 0.1));
      const level = yield* sample("level", normal(tf.add(from.level, trend), 0.2));
      return { level: level as Tensor, trend: trend as Tensor };
    });
    const observation = gen(function* (state: { level: Tensor }, now: { value: Tensor }) {
      yield* observe("value", normal(state.level, 0.5), now.value);
    });
    type S = { level: Tensor; trend: Tensor };
    const model = {
      initial: () => initial(),
      transition: (state: S) => transition(state),
      observation: (state: S, now: { value: Tensor }) => observation(state, now),
    };
    const observations = { value: tf.tensor1d([0.1, 0.3, 0.2, 0.5]) };
    const one = run(0, particleFilter<S, typeof observations>({ model, observations }, { particles: 50 }));
    expect(one.states.trend.shape).toEqual([4, 50]);
    // the same proposed by itself has the same weights
    const proposal = { initial: () => initial(), transition: (state: S) => transition(state) };
    const L = objective(function* (_: object) {
      const problem = { model, observations, proposal };
      return (yield* particleFilter<S, typeof observations>(problem, { particles: 50 })).logEvidence;
    });
    const [[found]] = estimateMoments(L, {}, [], { draws: 500, chunk: 500 }) as [[Parameters<typeof zScore>[0]]];
    expect(Math.abs(found.mean - one.logEvidence.dataSync()[0]!)).toBeLessThan(5 * Math.sqrt(found.variance));
  });
});

describe("gradients of the bound", () => {
  // two states, three times, two particles: everything is finite and can be summed
  const discrete = (resampling: ResamplingOptions) =>
    fivo(
      ({ a }: { a: Tensor }, observations: Tensor) => ({
        model: {
          initial: () => reinforce(categorical({ logits: [0.2, -0.1] })),
          transition: (z: Tensor) =>
            reinforce(categorical({ logits: tf.stack([tf.mul(a, tf.sub(0.5, z)), tf.scalar(0)]) })),
          observation: (z: Tensor) => normal(tf.mul(a, z), 0.7),
        },
        observations,
      }),
      { particles: 2, resampling },
    );
  const data: [Tensor] = [tf.tensor1d([1.1, -0.3, 0.8])];
  const at = { a: tf.scalar(0.8) };
  it.each(schemes)("are unbiased with scored resampling, %s", async (scheme) => {
    const { pass, truth: known } = await checkUnbiased(discrete({ scheme }), at, data, { draws: 5000 });
    expect(known.method).toBe("enumeration");
    expect(pass).toBe(true);
  });
  it("are unbiased where resampling depends on the effective size, with states that are scored", async () => {
    const { pass } = await checkUnbiased(discrete({ threshold: 0.9 }), at, data, { draws: 5000 });
    expect(pass).toBe(true);
  });
  it("say so where they are biased: without the score of the resampling", async () => {
    const L = discrete({ gradient: "dropped" });
    expect((await explain(L, at, ...data)).isUnbiased).toBe(false);
  });
  it("other strategies for the picks", async () => {
    const L = discrete({ scheme: "systematic", strategy: (index) => enumerate(index) });
    const { pass, gradient } = await checkUnbiased(L, at, data, { draws: 5000 });
    expect(pass).toBe(true);
    expect(gradient).toHaveLength(1);
  });
  it("refuse pathwise states where resampling jumps with them", async () => {
    const model = { ...stateSpace(0.9), initial: () => reparam(normal(0, 1)) };
    const L = fivo((_: { a: Tensor }, observations: Tensor) => ({ model, observations }), {
      particles: 3,
      resampling: { threshold: 0.5 },
    });
    await expect(L.estimate(0, at, y)).rejects.toThrow(/discontinuity/);
  });
  it("a program whose size does not depend on the number of steps or particles", () => {
    const size = (particles: number, times: number) =>
      equationCounts(filterBound(particles), { a: tf.scalar(0.9) }, [tf.zeros([times])]).gradient;
    expect(Math.abs(size(40, 100) - size(4, 10))).toBeLessThan(10);
  });
  it("refuses what cannot be", () => {
    expect(() => filterBound(0)).toThrow(/positive integer/);
    expect(() => filterBound(2, { threshold: 2 })).toThrow(/threshold/);
    expect(() => filterBound(2, { scheme: "residual" as "systematic" })).toThrow(/scheme/);
    expect(() =>
      run(0, particleFilter({ model: stateSpace(0.9), observations: tf.scalar(1) }, { particles: 2 })),
    ).toThrow(/first axis/);
  });
});
