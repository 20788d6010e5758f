// Whether an objective still changes: on series of known truth, and on fits.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, convergence, ElbowError, elbo, fit, gen, meanField, normal, observe, sample } from "elbow";
import { describe, expect, it } from "vitest";

/** Independent standard normals. */
const noise = (seed: number, size: number) => Array.from(tf.randomNormal([size], 0, 1, "float32", seed).dataSync());
/** Entries of a hundred steps each, of noise of standard deviation 1 about a curve. */
const history = (seed: number, curve: (i: number) => number, size = 50) =>
  noise(seed, size).map((e, i) => ({
    step: (i + 1) * 100,
    objective: curve(i) + 0.1 * e,
    standardError: 0.1,
    gradientNorm: 1,
  }));

describe("series", () => {
  it("a constant one has converged, in all but a few of 300 cases", () => {
    const results = Array.from({ length: 300 }, (_, seed) => convergence(history(seed + 1, () => -30)));
    expect(results.filter(({ hasConverged }) => !hasConverged).length).toBeLessThan(6);
    const zs = results.map(({ change, standardError }) => change / standardError);
    expect(Math.abs(zs.reduce((a, b) => a + b, 0) / Math.sqrt(300))).toBeLessThan(5);
  });
  it("one that rises, or falls, has not (negative control), unless it does not matter", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rising = history(seed, (i) => 0.02 * i);
      expect(convergence(rising).state).toBe("improving");
      expect(convergence(rising, { direction: "minimize" }).state).toBe("worsening");
      expect(convergence(history(seed, (i) => -0.02 * i)).state).toBe("worsening");
      expect(convergence(rising, { tolerance: 1 }).state).toBe("converged");
    }
  });
  it("says since when", () => {
    const { hasConverged, since } = convergence(history(3, (i) => -10 * Math.exp(-i / 3), 100));
    expect(hasConverged).toBe(true);
    // 10·e^(−i/3) is a standard error of a block at i = 17
    expect(since).toBeGreaterThan(900);
    expect(since).toBeLessThan(4000);
    expect(convergence(history(3, (i) => 0.1 * i)).since).toBeUndefined();
  });
  it("says of few entries that it does not know, and refuses wrong options", () => {
    expect(convergence(history(1, () => 0, 5)).state).toBe("unknown");
    expect(convergence([]).state).toBe("unknown");
    expect(() => convergence([], { share: 0 })).toThrow(ElbowError);
    expect(() => convergence([], { tolerance: -1 })).toThrow(ElbowError);
  });
  it("does not trust standard errors that the entries contradict", () => {
    const drifting = history(4, () => 0).map((entry, i) => ({ ...entry, objective: Math.sin(i), standardError: 1e-4 }));
    expect(convergence(drifting).standardError).toBeGreaterThan(0.1);
  });
});

describe("fits", () => {
  const model = gen(function* (y: Tensor) {
    const mu = yield* sample("mu", normal(0, 1));
    yield* observe("y", normal(mu, 1), y);
  });
  const data: [Tensor] = [tf.scalar(8)];
  const { guide, parameters } = meanField(model, data);
  const fitted = (steps: number) =>
    fit(elbo(model, guide), {
      parameters,
      data,
      steps,
      reportEvery: steps / 50,
      optimizer: adam({ learningRate: 0.01 }),
    });
  it("a short one has not converged, a long one has", async () => {
    expect(convergence((await fitted(300)).history).state).toBe("improving");
    const long = convergence((await fitted(5000)).history);
    expect(long.state).toBe("converged");
    expect(long.since).toBeGreaterThan(300);
  });
});
