// Every family under every strategy that it offers: E x₁x₂ + x₁ of two independent draws is m₁m₂ + m₁.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  type Distribution,
  delta,
  enumerate,
  exponential,
  flip,
  gamma,
  geometric,
  gumbel,
  halfNormal,
  iid,
  independent,
  inverseGamma,
  logistic,
  logNormal,
  measureValued,
  multivariateNormal,
  normal,
  objective,
  poisson,
  reinforce,
  reparam,
  sample,
  studentT,
  truncatedNormal,
  uniform,
  vonMises,
  weibull,
} from "elbow";
import { describe, expect, it } from "vitest";
import { stopGradient } from "../../src/ops/marks.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { gradientInDoubles } from "./arrays.js";

type Anything = Distribution<Tensor, never>;
/** A distribution of two values (two batch elements, or one event), as a function of its parameter. */
type Build = (theta: Tensor) => Anything;

const pathwise: readonly (readonly [string, Build, readonly number[]])[] = [
  ["reparam(normal)", (t) => reparam(normal(t, 0.5)), [0.3, 0.7]],
  ["reparam(normal), its scale", (t) => reparam(normal(1, t)), [0.3, 0.7]],
  ["reparam(logNormal)", (t) => reparam(logNormal(t, 0.3)), [0.1, -0.2]],
  ["reparam(halfNormal)", (t) => reparam(halfNormal(t)), [0.5, 2]],
  ["reparam(uniform)", (t) => reparam(uniform(0, t)), [0.5, 2]],
  ["reparam(exponential)", (t) => reparam(exponential(t)), [0.5, 2]],
  ["reparam(delta)", (t) => reparam(delta(t)), [0.5, 2]],
  ["reparam(independent)", (t) => reparam(independent(normal(t, 1))), [0.5, 2]],
  ["reparam(multivariateNormal)", (t) => reparam(multivariateNormal(t, { scaleDiag: [1, 2] })), [0.5, 2]],
  ["reparam(studentT)", (t) => reparam(studentT(5, t, 0.5)), [0.3, 0.7]],
  ["reparam(logistic)", (t) => reparam(logistic(t, 0.5)), [0.3, 0.7]],
  ["reparam(gumbel), its scale", (t) => reparam(gumbel(1, t)), [0.3, 0.7]],
  ["reparam(inverseGamma)", (t) => reparam(inverseGamma(t, 2)), [4, 5]],
  ["reparam(weibull)", (t) => reparam(weibull(t, 2)), [1.5, 3]],
  ["reparam(vonMises)", (t) => reparam(vonMises(t, 2)), [0.3, 0.7]],
  ["reparam(truncatedNormal)", (t) => reparam(truncatedNormal(t, 1, { low: 0, high: 2 })), [0.3, 0.7]],
  ["reparam(truncatedNormal), its bound", (t) => reparam(truncatedNormal(0, 1, { low: t })), [0.5, 4]],
  ["reparam(iid)", (t) => reparam(iid(2, exponential(t))), [1.5]],
];

const scored: typeof pathwise = [
  ["reinforce(logNormal)", (t) => reinforce(logNormal(t, 0.3)), [0.1, -0.2]],
  ["reinforce(halfNormal)", (t) => reinforce(halfNormal(t), { copies: 2 }), [0.5, 2]],
  ["reinforce(exponential)", (t) => reinforce(exponential(t), { copies: 2 }), [0.5, 2]],
  ["reinforce(flip)", (t) => reinforce(flip(t)), [0.3, 0.8]],
  ["reinforce(bernoulli)", (t) => reinforce(bernoulli({ logits: t })), [-1, 0.5]],
  ["reinforce(categorical)", (t) => reinforce(categorical({ logits: tf.reshape(t, [2, 3]) })), [0, 1, -1, 0.5, 0, 0]],
  ["reinforce(geometric)", (t) => reinforce(geometric({ logits: t }), { copies: 2 }), [0, 0.5]],
  ["reinforce(poisson)", (t) => reinforce(poisson(t), { copies: 2 }), [1, 3]],
  ["reinforce(independent(flip))", (t) => reinforce(independent(flip(t))), [0.3, 0.8]],
  [
    "reinforce(multivariateNormal)",
    (t) =>
      reinforce(
        multivariateNormal(t, {
          covariance: [
            [1, 0],
            [0, 2],
          ],
        }),
      ),
    [0.5, 1],
  ],
  ["reinforce(studentT)", (t) => reinforce(studentT(5, t, 0.5), { copies: 2 }), [0.3, 0.7]],
  ["reinforce(logistic)", (t) => reinforce(logistic(t, 0.5), { copies: 2 }), [0.3, 0.7]],
  ["reinforce(gumbel)", (t) => reinforce(gumbel(t, 0.5), { copies: 2 }), [0.3, 0.7]],
  ["reinforce(inverseGamma)", (t) => reinforce(inverseGamma(t, 4), { copies: 2 }), [6, 7]],
  ["reinforce(weibull)", (t) => reinforce(weibull(t, 2), { copies: 2 }), [1.5, 3]],
  ["reinforce(truncatedNormal)", (t) => reinforce(truncatedNormal(t, 1, { low: 0, high: 2 }), { copies: 2 }), [0.3, 1]],
  ["reinforce(iid)", (t) => reinforce(iid(2, poisson(t))), [1.5]],
];

const weak: typeof pathwise = [
  ["measureValued(halfNormal)", (t) => measureValued(halfNormal(t)), [0.5, 2]],
  ["measureValued(exponential)", (t) => measureValued(exponential(t)), [0.5, 2]],
  ["measureValued(flip)", (t) => measureValued(flip(t)), [0.3, 0.8]],
  ["measureValued(bernoulli)", (t) => measureValued(bernoulli({ logits: t })), [-1, 0.5]],
  [
    "measureValued(categorical)",
    (t) => measureValued(categorical({ logits: tf.reshape(t, [2, 3]) })),
    [0, 1, -1, 0.5, 0, 0],
  ],
  ["measureValued(geometric)", (t) => measureValued(geometric({ probs: t })), [0.4, 0.7]],
  ["measureValued(poisson)", (t) => measureValued(poisson(t)), [1, 3]],
  ["measureValued(gamma)", (t) => measureValued(gamma(t, 2)), [0.75, 2]],
  ["measureValued(iid)", (t) => measureValued(iid(2, poisson(t))), [1.5]],
];

const exact: typeof pathwise = [
  ["enumerate(flip)", (t) => enumerate(flip(t)), [0.3, 0.8]],
  ["enumerate(bernoulli)", (t) => enumerate(bernoulli({ logits: t })), [-1, 0.5]],
  ["enumerate(categorical)", (t) => enumerate(categorical({ logits: tf.reshape(t, [2, 3]) })), [0, 1, -1, 0.5, 0, 0]],
  [
    "enumerate(categorical), probs",
    (t) => enumerate(categorical({ probs: tf.stack([tf.sub(1, t), t], -1) })),
    [0.2, 0.7],
  ],
  ["enumerate(iid)", (t) => enumerate(iid(2, flip(t))), [0.3]],
];

/** x₁x₂ + x₁ */
function cost(x: Tensor): Tensor {
  const [first, second] = tf.split(tf.broadcastTo(x, [2]), 2);
  return tf.squeeze(tf.add(tf.mul(first!, second!), first!));
}

describe.each([...pathwise, ...scored, ...weak, ...exact])("%s", (name, build, theta) => {
  it("has an unbiased gradient", () => {
    const L = objective(function* ({ t }: { t: Tensor }) {
      return cost(yield* sample("x", build(t)));
    });
    const isOne = theta.length === 1;
    const parameter = isOne ? tf.scalar(theta[0]!) : tf.tensor1d([...theta]);
    const ofMean = (t: Tensor) => {
      const { family, parameters } = build(t);
      return cost(family.mean!(parameters));
    };
    const elements = Float64Array.from(parameter.dataSync());
    const truth = gradientInDoubles(ofMean, [{ shape: parameter.shape, dtype: "float32", elements }]);
    // a gamma variable's weak derivative takes thirty times as long as others
    const draws = name.startsWith("enumerate") ? 100 : name === "measureValued(gamma)" ? 10_000 : 40_000;
    const [value, gradient] = estimateMoments(L, { t: parameter }, [], { draws, chunk: Math.min(draws, 4000) });
    expect(Math.abs(zScore(value![0]!, truth.value))).toBeLessThan(5);
    for (const [i, moments] of gradient!.entries())
      expect(Math.abs(zScore(moments, truth.gradient[0]![i]!))).toBeLessThan(5);
    if (name.startsWith("enumerate")) expect(Math.max(...gradient!.map(({ error }) => error))).toBeLessThan(1e-9);
  });
});

it("negative control: a pathwise derivative that is cut is found to be biased", () => {
  const L = objective(function* ({ t }: { t: Tensor }) {
    const x = yield* sample("x", reparam(exponential(t)));
    return cost(tf.add(x, tf.mul(0.05, stopGradient(x))));
  });
  const [, gradient] = estimateMoments(L, { t: tf.tensor1d([0.5, 2]) }, [], { draws: 40_000, chunk: 4000 });
  // E 1.05²x₁x₂ + 1.05x₁ = 1.1025/(t₁t₂) + 1.05/t₁
  expect(Math.abs(zScore(gradient![0]!, -(1.1025 / 2 + 1.05) / 0.25))).toBeGreaterThan(5);
});
