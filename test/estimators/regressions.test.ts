// Holes that were found once, each with the smallest program that showed it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, cond, enumerate, flip, gen, normal, objective, reinforce, reparam, sample, where } from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";

type Theta = { theta: Tensor };
const at = (theta: number) => ({ theta: tf.scalar(theta) });

/** The mean value and gradient of an objective of one scalar parameter agree with the truth. */
function agrees(
  objective: Parameters<typeof estimateMoments<Theta, []>>[0],
  theta: number,
  value: number,
  gradient: number,
): void {
  const [found, slope] = estimateMoments(objective, at(theta), [], { draws: 40_000 });
  expect(Math.abs(zScore(found![0]!, value))).toBeLessThan(5);
  expect(Math.abs(zScore(slope![0]!, gradient))).toBeLessThan(5);
}

describe("an operation that is linear in several operands, one of them fixed, is affine in the others", () => {
  const fixed = () => tf.tensor1d([3]);

  it("−concat(x, 3)", () => {
    const L = objective(function* ({ theta }: Theta) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return tf.sum(tf.neg(tf.concat([tf.reshape(x, [1]), fixed()])));
    });
    agrees(L, 0.25, -3.25, -1);
  });

  it("concat(x, 3) + concat(y, 3)", () => {
    const L = objective(function* ({ theta }: Theta) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      const y = yield* sample("y", reinforce(normal(theta, 1), { copies: 2 }));
      const both = [x, y].map((each) => tf.concat([tf.reshape(each, [1]), fixed()]));
      return tf.sum(tf.add(both[0]!, both[1]!));
    });
    agrees(L, 0.25, 6.5, 2);
  });

  it("2·where(mask, x, 3)", () => {
    const L = objective(function* ({ theta }: Theta) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return tf.sum(tf.mul(where([true, false], x, 3), 2));
    });
    agrees(L, 0.25, 6.5, 2);
  });
});

describe("branches", () => {
  it("equal addresses in both have randomness of their own: a score of one times the cost of the other is zero on average", () => {
    const L = objective(function* ({ theta }: Theta) {
      const b = yield* sample("b", reinforce(flip(0.5)));
      const one = gen(function* () {
        return yield* sample("x", reinforce(flip(theta)));
      });
      const two = gen(function* () {
        const x: Tensor = yield* sample("x", reinforce(flip(theta)));
        return tf.mul(x, 2);
      });
      return tf.square(yield* cond("c", b, one(), two()));
    });
    agrees(L, 0.25, 0.625, 2.5);
  });
});

describe("continuity", () => {
  // E over b of any function of b is continuous in x, by b's density
  it("a pathwise value may be a parameter of a site whose own value is not pathwise, whatever becomes of that", () => {
    const L = objective(function* ({ theta }: Theta) {
      const x = yield* sample("x", reparam(normal(tf.mul(theta, 0), 1e-30)));
      const b = yield* sample("b", enumerate(flip(tf.sigmoid(tf.add(theta, x)))));
      return where(tf.equal(b, 1), 2, 3);
    });
    const p = 1 / (1 + Math.exp(-0.25));
    agrees(L, 0.25, 3 - p, -p * (1 - p));
  });

  it("but not through a discontinuity on the way to that parameter", () => {
    const L = objective(function* ({ theta }: Theta) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return yield* sample("b", enumerate(flip(tf.sigmoid(tf.floor(x)))));
    });
    expect(() => estimateMoments(L, at(0.25), [], { draws: 10 })).toThrow(/discontinuity/);
  });
});

describe("enumeration where a probability is 0", () => {
  // exp(log p) has no derivative at p = 0, and log p none that is finite
  for (const p of [0, 1])
    it(`flip(${p})`, () => {
      const L = objective(function* ({ theta }: Theta) {
        const b: Tensor = yield* sample("b", enumerate(flip(theta)));
        return tf.square(tf.add(tf.mul(b, 2), 5));
      });
      agrees(L, p, 25 + 24 * p, 24);
    });

  it("categorical, with elements that are enumerated together", () => {
    const L = objective(function* ({ theta }: Theta) {
      const probs = tf.stack([theta, tf.sub(0.75, theta), tf.scalar(0.25)]);
      const k = yield* sample("k", enumerate(categorical({ probs: tf.stack([probs, probs]) })));
      return tf.square(tf.sum(k));
    });
    // E k = 1.25 − θ, Var k = 1.75 − θ − (1.25 − θ)²
    agrees(L, 0, 2 * (1.75 - 1.25 ** 2) + 4 * 1.25 ** 2, 2 * (-1 + 2 * 1.25) - 8 * 1.25);
  });
});

describe("second derivatives through kinks", () => {
  // ∂² E |x| = 2φ(θ), but |x| has the second derivative 0 almost everywhere
  const kinks: Record<string, (x: Tensor) => Tensor> = {
    abs: tf.abs,
    relu: tf.relu,
    max: (x) => tf.max(tf.stack([x, tf.square(x)])),
    topk: (x) => tf.sum(tf.topk(tf.stack([x, tf.square(x)]), 1).values),
  };
  for (const [name, kink] of Object.entries(kinks)) {
    const of = (strategy: (d: ReturnType<typeof normal>) => ReturnType<typeof reinforce>) =>
      objective(function* ({ theta }: Theta) {
        const x = yield* sample("x", strategy(normal(theta, 1)));
        return kink(x);
      });
    const hessian = (objective: ReturnType<typeof of>) =>
      estimateMoments(objective, at(0.25), [], { draws: 40_000, derived: "hvp" }, [tf.scalar(1)]);

    it(`${name} of a pathwise value is refused`, () => {
      expect(() => hessian(of(reparam))).toThrow(/derivative jumps/);
      expect(() => hessian(of((d) => d as never))).toThrow(/derivative jumps/);
      expect(() => estimateMoments(of(reparam), at(0.25), [], { draws: 10 })).not.toThrow();
    });

    if (name === "abs")
      it("and estimated with a score", () => {
        const density = Math.exp(-(0.25 ** 2) / 2) / Math.sqrt(2 * Math.PI);
        expect(Math.abs(zScore(hessian(of((d) => reinforce(d, { copies: 2 })))[0]![0]!, 2 * density))).toBeLessThan(5);
      });
  }
});
