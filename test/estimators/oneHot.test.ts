// Choices of unit vectors: enumeration of vectors, their relaxation, and batches of them.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Distribution,
  enumerate,
  gumbelSoftmax,
  localExpectation,
  objective,
  oneHotCategorical,
  sample,
  straightThrough,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";

type Anything = Distribution<Tensor, never>;
const draws = 20_000;

describe("one-hot vectors", () => {
  const logits = [0.5, -0.25, 0];
  const linear = tf.tensor1d([1, -2, 0.5]);
  const gradientOf = (strategy: (d: ReturnType<typeof oneHotCategorical>) => Anything, n: number) => {
    const L = objective(function* ({ l }: { l: Tensor }) {
      return tf.sum(tf.mul(yield* sample("x", strategy(oneHotCategorical({ logits: l }))), linear));
    });
    return estimateMoments(L, { l: tf.tensor1d(logits) }, [], { draws: n, chunk: Math.min(n, 4000) });
  };
  it("straightThrough is exact for a linear cost", () => {
    const [value, exactGradient] = gradientOf((d) => enumerate(d), 4);
    const [drawn, gradient] = gradientOf((d) => straightThrough(d), draws);
    expect(Math.abs(zScore(drawn![0]!, value![0]!.mean))).toBeLessThan(5);
    for (const [i, each] of gradient!.entries()) expect(each.mean).toBeCloseTo(exactGradient![i]!.mean, 9);
  });
  it("hard gumbelSoftmax draws unit vectors", () => {
    const [value] = gradientOf((d) => enumerate(d), 4);
    const [drawn] = gradientOf((d) => gumbelSoftmax(d, { temperature: 0.5, hard: true }), draws);
    expect(Math.abs(zScore(drawn![0]!, value![0]!.mean))).toBeLessThan(5);
  });
  it("enumerates batches that a cost mixes, jointly", () => {
    const L = objective(function* ({ l }: { l: Tensor }) {
      const x = yield* sample("x", enumerate(oneHotCategorical({ logits: tf.stack([l, tf.neg(l)]) })));
      const y = tf.sum(tf.mul(x, linear), -1);
      return tf.square(tf.sum(y));
    });
    const [value] = estimateMoments(L, { l: tf.tensor1d(logits) }, [], { draws: 2, chunk: 2 });
    const law = (signed: number) => {
      const weights = logits.map((l) => Math.exp(signed * Math.fround(l)));
      const total = weights.reduce((sum, each) => sum + each);
      return weights.map((each) => each / total);
    };
    const at = [1, -2, 0.5];
    const truth = law(1).reduce(
      (sum, p, i) => sum + law(-1).reduce((inner, q, j) => inner + p * q * (at[i]! + at[j]!) ** 2, 0),
      0,
    );
    expect(value![0]!.mean).toBeCloseTo(truth, 9);
  });
  it("is enumerated by default", () => {
    const L = objective(function* ({ l }: { l: Tensor }) {
      return tf.square(tf.sum(tf.mul(yield* sample("x", oneHotCategorical({ logits: l })), linear)));
    });
    const [value] = estimateMoments(L, { l: tf.tensor1d(logits) }, [], { draws: 10, chunk: 10 });
    expect(value![0]!.variance).toBeLessThan(1e-18);
  });
  it("refuses strategies for numbers", () => {
    expect(() => localExpectation(oneHotCategorical({ logits }) as never)).toThrow("it has no finite support");
  });
});
