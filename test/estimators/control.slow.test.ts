// Random choices inside loops and branches: estimated right or refused, never frozen and never cut off.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  cond,
  type Distribution,
  enumerate,
  flip,
  gen,
  measureValued,
  normal,
  type Objective,
  objective,
  reinforce,
  reparam,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, sigmoid, tuples } from "../support/numbers.js";

type T = { th: Tensor };
type Normals = (d: ReturnType<typeof normal>) => Distribution<Tensor, never>;
type Flips = (d: ReturnType<typeof bernoulli>) => Distribution<Tensor, never>;
const th = 0.375;
const at = { th: tf.scalar(th) };

const onNormals: Record<string, Normals> = {
  reparam,
  reinforce: (d) => reinforce(d, { baseline: 1 }),
  copies: (d) => reinforce(d, { copies: 2 }),
  measureValued,
};
const onFlips: Record<string, Flips> = {
  enumerate,
  reinforce,
  copies: (d) => reinforce(d, { copies: 2 }),
  measureValued,
};
const truthOf = (f: (x: number) => number): number[] => [f(th), differences(([x]) => f(x!), [th])[0]!];

/** Draws: in loops, the lanes of measure-valued sites multiply. */
const drawsOf = (name: string) => (name === "measureValued" ? 2000 : 10_000);

/** Exact where every site is enumerated, else unbiased. */
const check = (name: string, L: Objective<T, []>, truth: readonly number[], draws = drawsOf(name)) =>
  name === "enumerate" ? expectExact(L, at, truth) : expectUnbiased(L, at, truth, draws);

describe("normals in a loop", () => {
  it.each(Object.entries(onNormals))("%s: E Σ_{t<5} x_t², x_t ~ N(θ, 1)", (_, on) => {
    const step = gen(function* (total: Tensor, theta: Tensor) {
      const x = yield* sample("x", on(normal(theta, 1)));
      return { carry: total.add(x.square()) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { carry } = yield* scan("loop", (total: Tensor, _t: Tensor) => step(total, theta), tf.scalar(0), 5);
      return carry;
    });
    expectUnbiased(L, at, [5 * (th ** 2 + 1), 10 * th]);
  });

  it.each(Object.entries(onNormals))(
    "%s: a random walk x_t ~ N(θ x_{t−1} + 1, ½), cost x_4² + Σ outputs",
    (name, on) => {
      const step = gen(function* (x: Tensor, theta: Tensor) {
        const next = yield* sample("x", on(normal(x.mul(theta).add(1), 0.5)));
        return { carry: next, output: next };
      });
      const L = objective(function* ({ th: theta }: T) {
        const { carry, outputs } = yield* scan("walk", (x: Tensor, _t: Tensor) => step(x, theta), tf.scalar(0.5), 4);
        return carry.square().add(outputs.sum());
      });
      const truth = truthOf((a) => {
        let [mean, variance, total] = [0.5, 0, 0];
        for (let t = 0; t < 4; t++)
          [mean, variance, total] = [a * mean + 1, a * a * variance + 0.25, total + a * mean + 1];
        return mean ** 2 + variance + total;
      });
      expectUnbiased(L, at, truth, drawsOf(name));
    },
  );

  it("scale and sequence: x_t ~ N(s_t, θ) over a given sequence, E Σ w_t x_t²", () => {
    const s = [0.5, -1, 2];
    const step = gen(function* (total: Tensor, { loc, weight }: { loc: Tensor; weight: Tensor }, theta: Tensor) {
      const x = yield* sample("x", reparam(normal(loc, theta)));
      return { carry: total.add(x.square().mul(weight)) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const sequence = { loc: tf.tensor1d(s), weight: tf.tensor1d([1, 2, 3]) };
      const { carry } = yield* scan(
        "loop",
        (c: Tensor, e: { readonly loc: Tensor; readonly weight: Tensor }) => step(c, e, theta),
        tf.scalar(0),
        sequence,
      );
      return carry;
    });
    const value = s.reduce((sum, m, t) => sum + (t + 1) * (m * m + th * th), 0);
    expectUnbiased(L, at, [value, 12 * th]);
  });
});

describe("flips in a loop", () => {
  // b_t ~ flip(σ(θ + c_{t−1})), c_t = c_{t−1}/2 + b_t; cost Σ (c_t − 1)²
  const f = (x: number) =>
    tuples(5).reduce((sum, b) => {
      let [mass, carry, cost] = [1, 0, 0];
      for (const bit of b) {
        const p = sigmoid(x + carry);
        mass *= bit ? p : 1 - p;
        carry = carry / 2 + bit;
        cost += (carry - 1) ** 2;
      }
      return sum + mass * cost;
    }, 0);
  it.each(Object.entries(onFlips))("%s: parameters that depend on the carry", (name, on) => {
    const step = gen(function* ({ c, total }: { c: Tensor; total: Tensor }, theta: Tensor) {
      const b = yield* sample("b", on(bernoulli({ logits: theta.add(c) })));
      const next = c.mul(0.5).add(b);
      return { carry: { c: next, total: total.add(next.sub(1).square()) } };
    });
    const L = objective(function* ({ th: theta }: T) {
      const initial = { c: tf.scalar(0), total: tf.scalar(0) };
      const { carry } = yield* scan(
        "loop",
        (c: { readonly c: Tensor; readonly total: Tensor }, _t: Tensor) => step(c, theta),
        initial,
        5,
      );
      return carry.total;
    });
    check(name, L, truthOf(f));
  });

  // two rounds of three flips with p = σ(θ − total/2); cost after each round: (total − 1)²
  const nested = (x: number) =>
    tuples(6).reduce((sum, b) => {
      let [mass, total, cost] = [1, 0, 0];
      for (const [i, bit] of b.entries()) {
        const p = sigmoid(x - total / 2);
        mass *= bit ? p : 1 - p;
        total += bit;
        if (i % 3 === 2) cost += (total - 1) ** 2;
      }
      return sum + mass * cost;
    }, 0);
  it.each(Object.entries(onFlips))("%s: a loop in a loop", (name, on) => {
    const inner = gen(function* (total: Tensor, theta: Tensor) {
      const b = yield* sample("b", on(bernoulli({ logits: theta.sub(total.mul(0.5)) })));
      return { carry: total.add(b) };
    });
    const outer = gen(function* (total: Tensor, theta: Tensor) {
      const { carry } = yield* scan("inner", (c: Tensor, _t: Tensor) => inner(c, theta), total, 3);
      return { carry, output: carry.sub(1).square() };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { outputs } = yield* scan("outer", (c: Tensor, _t: Tensor) => outer(c, theta), tf.scalar(0), 2);
      return outputs.sum();
    });
    check(name, L, truthOf(nested));
  });

  it.each(Object.entries(onFlips))("%s outside a loop of reparameterized normals that depend on it", (_, on) => {
    // b ~ flip(σ(θ)), x_t ~ N(x_{t−1} + θ b, 1), cost x_3²: E = σ(θ)(9θ² + 3) + (1 − σ(θ))·3
    const step = gen(function* (x: Tensor, drift: Tensor) {
      return { carry: yield* sample("x", reparam(normal(x.add(drift), 1))) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const b = yield* sample("b", on(bernoulli({ logits: theta })));
      const { carry } = yield* scan("loop", (x: Tensor, _t: Tensor) => step(x, b.mul(theta)), tf.scalar(0), 3);
      return carry.square();
    });
    expectUnbiased(
      L,
      at,
      truthOf((x) => sigmoid(x) * 9 * x * x + 3),
    );
  });

  it("flips and reparameterized normals in the same loop", () => {
    // b_t ~ flip(σ(θ)), x_t ~ N(b_t + θ, 1), cost Σ x_t²: 4·(1 + σ·(1 + θ)² + (1 − σ)·θ²)
    for (const on of Object.values(onFlips)) {
      const step = gen(function* (total: Tensor, theta: Tensor) {
        const b = yield* sample("b", on(bernoulli({ logits: theta })));
        const x = yield* sample("x", reparam(normal(b.add(theta), 1)));
        return { carry: total.add(x.square()) };
      });
      const L = objective(function* ({ th: theta }: T) {
        const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c, theta), tf.scalar(0), 4);
        return carry;
      });
      expectUnbiased(
        L,
        at,
        truthOf((x) => 4 * (1 + sigmoid(x) * (1 + x) ** 2 + (1 - sigmoid(x)) * x ** 2)),
      );
    }
  });

  it("loops of more than 512 steps that would have to be unrolled are refused, with the address", () => {
    const step = gen(function* (total: Tensor, theta: Tensor) {
      return { carry: total.add(yield* sample("b", enumerate(bernoulli({ logits: theta })))) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c, theta), tf.scalar(0), 513);
      return carry;
    });
    expect(() => expectUnbiased(L, at, [0, 0])).toThrow(
      /a loop of 513 steps holds random choices that are not pathwise \("loop\/b"\)[\s\S]*\n {2}at test\/estimators\/control\.slow\.test\.ts:\d+$/,
    );
  });
});

describe("a random choice in a branch, and more after it", () => {
  const fixed = gen(function* (x: Tensor) {
    return x;
  });
  const coin = (on: Flips) =>
    gen(function* (logits: Tensor) {
      return yield* sample("x", on(bernoulli({ logits })));
    });
  const gaussian = (on: Normals) =>
    gen(function* (mean: Tensor) {
      return yield* sample("x", on(normal(mean, 0.5)));
    });
  const positive = (x: Tensor) => x.greater(0);

  it.each(Object.entries(onFlips))("%s in a branch, then (x − ½)²: ¼ whatever θ is", (name, on) => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* cond("branch", positive(theta), coin(on)(theta), fixed(tf.scalar(3)));
      return x.sub(0.5).square();
    });
    check(name, L, [0.25, 0]);
  });

  it.each(Object.entries(onFlips))("%s in a branch, then (x − θ)³", (name, on) => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* cond("branch", positive(theta), coin(on)(theta), fixed(theta));
      const y = x.sub(theta);
      return y.mul(y).mul(y);
    });
    check(
      name,
      L,
      truthOf((x) => sigmoid(x) * (1 - x) ** 3 - (1 - sigmoid(x)) * x ** 3),
    );
  });

  it.each(Object.entries(onFlips))("%s in the branch that is not taken", (name, on) => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* cond("branch", positive(theta.sub(5)), coin(on)(theta), fixed(theta.mul(2)));
      return x.square();
    });
    check(name, L, [4 * th ** 2, 8 * th]);
  });

  it.each(Object.entries(onNormals))("normal under %s in a branch, then x²", (_, on) => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* cond("branch", positive(theta), gaussian(on)(theta), fixed(tf.scalar(0)));
      return x.square();
    });
    expectUnbiased(L, at, [th ** 2 + 0.25, 2 * th]);
  });

  // b ~ flip(σ(θ)); x ~ N(2θ, ½) if b, else a coin of logits −θ; cost (x − 1)²·(1 + b)
  const mixture = (x: number) => sigmoid(x) * 2 * ((2 * x - 1) ** 2 + 0.25) + (1 - sigmoid(x)) * (1 - sigmoid(-x));
  const combinations = Object.keys(onFlips).flatMap((b) =>
    Object.keys(onFlips).map((c, i) => [b, Object.keys(onNormals)[(i + b.length) % 4]!, c] as const),
  );
  it.each(combinations)("predicate %s, normal %s when true, coin %s when false", (b, whenTrue, whenFalse) => {
    const L = objective(function* ({ th: theta }: T) {
      const bit = yield* sample("b", onFlips[b]!(bernoulli({ logits: theta })));
      const x = yield* cond(
        "branch",
        bit.equal(1),
        gaussian(onNormals[whenTrue]!)(theta.mul(2)),
        coin(onFlips[whenFalse]!)(theta.neg()),
      );
      return x.sub(1).square().mul(bit.add(1));
    });
    expectUnbiased(L, at, truthOf(mixture), 20_000);
  });

  it("an enumerated predicate and enumerated branches: exact", () => {
    const L = objective(function* ({ th: theta }: T) {
      const bit = yield* sample("b", enumerate(bernoulli({ logits: theta })));
      const x = yield* cond("branch", bit, coin(enumerate)(theta.mul(2)), coin(enumerate)(theta.neg()));
      return x.add(bit).square();
    });
    const f = (x: number) => {
      const [b, p, q] = [sigmoid(x), sigmoid(2 * x), sigmoid(-x)];
      return b * (p * 4 + (1 - p)) + (1 - b) * q;
    };
    expectExact(L, at, truthOf(f));
  });

  it.each(Object.entries(onFlips))("%s: a loop in a branch, and a branch in a loop", (name, on) => {
    const step = gen(function* (total: Tensor, theta: Tensor) {
      const b = yield* sample("b", on(bernoulli({ logits: theta.sub(total) })));
      const move = yield* cond("move", b, fixed(tf.scalar(1)), coin(on)(theta));
      return { carry: total.add(move.mul(0.5)) };
    });
    const loop = gen(function* (theta: Tensor) {
      const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c, theta), tf.scalar(0), 3);
      return carry;
    });
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* cond("branch", positive(theta), loop(theta), fixed(theta));
      return x.sub(theta).square();
    });
    // each step adds ½ with probability 1 − (1 − σ(θ − total))(1 − σ(θ))
    const walk = (x: number, steps: number, total: number): number => {
      if (steps === 0) return (total - x) ** 2;
      const up = 1 - (1 - sigmoid(x - total)) * (1 - sigmoid(x));
      return up * walk(x, steps - 1, total + 0.5) + (1 - up) * walk(x, steps - 1, total);
    };
    check(
      name,
      L,
      truthOf((x) => walk(x, 3, 0)),
    );
  });

  it("equal addresses in both branches do not share their randomness", () => {
    // x ~ N(θ, ½), taken; the other branch's score must be independent of the cost that it multiplies
    const L = objective(function* ({ th: theta }: T) {
      const whenFalse = gaussian((d) => reinforce(d))(theta.mul(3));
      const x = yield* cond("branch", positive(theta), gaussian(reparam)(theta), whenFalse);
      return x.square();
    });
    expectUnbiased(L, at, [th ** 2 + 0.25, 2 * th]);
  });

  it("negative control: a continuation that ends with the branch is seen", () => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", enumerate(bernoulli({ logits: theta })));
      return x.sub(0.5).square().add(x.mul(0.01));
    });
    expect(() => expectExact(L, at, [0.25, 0])).toThrow();
    const noisy = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reinforce(bernoulli({ logits: theta }), { baseline: 0.25 }));
      return x.sub(0.5).square().add(x.mul(0.01));
    });
    expect(worstScore(noisy, at, [0.25, 0], 20_000)).toBeGreaterThan(5);
  });
});

describe("defects of genjax 1.0, which are not ours", () => {
  it("1: samples in a loop do not freeze their key (gradient 3.0, there −3.67 without variance)", () => {
    const step = gen(function* (total: Tensor, theta: Tensor) {
      return { carry: total.add((yield* sample("x", reparam(normal(theta, 1)))).square()) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c, theta), tf.scalar(0), 5);
      return carry;
    });
    const [, gradient] = estimateMoments(L, { th: tf.scalar(0.3) }, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, 3, 1e-6))).toBeLessThan(5);
    // Σ 2x_t has variance 4·5
    expect(gradient![0]!.variance / 20).toBeCloseTo(1, 1);
  });

  it("2: a branch does not end the continuation (value ¼ and gradient 0, there .04 and −.40)", () => {
    const branch = gen(function* (p: Tensor) {
      return yield* sample("x", enumerate(flip(p)));
    });
    const constant = gen(function* () {
      return tf.scalar(0);
    });
    const L = objective(function* ({ th: p }: T) {
      const x = yield* cond("branch", p.greater(0), branch(p), constant());
      return x.sub(0.5).square();
    });
    expectExact(L, { th: tf.scalar(0.3) }, [0.25, 0]);
  });

  // f = (b + n)², n ~ N(0, 3): with one noise for both lanes d/dp = (1 + n)² − n² = 1 + 2n has variance 4·9 = 36
  it.each([
    ["enumerate", enumerate],
    ["measureValued", measureValued],
  ] as [string, (d: ReturnType<typeof flip>) => Distribution<Tensor, never>][])(
    "4: %s: lanes share their noise (variance 36, there 362)",
    (_, on) => {
      const L = objective(function* ({ th: p }: T) {
        const b = yield* sample("b", on(flip(p)));
        const n = yield* sample("n", reparam(normal(0, 3)));
        return b.add(n).square();
      });
      const [value, gradient] = estimateMoments(L, at, [], { draws: 40_000 });
      expect(Math.abs(zScore(value![0]!, th + 9))).toBeLessThan(5);
      expect(Math.abs(zScore(gradient![0]!, 1))).toBeLessThan(5);
      // a normal's variance has the standard error 36·√(2/n)
      expect(Math.abs(gradient![0]!.variance - 36)).toBeLessThan(5 * 36 * Math.sqrt(2 / 40_000));
    },
  );
});
