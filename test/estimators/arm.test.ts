// arm and disarm beyond the table of exact moments (reference.test.ts): batches, combinations, orders, certainty.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { arm, bernoulli, type Distribution, disarm, flip, objective, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import type { Strategy } from "../../src/ir/site.js";
import { armStrategy } from "../../src/strategies/arm.js";
import { disarmStrategy } from "../../src/strategies/disarm.js";
import { withStrategy } from "../../src/strategies/strategy.js";
import { estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { worstScore } from "../support/expectations.js";
import { differences, overFlips, sigmoid } from "../support/numbers.js";
import { type Coin, coinCases, expectRight, type P } from "./discreteCases.js";

const mixing = (on: (d: Coin) => Distribution<Tensor, never>) =>
  objective(function* ({ a }: P) {
    const b = yield* sample("b", on(bernoulli({ logits: a })));
    return b.mul([1, 2, -1.5]).sum().sub(0.7).square();
  });
const a = [0.3, -0.8, 1.1];
const at = { a: tf.tensor1d(a) };

describe.each([
  ["arm", arm],
  ["disarm", disarm],
] as const)("%s", (name, on) => {
  it.each(coinCases(on))("%s", (_, L, point) => expectRight(L, point, 10_000));

  it("takes two lanes for any number of coins that a cost mixes", () => {
    const L = objective(function* ({ p }: { p: Tensor }) {
      return (yield* sample("b", on(flip(p)))).sum().square();
    });
    const [site] = prepare(L, { p: tf.fill([1000], 0.5) }, []).sites;
    expect([site!.strategy.name, site!.lanes, site!.strategy.isUnbiased]).toEqual([name, 2, true]);
  });

  it("refuses a second derivative", () => {
    expect(() => estimateMoments(mixing(on), at, [], { draws: 2, derived: "hvp" }, [at.a])).toThrow(
      new RegExp(`second derivative through an ${name} site`),
    );
  });

  it("has finite estimates for coins that are certain, and right ones for the others", () => {
    const L = objective(function* ({ p }: { p: Tensor }) {
      return (yield* sample("b", on(flip(p)))).mul([1, 2, 4]).sum().square();
    });
    const results = estimateMoments(L, { p: tf.tensor1d([0, 0.5, 1]) }, [], { draws: 2000 });
    // b = (0, b, 1): value ½·16 + ½·36, slope 36 − 16
    const [first, second, third] = results[1]!;
    expect(Math.abs(zScore(results[0]![0]!, 26))).toBeLessThan(5);
    expect(Math.abs(zScore(second!, 20))).toBeLessThan(5);
    expect([first!.mean, third!.mean]).toEqual([0, 0]);
  });

  it("draws what the family draws: the first of both runs", () => {
    const L = objective(function* ({ a: logits }: P) {
      return (yield* sample("b", on(bernoulli({ logits })))).mul([1, 10, 100]).sum();
    });
    for (const seed of [1, 2, 3]) {
      const own = objective(function* ({ a: logits }: P) {
        return tf
          .stack(tf.unstack(yield* sample("b", withStrategy(bernoulli({ logits }) as never, drawn))))
          .mul([1, 10, 100])
          .sum();
      });
      const [[pair], [single]] = [estimateOnce(L, at, [], { seed }), estimateOnce(own, at, [], { seed })];
      // the mean of the run and of its mirror image
      expect(Number.isInteger(2 * pair![0]! - single![0]!)).toBe(true);
    }
  });
});

/** The family's own draw, without any derivative. */
const drawn: Strategy = {
  ...armStrategy,
  name: "drawn",
  draw: ({ family, parameters, key, batch }) => ({ value: family.draw(parameters, key, batch), keep: {} }),
  contract: ({ cost }) => ({ estimate: cost }),
};

it("disarm has less variance than arm, element by element", () => {
  const variances = [arm, disarm].map((on) => estimateMoments(mixing(on), at, [], { draws: 20_000 })[1]!);
  for (const [i, { variance }] of variances[1]!.entries()) expect(variance).toBeLessThan(variances[0]![i]!.variance);
});

it("negative control: a derivative that is a tenth too small, or turned round, is seen", () => {
  const truth = (l: readonly number[]) =>
    overFlips(l.map(sigmoid), (b) => (b[0]! + 2 * b[1]! - 1.5 * b[2]! - 0.7) ** 2);
  const expected = [truth(a), differences(truth, a)];
  for (const strategy of [armStrategy, disarmStrategy]) {
    const broken = (change: (weight: Tensor) => Tensor): Strategy => ({
      ...strategy,
      draw: (site) => {
        const { keep, ...rest } = strategy.draw(site);
        return { ...rest, keep: { weight: change(keep.weight!) } };
      },
    });
    const score = (of: Strategy) =>
      worstScore(
        mixing((d) => withStrategy(d as never, of)),
        at,
        expected,
        20_000,
        1e-6,
      );
    expect(score(broken((weight) => weight))).toBeLessThan(5);
    expect(score(broken((weight) => weight.mul(0.9)))).toBeGreaterThan(5);
    expect(score(broken((weight) => tf.neg(weight)))).toBeGreaterThan(5);
  }
});
