import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { autocorrelation, drawMany, effectiveSampleSizeOfChain, iid, normal, sample } from "../../../src/index.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

/** x_t = phi x_(t−1) + noise: ρ_t = phi^t, and n (1 − phi)/(1 + phi) effective draws. */
async function autoregressive(phi: number, length: number, seed = 0): Promise<number[]> {
  const noise = await drawMany(
    function* () {
      return (yield* sample("noise", iid(length, normal(0, 1)))) as tf.Tensor;
    },
    [],
    { draws: 1, seed, engine: "tfjs:cpu" },
  );
  let x = 0;
  return Array.from(noise.dataSync(), (each, i) => {
    x = i === 0 ? each / Math.sqrt(1 - phi * phi) : phi * x + each;
    return x;
  });
}

test("of four alternating values", () => {
  expect(autocorrelation([1, -1, 1, -1], { lags: 3 })).toEqual([1, -0.75, 0.5, -0.25]);
  expect(autocorrelation(tf.tensor1d([4, 2, 4, 2]), { lags: 1 })).toEqual([1, -0.75]);
});

test("goes to the lag 10 log₁₀ n unless told otherwise, and not beyond the series", () => {
  expect(autocorrelation(Array.from({ length: 1000 }, Math.sin))).toHaveLength(31);
  expect(autocorrelation([1, 2, 4])).toHaveLength(3);
  expect(() => autocorrelation([1, 2, 4], { lags: 3 })).toThrow(expect.objectContaining({ code: "option" }));
  expect(() => autocorrelation([])).toThrow(expect.objectContaining({ code: "draws" }));
  expect(() => autocorrelation(tf.zeros([3, 1]))).toThrow(expect.objectContaining({ code: "draws" }));
  expect(autocorrelation([2, 2, 2], { lags: 1 })).toEqual([Number.NaN, Number.NaN]);
});

describe.each([-0.5, 0, 0.5, 0.9])("an autoregressive chain with coefficient %d", (phi) => {
  const length = 40_000;
  // the standard error of ρ_t is below √((1 + φ²)/(1 − φ²)/n) (Bartlett)
  const error = Math.sqrt((1 + phi * phi) / (1 - phi * phi) / length);
  const worth = (length * (1 - phi)) / (1 + phi);

  test("has autocorrelations phi^t", async () => {
    const correlations = autocorrelation(await autoregressive(phi, length), { lags: 10 });
    for (const [t, each] of correlations.entries()) expect(Math.abs(each - phi ** t)).toBeLessThan(5 * error);
    // negative control: a chain of another coefficient
    const [, other] = autocorrelation(await autoregressive(phi - 0.1, length), { lags: 1 });
    expect(Math.abs(other! - phi)).toBeGreaterThan(5 * error);
  });

  test("is worth n (1 − phi)/(1 + phi) draws", async () => {
    const ratio = effectiveSampleSizeOfChain(await autoregressive(phi, length)) / worth;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
    // negative control
    expect(Math.abs(effectiveSampleSizeOfChain(await autoregressive(phi - 0.3, length)) / worth - 1)).toBeGreaterThan(
      0.15,
    );
  });
});

test("edges: constant and short chains have no effective size, alternating ones at most n log₁₀ n", () => {
  expect(effectiveSampleSizeOfChain([1, 1, 1, 1, 1])).toBeNaN();
  expect(effectiveSampleSizeOfChain([1, 2, 3])).toBeNaN();
  const alternating = Array.from({ length: 1000 }, (_, i) => (-1) ** i);
  expect(effectiveSampleSizeOfChain(alternating)).toBeCloseTo(3000, 6);
});
