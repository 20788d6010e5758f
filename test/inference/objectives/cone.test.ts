// The noisy cone at fixed parameters (models/cone.ts trains them): values and gradients of row 1 of the published settings.
import * as tf from "@tensorflow/tfjs-core";
import { diwhvi, hvi, iwhvi } from "elbow";
import { describe, expect, it } from "vitest";
import { expressive, hierarchical, model, objective, truth } from "../../../models/cone.js";
import { estimateMoments, type Moments, zScore } from "../../support/estimates.js";

const close = ([value, ...gradient]: readonly Moments[], exact: number, slopes: readonly number[], rounding = 1e-6) => {
  expect(Math.abs(zScore(value!, exact, rounding))).toBeLessThan(5);
  for (const [i, slope] of slopes.entries()) expect(Math.abs(zScore(gradient[i]!, slope, rounding))).toBeLessThan(5);
};
const spread = { x: tf.scalar(-2), y: tf.scalar(-2) };
const keep = ["x", "y"] as const;

describe("the noisy cone at fixed parameters", () => {
  it("ELBO of the naive guide", () => {
    const at = {
      x: { loc: tf.scalar(2.2), logScale: tf.scalar(-2) },
      y: { loc: tf.scalar(0), logScale: tf.scalar(-2) },
    };
    const found = estimateMoments(objective, at, [], { draws: 100_000 }).flat();
    close(found, -15.292755, [31.428182, -15.279452, 0, 1.261649], 1e-5);
  });
  it("HVI = L(1, 1), and its gradient", () => {
    const found = estimateMoments(hierarchical.HVI, spread, [], { draws: 100_000 }).flat();
    close(found, -14.734613, [-7.023326, -7.023326]);
  });
  it("IWHVI = L(5, 1) and DIWHVI = L(5, 5), above HVI", () => {
    const [wide] = estimateMoments(hierarchical["IWHVI(5)"], spread, [], { draws: 50_000 }).flat();
    expect(Math.abs(wide!.mean + 13.2398)).toBeLessThan(5 * wide!.error + 0.0003);
    const [double] = estimateMoments(hierarchical["DIWHVI(5, 5)"], spread, [], { draws: 20_000 }).flat();
    expect(Math.abs(double!.mean + 7.3103)).toBeLessThan(5 * double!.error + 0.0015);
    expect(double!.mean).toBeLessThan(truth.logEvidence);
    // a negative control
    expect(Math.abs(zScore(wide!, -14.734613))).toBeGreaterThan(5);
  });
  it("options that say the same are the same", () => {
    const once = { draws: 2000 };
    const all = [
      hvi(model, expressive, { keep }),
      iwhvi(model, expressive, { keep, inner: 1 }),
      diwhvi(model, expressive, { keep, inner: 1, particles: 1 }),
    ].map((L) => estimateMoments(L, spread, [], once).flat()[0]!.mean);
    expect(new Set(all).size).toBe(1);
  });
});
