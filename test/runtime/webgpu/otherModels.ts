// Objectives of models of other than normal variables.
import * as tf from "@tensorflow/tfjs-core";
import {
  beta,
  binomial,
  dirichlet,
  elbo,
  gamma,
  gen,
  iid,
  normal,
  type Objective,
  observe,
  poisson,
  reinforce,
  reparam,
  sample,
  studentT,
  vonMises,
  vonMisesFisher,
} from "elbow";

export const parameters = () => ({ a: tf.scalar(0.3), b: tf.scalar(0.7) });
export type Parameters = ReturnType<typeof parameters>;
const counts = () => tf.tensor1d([3, 1, 4, 1, 5]);
const angles = () => tf.tensor1d([0.3, -0.2, 0.5]);

export const objectives: Record<string, () => Objective<Parameters, readonly []>> = {
  "gamma and Poisson": () =>
    elbo(
      gen(function* () {
        const rate = yield* sample("rate", gamma(2, 1));
        yield* observe("y", iid(5, poisson(rate)), counts());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("rate", reparam(gamma(tf.exp(a), tf.exp(b))));
      }),
    ),
  "beta and binomial": () =>
    elbo(
      gen(function* () {
        const p = yield* sample("p", beta(1.5, 2));
        yield* observe("y", iid(5, binomial(9, { probs: p })), counts());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("p", reparam(beta(tf.exp(a), tf.exp(b))));
      }),
    ),
  dirichlet: () =>
    elbo(
      gen(function* () {
        const p = yield* sample("p", dirichlet([1, 2, 3]));
        yield* observe("y", normal(p, 0.1), tf.tensor1d([0.2, 0.3, 0.5]));
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("p", reparam(dirichlet(tf.exp(tf.stack([a, b, a])))));
      }),
    ),
  studentT: () =>
    elbo(
      gen(function* () {
        const x = yield* sample("x", studentT(4, 0, 1));
        yield* observe("y", iid(3, studentT(3, x, 1)), angles());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("x", reparam(studentT(5, a, tf.exp(b))));
      }),
    ),
  vonMises: () =>
    elbo(
      gen(function* () {
        const mean = yield* sample("mean", vonMises(0, 0.5));
        yield* observe("y", iid(3, vonMises(mean, 3)), angles());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("mean", reparam(vonMises(a, tf.exp(b))));
      }),
    ),
  vonMisesFisher: () =>
    elbo(
      gen(function* () {
        const direction = yield* sample("direction", vonMisesFisher([0, 0, 1], 0.5));
        yield* observe("y", normal(direction, 0.3), angles());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("direction", reparam(vonMisesFisher(tf.stack([tf.cos(a), tf.sin(a), tf.scalar(0)]), tf.exp(b))));
      }),
    ),
  "counts that are drawn": () =>
    elbo(
      gen(function* () {
        const n = yield* sample("n", poisson(4));
        const k = yield* sample("k", binomial(12, { probs: 0.3 }));
        yield* observe("y", iid(3, normal(tf.add(n, k), 1)), angles());
      }),
      gen(function* ({ a, b }: Parameters) {
        yield* sample("n", reinforce(poisson(tf.exp(a))));
        yield* sample("k", reinforce(binomial(12, { logits: b })));
      }),
    ),
};
