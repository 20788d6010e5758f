import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Contraction, Strategy } from "../../src/ir/site.js";
import { reinforceStrategy } from "../../src/strategies/reinforce.js";
import { checkProgram, checkRandomPrograms, programNumbers } from "./checkPrograms.js";
import { randomProgram } from "./randomPrograms.js";
import type { Sabotage } from "./runProgram.js";

describe("random programs", () => {
  it("are estimated with the mean value and gradient that enumeration gives, or refused", { timeout: 120_000 }, () => {
    const { agrees, refused } = checkRandomPrograms(150, 20_260, { draws: 1000 });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });
});

/** A score-function strategy with another contraction. */
const wrong = (copies: number, estimate: (cost: tf.Tensor, score: tf.Tensor) => tf.Tensor): Strategy => ({
  ...reinforceStrategy({ copies }),
  contract: ({ cost, keep }: Contraction) => {
    const estimates = estimate(cost, keep.logDensity!);
    return { estimate: copies > 1 ? tf.mean(estimates, 0) : estimates };
  },
});
const ratio = (logDensity: tf.Tensor, sign = 1) => {
  const fixed = reinforceStrategy().contract!({
    cost: tf.onesLike(logDensity),
    keep: { logDensity },
    state: undefined,
    isMixed: [],
    isMixedBySome: [],
  }).estimate;
  return sign === 1 ? fixed : tf.reciprocal(fixed);
};
const mutants: Record<string, Strategy> = {
  "a dropped score": wrong(1, (cost) => cost),
  "a score of the wrong sign": wrong(1, (cost, logDensity) => tf.mul(cost, ratio(logDensity, -1))),
  "a baseline that is not given back": wrong(1, (cost, logDensity) => tf.mul(tf.sub(cost, 0.5), ratio(logDensity))),
  "a baseline that has the draw itself in it": wrong(2, (cost, logDensity) => {
    const mean = tf.mean(cost, 0, true);
    return tf.add(tf.mul(tf.sub(cost, mean), ratio(logDensity)), mean);
  }),
};

describe("the comparison sees (negative controls)", () => {
  for (const [name, strategy] of Object.entries(mutants))
    it(name, { timeout: 60_000 }, () => {
      const sabotage: Sabotage = (site) =>
        site === "measureValued" || site === "enumerate" || site === "reparam" || site === "default"
          ? undefined
          : strategy;
      const verdicts = fc
        .sample(programNumbers, { numRuns: 20, seed: 5 })
        .map((numbers) => checkProgram(randomProgram(numbers), { draws: 1000, seed: 1, sabotage, isHasty: true }).kind);
      expect(verdicts.filter((kind) => kind === "differs").length).toBeGreaterThan(3);
    });
});
