// Rows 31 and 32 of ../shared/seed-rows.md: the bounds of bootstrap filters, and the gradients of these bounds.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  factor,
  gen,
  logAddExp,
  logDensity,
  masked,
  normal,
  type Objective,
  objective,
  observe,
  particleFilter,
  type ResamplingOptions,
} from "elbow";
import { describe, expect, it } from "vitest";
import { filterBound, model, truth, values, y } from "./stateSpace.js";

interface Found {
  readonly mean: number;
  readonly error: number;
}

/** Mean and standard error of batches. */
function moments(batches: readonly number[]): Found {
  const mean = batches.reduce((sum, each) => sum + each, 0) / batches.length;
  const variance = batches.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (batches.length - 1);
  return { mean, error: Math.sqrt(variance / batches.length) };
}
type A = { a: Tensor };
async function drawn(L: Objective<A, [Tensor]>, a: number, draws: number, rounds = 30) {
  const found = [];
  for (let seed = 0; seed < rounds; seed++)
    found.push(await L.valueAndGradEstimate({ seed, draws }, { a: tf.scalar(a) }, y));
  return {
    value: moments(found.map(({ value }) => value.dataSync()[0]!)),
    slope: moments(found.map(({ gradient }) => gradient.a.dataSync()[0]!)),
  };
}
const z = ({ mean, error }: Found, known: number, of = 0) => (mean - known) / Math.hypot(error, of);

describe("bounds", () => {
  it("the likelihood", () => expect(truth(0.9)).toBeCloseTo(-12.598676, 5));
  it.each([
    [4, -13.634, 0.009, 1.81],
    [20, -12.753, 0.005, 0.579],
    [100, -12.628, 0.009, 0.245],
  ])("E log Ẑ of %i particles is %f ± %f, with the spread %f", async (particles, known, error, spread) => {
    const draws = particles === 100 ? 200 : 1000;
    const { value } = await drawn(filterBound(particles), 0.9, draws);
    expect(Math.abs(z(value, known, error))).toBeLessThan(5);
    expect(value.mean).toBeLessThan(truth(0.9));
    // a standard deviation of 30 batches is known to 13 %
    expect(Math.abs(Math.log((value.error * Math.sqrt(30 * draws)) / spread))).toBeLessThan(0.65);
  });
  it("E Ẑ is the likelihood for every N, and with two observations missing", async () => {
    const isSeen = values.map((_, t) => (t === 3 || t === 7 ? 0 : 1));
    const seen = gen(function* (state: Tensor, now: { value: Tensor; isSeen: Tensor }) {
      yield* observe("y", masked(normal(state, 0.8), tf.cast(now.isSeen, "bool")), now.value);
    });
    for (const particles of [4, 20]) {
      const ratio = objective(function* (_: A, observations: Tensor) {
        const { logEvidence } = yield* particleFilter({ model: model(0.9), observations }, { particles });
        return tf.exp(tf.sub(logEvidence, truth(0.9)));
      });
      const whole = await drawn(ratio, 0.9, 1000);
      expect(Math.abs(z(whole.value, 1))).toBeLessThan(5);
      const missing = objective(function* (_: A, value: Tensor) {
        const observations = { value, isSeen: tf.tensor1d(isSeen) };
        const partly = { ...model(0.9), observation: seen };
        const { logEvidence } = yield* particleFilter({ model: partly, observations }, { particles });
        return tf.exp(tf.add(logEvidence, 10.009157));
      });
      expect(Math.abs(z((await drawn(missing, 0.9, 1000)).value, 1))).toBeLessThan(5);
    }
  });
});

describe("gradients", () => {
  // differences of bounds, each known to a few thousandths, over a wide step
  it.each([
    ["multinomial", {}],
    ["stratified", { scheme: "stratified" }],
    ["systematic", { scheme: "systematic" }],
  ] as [string, ResamplingOptions][])("are those of the bound: %s", async (_, resampling) => {
    const L = filterBound(4, resampling);
    // E ∂L over an interval is the difference of the bounds at its ends, by Simpson's rule
    const [low, middle, high] = [0.8, 0.9, 1.0];
    const at = async (a: number) => drawn(L, a, 2000);
    const [first, second, third] = [await at(low), await at(middle), await at(high)];
    const difference = third.value.mean - first.value.mean;
    const integral = (0.2 / 6) * (first.slope.mean + 4 * second.slope.mean + third.slope.mean);
    const error = Math.hypot(
      third.value.error,
      first.value.error,
      ...[first.slope.error, 4 * second.slope.error, third.slope.error].map((each) => (0.2 / 6) * each),
    );
    expect(Math.abs(integral - difference) / error).toBeLessThan(5);
  });
  it("are not without the score of the resampling (negative control)", async () => {
    const scored = await drawn(filterBound(4), 0.9, 2000);
    const dropped = await drawn(filterBound(4, { gradient: "dropped" }), 0.9, 2000);
    expect(Math.abs(z(scored.value, dropped.value.mean, dropped.value.error))).toBeLessThan(5);
    expect(Math.abs(z(scored.slope, dropped.slope.mean, dropped.slope.error))).toBeGreaterThan(5);
  });
});

describe("a mixture prior at a single time", () => {
  it("log Z −1.835583, posterior mean .632301", async () => {
    // drawn from a wide normal, and weighed by the mixture
    const seen = gen(function* (state: Tensor, now: Tensor) {
      const parts = [-1.5, 1.5].map((m) => tf.add(logDensity(normal(m, 0.7), state), Math.log(0.5)));
      yield* factor("prior", tf.sub(logAddExp(parts[0]!, parts[1]!), logDensity(normal(0, 2), state)));
      yield* observe("y", normal(state, 1), now);
    });
    const problem = {
      model: { initial: () => normal(0, 2), transition: () => normal(0, 1), observation: seen },
      observations: tf.tensor1d([0.5]),
    };
    const of = (f: (found: { logEvidence: Tensor; states: Tensor; logWeights: Tensor }) => Tensor) =>
      objective(function* (_: A, _y: Tensor) {
        return f(yield* particleFilter(problem, { particles: 500 }));
      });
    const evidence = await drawn(
      of(({ logEvidence }) => tf.exp(tf.add(logEvidence, 1.835583))),
      0.9,
      100,
    );
    expect(Math.abs(z(evidence.value, 1))).toBeLessThan(5);
    // Ẑ times the weighted mean is unbiased for Z times the posterior's
    const mean = of(({ logEvidence, logWeights, states }) =>
      tf.mul(tf.exp(tf.add(logEvidence, 1.835583)), tf.sum(tf.mul(tf.exp(logWeights), states))),
    );
    expect(Math.abs(z((await drawn(mean, 0.9, 100)).value, 0.632301))).toBeLessThan(5);
  });
});
