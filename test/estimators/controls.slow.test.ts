// Computations side by side and their controls, around every strategy for coins.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  arm,
  average,
  controlVariate,
  type Distribution,
  disarm,
  enumerate,
  estimates,
  flip,
  importance,
  leaveOneOut,
  localExpectation,
  measureValued,
  muProp,
  normal,
  objective,
  quadrature,
  rebar,
  reinforce,
  replicate,
  sample,
  topK,
  unorderedSet,
} from "elbow";
import { describe, it } from "vitest";
import { expectUnbiased } from "../support/expectations.js";
import { differences, overFlips, sigmoid } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };
type Coin = (l: Tensor) => Distribution<Tensor, never>;
const probability = (l: Tensor) => flip(tf.sigmoid(l));
const coins: readonly [string, Coin][] = [
  ["arm", (l) => arm(probability(l))],
  ["disarm", (l) => disarm(probability(l))],
  ["enumerate", (l) => enumerate(probability(l))],
  ["importance", (l) => importance(probability(l), flip(0.5), { copies: 2 })],
  ["localExpectation", (l) => localExpectation(probability(l))],
  ["measureValued", (l) => measureValued(probability(l))],
  ["muProp", (l) => muProp(probability(l))],
  ["rebar", (l) => rebar(probability(l))],
  ["reinforce", (l) => reinforce(probability(l))],
  ["reinforce, optimal", (l) => reinforce(probability(l), { copies: 3, baseline: "optimal" })],
  ["topK", (l) => topK(probability(l), { k: 1 })],
  ["unorderedSet", (l) => unorderedSet(probability(l), { k: 2 })],
];

// a ~ flip(σ(θ)), b ~ flip(σ(a − θ)), x ~ N(b, 1): ((a + 2b + x)·θ + 1)²
const chain = (first: Coin, second: Coin) =>
  function* (theta: Tensor) {
    const a = yield* sample("a", first(theta));
    const b = yield* sample("b", second(a.sub(theta)));
    const x = yield* sample("x", quadrature(normal(b, 1)));
    return a.add(b.mul(2)).add(x).mul(theta).add(1).square();
  };
const over = (p: number, of: (m: number) => number) =>
  overFlips([sigmoid(p)], ([a]) => overFlips([sigmoid(a! - p)], ([b]) => of((a! + 3 * b!) * p + 1)));
const mean = ([p]: readonly number[]) => over(p!, (m) => m ** 2 + p! ** 2);
const second = (p: number) => over(p, (m) => m ** 4 + 6 * m ** 2 * p ** 2 + 3 * p ** 4);
const square = ([p]: readonly number[]) => 2 * second(p!) + 2 * mean([p!]) ** 2;
const truth = [mean([th]), differences(mean, [th])] as const;
const squared = [square([th]), differences(square, [th])] as const;

const scored: Coin = (l) => reinforce(probability(l));
const both = coins.flatMap(([name, coin]) => [
  [`${name} first`, coin, scored] as const,
  [`${name} second`, scored, coin] as const,
]);

describe("every strategy", () => {
  it.each(both)("in average: %s", (_, first, last) => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* average(3, () => chain(first, last)(theta));
    });
    expectUnbiased(L, at, truth);
  });

  it.each(both)("in leaveOneOut: %s", (_, first, last) => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* leaveOneOut(3, () => chain(first, last)(theta));
    });
    expectUnbiased(L, at, truth);
  });

  it.each(both)("in estimates: %s", (_, first, last) => {
    const L = objective(function* ({ th: theta }: T) {
      return (yield* estimates(3, () => chain(first, last)(theta))).mean();
    });
    expectUnbiased(L, at, truth);
  });

  it.each(both)("in parts that a cost mixes: %s", (_, first, last) => {
    const L = objective(function* ({ th: theta }: T) {
      const v = yield* replicate(2, () => chain(first, last)(theta));
      return controlVariate(v.sum().square(), v.sum().sub(v).mul(1.5).square(), v);
    });
    expectUnbiased(L, at, squared, 4000);
  });
});
