// Every strategy that a continuous family offers, on a nonlinear cost: f(x) = (x + ½)/(1 + x²), whose expectation is an
// integral over a normal variable by the quantiles of the family, differentiated by differences.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  beta,
  cauchy,
  censored,
  chi2,
  type Distribution,
  exponential,
  fromSampler,
  gamma,
  gumbel,
  halfCauchy,
  halfNormal,
  inverseGamma,
  kumaraswamy,
  laplace,
  logistic,
  logNormal,
  masked,
  measureValued,
  muProp,
  normal,
  objective,
  pareto,
  reinforce,
  reparam,
  sample,
  scaled,
  studentT,
  truncated,
  truncatedNormal,
  uniform,
  vonMises,
  weibull,
} from "elbow";
import { describe, expect, it } from "vitest";
import { stopGradient } from "../../src/ops/marks.js";
import { normalQuantile } from "../../src/util/normalQuantile.js";
import { erfc } from "../../src/util/special/erf.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { differences } from "../support/numbers.js";
import { inDoubles, toArray } from "./arrays.js";

type Anything = Distribution<Tensor, never>;
type Offering = Distribution<any, any>;
type Build = (...parameters: Tensor[]) => Offering;

const cost = (x: Tensor): Tensor => tf.div(tf.add(x, 0.5), tf.add(1, tf.square(x)));

/** Nodes z of the trapezoidal rule as probabilities, with their weights. */
const nodes = Array.from({ length: 3201 }, (_, i) => -8 + i / 200).map((z) => ({
  p: 0.5 * erfc(-z / Math.SQRT2),
  weight: Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / 200,
}));
const probabilities = {
  shape: [nodes.length],
  dtype: "float32" as const,
  elements: Float64Array.from(nodes, ({ p }) => p),
};
const weights = { ...probabilities, elements: Float64Array.from(nodes, ({ weight }) => weight) };

/** E f, by the quantiles. */
const expectation = (build: Build, parameters: readonly number[]): number =>
  inDoubles(
    (p, w, ...own) => {
      const { family, parameters: converted } = build(...own) as Anything;
      return tf.sum(tf.mul(w, cost(family.quantile!(converted, p))));
    },
    [probabilities, weights, ...parameters.map(toArray)],
  ).elements[0]!;

const score = (d: Offering): Anything => reinforce(d as Distribution<Tensor, "reinforce">, { copies: 2 });
const strategies: Readonly<Record<string, (d: Offering) => Anything>> = {
  reparam: (d) => reparam(d as Distribution<Tensor, "reparam">),
  reinforce: score,
  muProp: (d) => muProp(d as Distribution<Tensor, "muProp">),
  measureValued: (d) => measureValued(d as Distribution<Tensor, "measureValued">),
};
const [pathwise, scored, weak] = [
  ["reparam"],
  ["reparam", "reinforce", "muProp"],
  ["reparam", "reinforce", "muProp", "measureValued"],
];

/** A Weibull variable whose draws carry no derivative: that is in the distribution function alone. */
const opaqueWeibull = (k: Tensor, l: Tensor) =>
  fromSampler({
    name: "opaqueWeibull",
    support: "positive",
    parameters: { k, l },
    sampler: (own, noise) => {
      const e = tf.neg(tf.log(noise.uniform()));
      return stopGradient(tf.mul(own.l, tf.pow(e, tf.reciprocal(own.k))));
    },
    logDensity: (own, x) => {
      const z = tf.div(x, own.l);
      const power = tf.mul(tf.sub(own.k, 1), tf.log(z));
      return tf.sub(tf.add(tf.log(tf.div(own.k, own.l)), power), tf.pow(z, own.k));
    },
    cdf: (own, x) => tf.neg(tf.expm1(tf.neg(tf.pow(tf.div(x, own.l), own.k)))),
    quantile: (own, p) => tf.mul(own.l, tf.pow(tf.neg(tf.log1p(tf.neg(p))), tf.reciprocal(own.k))),
  });

const cases: readonly (readonly [string, Build, readonly number[], readonly string[]])[] = [
  ["normal", (m, s) => normal(m!, s!), [0.25, 0.75], weak!],
  ["logNormal", (m, s) => logNormal(m!, s!), [0.25, 0.75], scored!],
  ["halfNormal", (s) => halfNormal(s!), [0.75], weak!],
  ["cauchy", (m, s) => cauchy(m!, s!), [0.25, 0.75], ["reparam", "reinforce"]],
  ["halfCauchy", (s) => halfCauchy(s!), [0.75], ["reparam", "reinforce"]],
  ["studentT", (df, m, s) => studentT(df!, m!, s!), [3, 0.25, 0.75], scored!],
  ["laplace", (m, s) => laplace(m!, s!), [0.25, 0.75], weak!],
  ["logistic", (m, s) => logistic(m!, s!), [0.25, 0.75], scored!],
  ["gumbel", (m, s) => gumbel(m!, s!), [0.25, 0.75], scored!],
  ["uniform", (low, high) => uniform(low!, high!), [-0.5, 2], pathwise!],
  ["truncatedNormal", (m, s, low) => truncatedNormal(m!, s!, { low: low! }), [0.25, 0.75, 0.5], pathwise!],
  ["truncatedNormal, fixed", (m, s) => truncatedNormal(m!, s!, { low: 0.5, high: 2 }), [0.25, 0.75], scored!],
  ["exponential", (r) => exponential(r!), [1.5], weak!],
  ["gamma", (a, r) => gamma(a!, r!), [1.5, 2], weak!],
  ["inverseGamma", (a, b) => inverseGamma(a!, b!), [2.5, 2], scored!],
  ["chi2", (df) => chi2(df!), [3], scored!],
  ["beta", (a, b) => beta(a!, b!), [1.5, 2.5], scored!],
  ["kumaraswamy", (a, b) => kumaraswamy(a!, b!), [1.5, 2.5], scored!],
  ["weibull", (k, l) => weibull(k!, l!), [1.5, 2], scored!],
  ["pareto", (s, a) => pareto(s!, a!), [0.5, 2.5], pathwise!],
  ["pareto, fixed scale", (a) => pareto(0.5, a!), [2.5], scored!],
  ["vonMises", (m, kappa) => vonMises(m!, kappa!), [0.25, 2], pathwise!],
  ["vonMises, fixed mean", (kappa) => vonMises(0.25, kappa!), [2], scored!],
  [
    "truncated(gamma)",
    (a, r, low, high) => truncated(gamma(a!, r!), { low: low!, high: high! }),
    [1.5, 2, 0.25, 1.5],
    pathwise!,
  ],
  ["truncated(gamma), in the tail", (a, r, low) => truncated(gamma(a!, r!), { low: low! }), [1.5, 2, 4], pathwise!],
  [
    "truncated(logistic), fixed",
    (m, s) => truncated(logistic(m!, s!), { low: -1, high: 1.5 }),
    [0.25, 0.75],
    ["reparam", "reinforce"],
  ],
  ["censored(logistic)", (m, s) => censored(logistic(m!, s!), { low: -1, high: 1.5 }), [0.25, 0.75], ["reinforce"]],
  ["masked(gumbel)", (m, s) => masked(gumbel(m!, s!), false), [0.25, 0.75], pathwise!],
  ["scaled(gumbel)", (m, s) => scaled(gumbel(m!, s!), 3), [0.25, 0.75], pathwise!],
  ["fromSampler with a distribution function", (k, l) => opaqueWeibull(k!, l!), [1.5, 2], ["reparam", "reinforce"]],
];

/** |z| of value and gradient of the estimator against the truth. */
function scores(build: Build, parameters: readonly number[], strategy: (d: Offering) => Anything): number[] {
  const L = objective(function* (given: Record<string, Tensor>) {
    return cost(yield* sample("x", strategy(build(...parameters.map((_, i) => given[`p${i}`]!)))));
  });
  const tensors = Object.fromEntries(parameters.map((each, i) => [`p${i}`, tf.scalar(each)]));
  const [value, ...gradient] = estimateMoments(L, tensors, [], { draws: 10_000, chunk: 5000 });
  const truths = [expectation(build, parameters), ...differences((at) => expectation(build, at), parameters)];
  return [value!, ...gradient].map(([moments], i) => Math.abs(zScore(moments!, truths[i]!)));
}

describe.each(cases)("%s", (_, build, parameters, offered) => {
  it.each(offered.map((name) => [name] as const))("%s is unbiased", (name) => {
    expect(Math.max(...scores(build, parameters, strategies[name]!))).toBeLessThan(5);
  });
});

it("negative control: a draw that moves with half of its scale is found out", () => {
  const half = (s: Tensor): Offering => {
    const of = weibull(1.5, s);
    const family = {
      ...of.family,
      draw: (own: readonly Tensor[], key: Tensor, batch: readonly number[]) => {
        const x = of.family.draw(own, key, batch);
        return tf.add(tf.mul(0.5, x), tf.mul(0.5, stopGradient(x)));
      },
    };
    return { ...of, family };
  };
  expect(Math.max(...scores((s) => half(s!), [2], strategies.reparam!))).toBeGreaterThan(5);
});

it("the nodes themselves integrate a normal variable", () => {
  const sum = nodes.reduce((total, { p, weight }) => total + weight * normalQuantile(p) ** 2, 0);
  expect(Math.abs(sum - 1)).toBeLessThan(1e-9);
});
