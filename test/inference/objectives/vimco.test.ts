// Controls of particles: unbiased beside every strategy, and with less variance.
import * as tf from "@tensorflow/tfjs-core";
import { boundsWithoutEach, iwelbo } from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments } from "../../support/estimates.js";
import { coins, expectTruth, flips, guideOf, observed, parameters, scored } from "./twoFlips.js";

const scores = ["plain", "vimco", "vimcoArithmetic"] as const;

describe("iwelbo of discrete choices", () => {
  it.each(scores)("is unbiased: %s", (score) => {
    expectTruth(scored, scored, score, 20_000);
  });

  it.each(coins)("vimco is unbiased beside %s", (_, coin) => {
    expectTruth(coin, scored, "vimco", 2000);
    expectTruth(scored, coin, "vimco", 2000);
  });

  it("vimco has less variance than the score alone, and the means do not differ much", () => {
    const variances = (["plain", "vimco", "vimcoArithmetic"] as const).map((score) => {
      const L = iwelbo(flips, guideOf(scored, scored), 10, { score });
      const [, gradient] = estimateMoments(L, parameters, [tf.scalar(observed)], { draws: 4000 });
      return gradient!.reduce((sum, { variance }) => sum + variance, 0);
    });
    expect(variances[1]! * 20).toBeLessThan(variances[0]!);
    expect(variances[2]! * 20).toBeLessThan(variances[0]!);
  });

  it("bounds without each particle, where some have no weight", () => {
    const bounds = (weights: readonly number[], mean: "geometric" | "arithmetic") =>
      boundsWithoutEach(weights.map(Math.log), mean).arraySync() as number[];
    const close = (received: readonly number[], expected: readonly number[]) =>
      received.forEach((each, i) => {
        expect(Math.exp(each)).toBeCloseTo(expected[i]!, 5);
      });
    close(bounds([1, 2, 8], "geometric"), [14 / 3, (9 + Math.sqrt(8)) / 3, (3 + Math.SQRT2) / 3]);
    close(bounds([1, 2, 8], "arithmetic"), [5, 4.5, 1.5]);
    close(bounds([0, 2, 8], "geometric"), [14 / 3, 8 / 3, 2 / 3]);
    close(bounds([0, 0, 3], "arithmetic"), [1.5, 1.5, 1]);
  });
});
