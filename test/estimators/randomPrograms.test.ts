import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { transpose } from "../../src/ir/primitives/axes.js";
import { cumsum } from "../../src/ir/primitives/cumulative.js";
import { gather } from "../../src/ir/primitives/indexing.js";
import { matMul } from "../../src/ir/primitives/matMul.js";
import { reverse } from "../../src/ir/primitives/slicing.js";
import type { Primitive } from "../../src/ir/program.js";
import type { Contraction, Strategy } from "../../src/ir/site.js";
import { reinforceStrategy } from "../../src/strategies/reinforce.js";
import { checkProgram, checkRandomPrograms, programNumbers } from "./checkPrograms.js";
import { randomProgram } from "./randomPrograms.js";
import type { Sabotage } from "./runProgram.js";

describe("random programs", () => {
  // a thousand others in randomPrograms.slow.test.ts
  it("are estimated with the mean value and gradient that enumeration gives, or refused", { timeout: 120_000 }, () => {
    const { agrees, refused } = checkRandomPrograms(50, 20_260, { draws: 500 });
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

/** Rules that take axes for aligned which are not. */
const alignedAnyhow: readonly Primitive[] = [cumsum, reverse, transpose, gather, matMul].map(
  (emitter) => emitter.primitive,
);

describe("the comparison sees a wrong alignment of axes (negative control)", () => {
  afterEach(() => vi.restoreAllMocks());
  it("of sums, turns, products and picks along an axis", { timeout: 120_000 }, () => {
    const check = () => {
      const scored: Sabotage = () => reinforceStrategy();
      return fc
        .sample(programNumbers, { numRuns: 80, seed: 6 })
        .map((numbers) =>
          checkProgram(randomProgram(numbers), { draws: 1000, seed: 1, sabotage: scored, isHasty: true }),
        )
        .filter(({ kind }) => kind === "differs").length;
    };
    expect(check()).toBe(0);
    for (const primitive of alignedAnyhow)
      vi.spyOn(primitive, "axes").mockImplementation((inputs, _, [output]) => [
        inputs.map(({ shape }) => shape.map((size, axis) => (output!.shape[axis] === size ? axis : null))),
      ]);
    expect(check()).toBeGreaterThan(1);
  });
});
