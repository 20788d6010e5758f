// Measure-valued derivatives: gamma variables in every layout, and random numbers that lanes share.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  cond,
  type Distribution,
  enumerate,
  exponential,
  flip,
  gamma,
  gen,
  iid,
  measureValued,
  normal,
  objective,
  poisson,
  reinforce,
  reparam,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import type { Program } from "../../src/ir/program.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { gammainc, gammaincc } from "../../src/util/special/gammainc.js";
import { estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overNormal, sigmoid } from "../support/numbers.js";

type P = { a: Tensor; rate: Tensor };
const [a0, r0] = [1.5, 0.75];
const at = { a: tf.scalar(a0), rate: tf.scalar(r0) };
const step = (x: Tensor) => tf.cast(tf.greater(x, 1), "float32");
/** P(x > 1) for a gamma variable. */
const tail = (a: number, rate: number) => gammaincc(0, a, rate);
/** E (x; x > 1) = (a/λ)·P(a variable of shape a + 1 is above 1) */
const meanAbove = (a: number, rate: number) => (a / rate) * gammaincc(0, a + 1, rate);
const truthOf = (f: (a: number, rate: number) => number): [number, number, number] => [
  f(a0, r0),
  ...(differences(([a, r]) => f(a!, r!), [a0, r0]) as [number, number]),
];

/** The gradient of a program in its second input, as the program's only result. */
function lastGradient(program: Program): Program {
  const both = valueAndGrad(program, { wrt: [1] });
  return { ...both, outputs: both.outputs.slice(-1) };
}

describe("gamma", () => {
  it("a cost that jumps", () => {
    const L = objective(function* ({ a, rate }: P) {
      return step(yield* sample("x", measureValued(gamma(a, rate))));
    });
    expectUnbiased(L, at, truthOf(tail));
  });

  it("a batch whose costs are separate", () => {
    const L = objective(function* ({ a, rate }: P) {
      const x = yield* sample("x", measureValued(gamma(tf.stack([a, tf.add(a, 1)]), rate)));
      return tf.sum(tf.mul(step(x), tf.tensor1d([1, 3])));
    });
    expectUnbiased(
      L,
      at,
      truthOf((a, r) => tail(a, r) + 3 * tail(a + 1, r)),
      8000,
    );
  });

  it("a batch that a cost mixes, along one of its axes", () => {
    const L = objective(function* ({ a, rate }: P) {
      const x = yield* sample("x", measureValued(iid([2, 3], gamma(a, rate))));
      return tf.sum(tf.prod(step(x), 0));
    });
    expectUnbiased(
      L,
      at,
      truthOf((a, r) => 3 * tail(a, r) ** 2),
      4000,
    );
  });

  it("feeds an enumerated coin and a Poisson variable, and a cost with parameters of its own", () => {
    const L = objective(function* ({ a, rate }: P) {
      const x = yield* sample("x", measureValued(gamma(a, rate)));
      const b = yield* sample("b", enumerate(flip(tf.mul(0.5, step(x)))));
      const k = yield* sample("k", reinforce(poisson(x), { copies: 2 }));
      return tf.mul(tf.mul(b, k), a);
    });
    // E b·k·a = a·E x/2 above 1
    expectUnbiased(
      L,
      at,
      truthOf((a, r) => 0.5 * a * meanAbove(a, r)),
      30_000,
    );
  });

  it("behind a site that its parameters depend on, in a branch and in a loop", () => {
    const branch = gen(function* (a: Tensor, rate: Tensor) {
      return step(yield* sample("x", measureValued(gamma(a, rate))));
    });
    const other = gen(function* (a: Tensor, rate: Tensor) {
      return step(yield* sample("y", measureValued(gamma(tf.add(a, 1), rate))));
    });
    const L = objective(function* ({ a, rate }: P) {
      const b = yield* sample("b", enumerate(flip(0.25)));
      return yield* cond("c", b.equal(1), branch(a, rate), other(a, rate));
    });
    expectUnbiased(
      L,
      at,
      truthOf((a, r) => 0.25 * tail(a, r) + 0.75 * tail(a + 1, r)),
      8000,
    );

    const once = gen(function* (sum: Tensor, a: Tensor, rate: Tensor) {
      const x = yield* sample("x", measureValued(gamma(a, rate)));
      return { carry: tf.add(sum, step(x)) };
    });
    const loop = objective(function* ({ a, rate }: P) {
      const { carry } = yield* scan("loop", (sum: Tensor, _t: Tensor) => once(sum, a, rate), tf.scalar(0), 3);
      return tf.square(carry);
    });
    // 3p + 6p²
    expectUnbiased(
      loop,
      at,
      truthOf((a, r) => 3 * tail(a, r) + 6 * tail(a, r) ** 2),
      4000,
    );
  });

  it("independent pairs are unbiased too, and vary more", () => {
    const L = (coupled: boolean) =>
      objective(function* ({ a, rate }: P) {
        return tf.square(yield* sample("x", measureValued(gamma(a, rate), { coupled })));
      });
    const truth = truthOf((a, r) => (a * (a + 1)) / r ** 2);
    const variances = [true, false].map((coupled) => {
      expectUnbiased(L(coupled), at, truth, 8000);
      const [, inShape, inRate] = estimateMoments(L(coupled), at, [], { draws: 8000 });
      return [inShape![0]!.variance, inRate![0]!.variance];
    });
    expect(variances[1]![0]!).toBeGreaterThan(variances[0]![0]!);
    expect(variances[1]![1]!).toBeGreaterThan(1.5 * variances[0]![1]!);
  });

  it("negative control: the derivative of a neighbouring shape is told apart", () => {
    const L = objective(function* ({ a, rate }: P) {
      return step(yield* sample("x", measureValued(gamma(a, rate))));
    });
    const [value, , inRate] = truthOf(tail);
    expect(worstScore(L, at, [value, -gammainc(1, a0 + 0.25, r0), inRate], 20_000)).toBeGreaterThan(5);
  });
});

describe("a second derivative is refused", () => {
  const costs: [string, (x: Tensor) => Tensor][] = [
    ["a cost that jumps", step],
    ["a smooth cost", (x) => tf.square(x)],
  ];
  const sites: [string, (t: Tensor) => Distribution<Tensor, never>][] = [
    ["normal", (t) => measureValued(normal(0, t))],
    ["gamma", (t) => measureValued(gamma(t, 1))],
    ["exponential", (t) => measureValued(exponential(t))],
    ["poisson", (t) => measureValued(poisson(t))],
    ["flip of a logit", (t) => measureValued(bernoulli({ logits: t }))],
  ];
  describe.each(sites)("%s", (_, d) => {
    it.each(costs)("%s", (_name, cost) => {
      const L = objective(function* ({ t }: { t: Tensor }) {
        return cost(yield* sample("x", d(t)));
      });
      const [point, direction] = [{ t: tf.scalar(1.5) }, tf.scalar(1)];
      expect(() => estimateOnce(L, point, [], { derived: "hvp" }, [direction])).toThrow(
        expect.objectContaining({ code: "derivative-order" }),
      );
      expect(() => valueAndGrad(lastGradient(prepare(L, point, []).program), { wrt: [1] })).toThrow(
        expect.objectContaining({ code: "derivative-order" }),
      );
    });
  });
});

describe("common random numbers: (b + n)² for a coin b of probability ½, n ~ N(0, 3)", () => {
  type Q = { p: Tensor };
  const sd = 3;
  const p = { p: tf.scalar(0.5) };
  const L = (coin: (p: Tensor) => Distribution<Tensor, never>) =>
    objective(function* ({ p: probability }: Q) {
      const b = yield* sample("b", coin(probability));
      const n = yield* sample("n", reparam(normal(0, sd)));
      return tf.square(tf.add(b, n));
    });
  // lanes that share n: Var((1 + n)² − n²) = 4σ²; with n of their own: Var (1 + n)² + Var n² = (4σ² + 2σ⁴) + 2σ⁴
  const shared = 4 * sd ** 2;
  const separate = 4 * sd ** 2 + 4 * sd ** 4;

  it.each<[string, (p: Tensor) => Distribution<Tensor, never>]>([
    ["measureValued", (q) => measureValued(flip(q))],
    ["enumerate", (q) => enumerate(flip(q))],
  ])("%s", (_, coin) => {
    const [, gradient] = estimateMoments(L(coin), p, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, 1))).toBeLessThan(5);
    expect(Math.abs(gradient![0]!.variance / shared - 1)).toBeLessThan(0.05);
  });

  it("noise of their own gives ten times the variance", () => {
    // both sides written out: E (1 + n)² − E n′² for separate sites
    const apart = objective(function* ({ p: probability }: Q) {
      const n = yield* sample("n", reparam(normal(0, sd)));
      const other = yield* sample("other", reparam(normal(0, sd)));
      const heads = tf.square(tf.add(1, n));
      return tf.add(tf.mul(probability, heads), tf.mul(tf.sub(1, probability), tf.square(other)));
    });
    const [, gradient] = estimateMoments(apart, p, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, 1))).toBeLessThan(5);
    expect(Math.abs(gradient![0]!.variance / separate - 1)).toBeLessThan(0.05);
    expect(separate / shared).toBe(10);
  });

  it("lanes of a site upstream share what is drawn in a loop and behind a coin", () => {
    const walk = gen(function* (x: Tensor) {
      return { carry: tf.add(x, yield* sample("n", reparam(normal(0, 1)))) };
    });
    const later = objective(function* ({ p: probability }: Q) {
      const b = yield* sample("b", enumerate(flip(probability)));
      const { carry } = yield* scan("loop", (x: Tensor, _t: Tensor) => walk(x), b, 9);
      const c = yield* sample("c", enumerate(flip(tf.sigmoid(carry))));
      return tf.add(tf.square(carry), c);
    });
    const [, gradient] = estimateMoments(later, p, [], { draws: 20_000 });
    const change = (n: number) => (1 + n) ** 2 - n ** 2 + sigmoid(1 + n) - sigmoid(n);
    const mean = overNormal(0, sd, change);
    const variance = overNormal(0, sd, (n) => (change(n) - mean) ** 2);
    expect(Math.abs(zScore(gradient![0]!, mean))).toBeLessThan(5);
    expect(Math.abs(gradient![0]!.variance / variance - 1)).toBeLessThan(0.05);
  });
});
