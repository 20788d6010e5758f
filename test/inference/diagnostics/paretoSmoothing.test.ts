import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { khatAdvice, khatBand, paretoSmoothedWeights } from "../../../src/index.js";
import { paretoSmooth } from "../../../src/inference/diagnostics/paretoSmoothing.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

/** Log weights u^−k at S exact quantiles of u: beyond any cutoff their tail is generalized Pareto of shape k. */
const pareto = (k: number, size: number) => Array.from({ length: size }, (_, i) => -k * Math.log((i + 0.5) / size));

describe.each([0.2, 0.5, 0.7, 1.2])("weights with a Pareto tail of shape %d", (k) => {
  const size = 4000;
  const length = 190; // ⌈3 √4000⌉

  test("have the shape as k̂, drawn to 1/2 by ten weights in 200", () => {
    const { khat } = paretoSmooth(pareto(k, size));
    expect(Math.abs(khat - (length * k + 5) / (length + 10))).toBeLessThan(0.02);
    // negative control: another shape
    expect(Math.abs(paretoSmooth(pareto(k + 0.1, size)).khat - (length * k + 5) / (length + 10))).toBeGreaterThan(0.05);
  });

  test("change in the tail only, keep their order, and none exceeds the largest", () => {
    const raw = pareto(k, size);
    const { logWeights } = paretoSmooth(raw);
    expect([...logWeights].filter((each, i) => each !== raw[i]).length).toBeLessThanOrEqual(length);
    expect([...logWeights.slice(length)]).toEqual(raw.slice(length));
    for (let i = 1; i < size; i++) expect(logWeights[i]!).toBeLessThanOrEqual(logWeights[i - 1]!);
    expect(logWeights[0]!).toBeLessThanOrEqual(raw[0]!);
  });

  test("have it whatever their scale, their order, and the weights of zero among them", () => {
    const raw = pareto(k, size);
    const { khat } = paretoSmooth(raw);
    expect(paretoSmooth(raw.map((each) => each - 2000)).khat).toBeCloseTo(khat, 8);
    expect(paretoSmooth(raw.toReversed()).khat).toBe(khat);
    const some = raw.map((each, i) => (i < size / 2 ? each : Number.NEGATIVE_INFINITY));
    expect(paretoSmooth(some).khat).toBe(khat);
    expect(paretoSmooth(some).logWeights.at(-1)).toBe(Number.NEGATIVE_INFINITY);
  });
});

test("smoothing makes estimates steadier where the weights' variance is infinite", () => {
  // shape 0.7, mean 1/(1 − 0.7): 60 sets of 1000 pseudo-random weights
  const uniform = (i: number) => (i * 0.618_033_988_749_894_9 + Math.sin(i) * 43_758.5453) % 1;
  const errors = Array.from({ length: 60 }, (_, set) => {
    const raw = Array.from({ length: 1000 }, (_, i) => -0.7 * Math.log(1 - Math.abs(uniform(1 + set * 1000 + i))));
    const error = (logs: ArrayLike<number>) =>
      (Array.from(logs).reduce((sum, each) => sum + Math.exp(each), 0) / 1000 - 1 / 0.3) ** 2;
    return { raw: error(raw), smoothed: error(paretoSmooth(raw).logWeights) };
  });
  const total = (of: "raw" | "smoothed") => errors.reduce((sum, each) => sum + each[of], 0);
  expect(total("smoothed")).toBeLessThan(0.8 * total("raw"));
});

describe("weights that cannot be fitted", () => {
  test("equal ones, up to rounding, have k̂ 0 and stay as they are", () => {
    const equal = Array.from({ length: 1000 }, (_, i) => -31 + (i % 3) * 2e-6);
    const { khat, logWeights } = paretoSmooth(equal);
    expect(khat).toBe(0);
    expect([...logWeights]).toEqual(equal);
  });

  test("few ones above the rest have an infinite k̂", () => {
    for (const size of [1, 2, 20]) expect(paretoSmooth(pareto(0.3, size)).khat).toBe(Number.POSITIVE_INFINITY);
    expect(paretoSmooth(pareto(0.3, 21)).khat).toBeLessThan(1);
    const few = Array.from({ length: 1000 }, (_, i) => (i < 4 ? -i : Number.NEGATIVE_INFINITY));
    expect(paretoSmooth(few).khat).toBe(Number.POSITIVE_INFINITY);
  });

  test("NaN, nothing but zeros and matrices are errors", () => {
    const thrown = expect.objectContaining({ code: "weights" });
    expect(() => paretoSmooth([0, Number.NaN, 1])).toThrow(thrown);
    expect(() => paretoSmooth([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toThrow(thrown);
    expect(() => paretoSmoothedWeights(tf.zeros([3, 2]))).toThrow(thrown);
  });
});

test("as tensors, with the effective sample size of the smoothed weights", () => {
  const raw = tf.tensor1d(pareto(0.5, 1000));
  const { logWeights, khat, effectiveSampleSize } = paretoSmoothedWeights(raw);
  expect(logWeights.shape).toEqual([1000]);
  expect(khat).toBeCloseTo(0.5, 1);
  const weights = Array.from(logWeights.dataSync(), Math.exp);
  const sum = weights.reduce((a, b) => a + b, 0);
  expect(effectiveSampleSize / (sum ** 2 / weights.reduce((a, b) => a + b * b, 0))).toBeCloseTo(1, 4);
});

describe("bands", () => {
  test.each([
    [-0.5, 100, "good"],
    [0.49, 100, "good"],
    [0.51, 100, "fewDraws"],
    [0.66, 1000, "good"],
    [0.68, 1000, "fewDraws"],
    [0.69, 4000, "good"],
    [0.71, 4000, "unreliable"],
    [0.71, 1e6, "unreliable"],
    [1.01, 1e6, "fails"],
    [Number.POSITIVE_INFINITY, 20, "fails"],
  ] as const)("k̂ %d of %d draws: %s", (khat, draws, band) => {
    expect(khatBand(khat, draws)).toBe(band);
  });

  test("each has its advice, and enough draws are enough", () => {
    const advice = [0.1, 0.68, 0.8, 1.1, Number.POSITIVE_INFINITY].map((khat) => khatAdvice(khat, 1000));
    expect(new Set(advice).size).toBe(5);
    // 10^(1 / (1 − 0.68)) = 1334
    expect(khatAdvice(0.68, 1000)).toContain("more than 1,300");
    expect(khatBand(0.68, 1334)).toBe("good");
    expect(khatBand(0.68, 1333)).toBe("fewDraws");
  });
});
