// Counts, one-hot vectors and mixtures behind an enumerated choice: their parameters differ between its lanes; repeated,
// and as one event.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  betaBinomial,
  type Distribution,
  dirichletMultinomial,
  enumerate,
  flip,
  iid,
  independent,
  mixture,
  multinomial,
  negativeBinomial,
  normal,
  objective,
  oneHotCategorical,
  orderedLogistic,
  poisson,
  reinforce,
  relaxedOneHot,
  reparam,
  sample,
  zeroInflated,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";

type Anything = Distribution<Tensor, never>;

const draws = 8000;
const second = (b: Tensor): Tensor => tf.stack([b, tf.scalar(1.5)]);
const share = (x: Tensor, i: number): Tensor => tf.squeeze(tf.slice(x, [i], [1]), [0]);

/** A distribution given b, what is computed of its values, and the mean of that for b = 0 and b = 1. */
type Case = readonly [string, (b: Tensor) => Anything, (x: Tensor) => Tensor, readonly [number, number]];

const cases: readonly Case[] = [
  ["mixture, pathwise", (b) => reparam(mixture([0.25, 0.75], normal(second(b), 0.5))), (x) => x, [1.125, 1.375]],
  [
    "mixture of two families",
    (b) => reparam(mixture([0.25, 0.75], [normal(b, 1), normal(1.5, 0.5)])),
    (x) => x,
    [1.125, 1.375],
  ],
  ["mixture, scored", (b) => reinforce(mixture([0.25, 0.75], poisson(second(b)))), (x) => x, [1.125, 1.375]],
  ["zeroInflated", (b) => reinforce(zeroInflated(poisson(tf.add(b, 1)), 0.25)), (x) => x, [0.75, 1.5]],
  ["negativeBinomial", (b) => reinforce(negativeBinomial(tf.add(b, 1), { probs: 0.5 })), (x) => x, [1, 2]],
  ["betaBinomial, enumerated", (b) => enumerate(betaBinomial(4, tf.add(b, 1), 1)), (x) => x, [2, 8 / 3]],
  ["orderedLogistic", (b) => enumerate(orderedLogistic(tf.mul(1e3, tf.sub(b, 0.5)), [-1, 1])), (x) => x, [0, 2]],
  [
    "oneHotCategorical",
    (b) => enumerate(oneHotCategorical({ probs: tf.stack([tf.mul(0.5, b), tf.sub(1, tf.mul(0.5, b))]) })),
    (x) => share(x, 0),
    [0, 0.5],
  ],
  [
    "multinomial",
    (b) => reinforce(multinomial(tf.add(b, 2), { probs: [0.25, 0.75] })),
    (x) => share(x, 0),
    [0.5, 0.75],
  ],
  ["dirichletMultinomial", (b) => reinforce(dirichletMultinomial(4, second(b.add(1.5)))), (x) => share(x, 0), [2, 2.5]],
  [
    "relaxedOneHot",
    (b) => reparam(relaxedOneHot(1, { logits: tf.stack([tf.mul(b, 1e-6), tf.scalar(0)]) })),
    (x) => share(x, 0),
    [0.5, 0.5],
  ],
  [
    "iid mixture",
    (b) => reparam(iid(3, mixture([0.25, 0.75], normal(second(b), 0.5)))),
    (x) => tf.mean(x),
    [1.125, 1.375],
  ],
  [
    "independent mixture",
    (b) => reparam(independent(iid(3, mixture([0.25, 0.75], normal(second(b), 0.5))))),
    (x) => tf.mean(x),
    [1.125, 1.375],
  ],
  [
    "iid oneHotCategorical",
    (b) => enumerate(iid(2, oneHotCategorical({ probs: tf.stack([tf.mul(0.5, b), tf.sub(1, tf.mul(0.5, b))]) }))),
    (x) => tf.sum(tf.slice(x, [0, 0], [2, 1])),
    [0, 1],
  ],
  [
    "independent oneHotCategorical",
    (b) =>
      reinforce(
        independent(iid(2, oneHotCategorical({ probs: tf.stack([tf.mul(0.5, b), tf.sub(1, tf.mul(0.5, b))]) }))),
      ),
    (x) => tf.sum(tf.slice(x, [0, 0], [2, 1])),
    [0, 1],
  ],
];

describe.each(cases)("%s", (_, build, of, [ifZero, ifOne]) => {
  it("has its mean given the choice, and the derivative in the choice's probability", () => {
    const L = objective(function* ({ p }: { p: Tensor }) {
      const b = yield* sample("b", enumerate(flip(p)));
      const x = of(yield* sample("x", build(b)));
      return tf.mul(tf.add(1, b), x);
    });
    const [value, gradient] = estimateMoments(L, { p: tf.scalar(0.25) }, [], { draws, chunk: 2000 });
    expect(Math.abs(zScore(value![0]!, 0.75 * ifZero + 0.25 * 2 * ifOne, 1e-6))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, 2 * ifOne - ifZero, 1e-6))).toBeLessThan(5);
  });
});
