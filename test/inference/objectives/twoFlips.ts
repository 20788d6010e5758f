// A model of two dependent flips whose importance-weighted bounds are sums over 4^K particles.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Bool,
  type Distribution,
  enumerate,
  flip,
  gen,
  type IwelboOptions,
  iwelbo,
  measureValued,
  normal,
  observe,
  reinforce,
  sample,
} from "elbow";
import { expect } from "vitest";
import { estimateMoments, zScore } from "../../support/estimates.js";
import { differences, tuples } from "../../support/numbers.js";

// b ~ flip(0.3)², x ~ N(b₀ + 2b₁ + 1, 1)
type P = { l: Tensor };
export const flips = gen(function* (x: Tensor) {
  const a = yield* sample("a", flip(0.3));
  const b = yield* sample("b", flip(tf.add(0.2, a.mul(0.5))));
  yield* observe("x", normal(a.add(b.mul(2)).add(1), 1), x);
});
type Coin = (p: Tensor) => Distribution<Bool, never>;
export const guideOf = (first: Coin, second: Coin) =>
  gen(function* ({ l }: P, _x: Tensor) {
    const [s, t] = tf.unstack(tf.sigmoid(l)) as [Tensor, Tensor];
    const a = yield* sample("a", first(s));
    yield* sample("b", second(t.mul(a.mul(0.5).add(0.5))));
  });
const l = [-0.5, 0.25];
export const parameters = { l: tf.tensor1d(l) };
export const observed = 2;
const sigmoid = (u: number) => 1 / (1 + Math.exp(-u));
const bernoulli = (p: number, bit: number) => (bit ? p : 1 - p);
const exact =
  (particles: number) =>
  ([u, v]: readonly number[]) => {
    const each = tuples(2).map(([a, b]) => {
      const q = bernoulli(sigmoid(u!), a!) * bernoulli(sigmoid(v!) * (0.5 + a! / 2), b!);
      const p = bernoulli(0.3, a!) * bernoulli(0.2 + a! / 2, b!);
      const density = Math.exp(-0.5 * (observed - a! - 2 * b! - 1) ** 2) / Math.sqrt(2 * Math.PI);
      return { q, w: (p * density) / q };
    });
    return tuples(particles, 4).reduce((sum, ks) => {
      const mass = ks.reduce((product, k) => product * each[k]!.q, 1);
      return sum + mass * Math.log(ks.reduce((total, k) => total + each[k]!.w, 0) / particles);
    }, 0);
  };
export const scored: Coin = (p) => reinforce(flip(p));
export const coins: readonly [string, Coin][] = [
  ["reinforce", scored],
  ["reinforce with copies", (p) => reinforce(flip(p), { copies: 2 })],
  ["enumerate", (p) => enumerate(flip(p))],
  ["measureValued", (p) => measureValued(flip(p))],
];

/** Value and gradient of the bound of three particles are within 5 standard errors of the sums. */
export function expectTruth(
  first: Coin,
  second: Coin,
  score: NonNullable<IwelboOptions["score"]>,
  draws: number,
): void {
  const L = iwelbo(flips, guideOf(first, second), 3, { score });
  const [value, gradient] = estimateMoments(L, parameters, [tf.scalar(observed)], { draws, chunk: 2000 });
  expect(Math.abs(zScore(value![0]!, exact(3)(l), 1e-6))).toBeLessThan(5);
  const slopes = differences(exact(3), l);
  for (const [i, each] of gradient!.entries()) expect(Math.abs(zScore(each, slopes[i]!, 1e-6))).toBeLessThan(5);
}
