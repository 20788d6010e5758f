// Draws from another distribution, weighed.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  beta,
  binomial,
  categorical,
  type Distribution,
  delta,
  elbo,
  enumerate,
  exponential,
  fit,
  flip,
  gamma,
  gen,
  geometric,
  halfNormal,
  importance,
  independent,
  laplace,
  multivariateNormal,
  normal,
  objective,
  observe,
  poisson,
  reinforce,
  type Strategy,
  sample,
  sgd,
  truncatedNormal,
  uniform,
  vonMises,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, overNormal } from "../support/numbers.js";

type Loose = Distribution<Tensor, never>;

describe("importance", () => {
  it.each([1, 4])("a coin drawn by another one, %s copies: mean and variance in closed form", (copies) => {
    const [p, q] = [0.25, 0.625];
    const L = objective(function* ({ p: probability }: { p: Tensor }) {
      const x = yield* sample("x", importance(flip(probability), flip(q), { copies }));
      return x.add(0.5).square();
    });
    const [value, gradient] = estimateMoments(L, { p: tf.scalar(p) }, [], { draws: 40_000 });
    const moments = (w1: number, w0: number) => {
      const [first, second] = [w1 * 2.25, w0 * 0.25];
      const mean = q * first + (1 - q) * second;
      return { mean, variance: (q * first ** 2 + (1 - q) * second ** 2 - mean ** 2) / copies };
    };
    for (const [found, exact] of [
      [value![0]!, moments(p / q, (1 - p) / (1 - q))],
      [gradient![0]!, moments(1 / q, -1 / (1 - q))],
    ] as const) {
      expect(Math.abs(zScore(found, exact.mean, 1e-6))).toBeLessThan(5);
      expect(Math.abs(found.variance / exact.variance - 1)).toBeLessThan(0.05);
    }
    expect(prepare(L, { p: tf.scalar(p) }, []).sites[0]!.lanes).toBe(copies);
  });

  it("the best proposal, q ∝ p·s, leaves no variance", () => {
    // p = ¼, s = 9 or 1: q = 9·¼ / (9·¼ + ¾)
    const L = objective(function* ({ p }: { p: Tensor }) {
      return (yield* sample("x", importance(flip(p), flip(0.75)))).mul(2).add(1).square();
    });
    for (const seed of [1, 2, 3])
      expect(estimateOnce(L, { p: tf.scalar(0.25) }, [], { seed })[0]![0]).toBeCloseTo(3, 6);
  });

  it("separate and mixed costs, twice differentiable", () => {
    const p = [0.25, 0.5, 0.875];
    const cost = (b: readonly number[]) => (b[0]! + 2 * b[1]! - b[2]!) ** 2 + b[0]! + 3 * b[1]!;
    const L = objective(function* ({ q }: { q: Tensor }) {
      const b = yield* sample("b", importance(flip(q), flip([0.5, 0.375, 0.75]), { copies: 2 }));
      return b
        .mul([1, 2, -1])
        .sum()
        .square()
        .add(b.mul([1, 3, 0]).sum());
    });
    const f = (q: readonly number[]) => overFlips(q, cost);
    const point = { q: tf.tensor1d(p) };
    expectUnbiased(L, point, [f(p), differences(f, p)]);
    const direction = [1, -0.5, 0.25];
    const along = (q: readonly number[]) =>
      differences(f, q, 1e-2).reduce((total, each, i) => total + each * direction[i]!, 0);
    const [hvp] = estimateMoments(L, point, [], { draws: 20_000, derived: "hvp" }, [tf.tensor1d(direction)]);
    for (const [i, each] of differences(along, p, 1e-2).entries())
      expect(Math.abs(zScore(hvp![i]!, each, 1e-6))).toBeLessThan(5);
  });

  it("normals by wider, heavier and shifted ones that depend on parameters and earlier choices", () => {
    const proposals: Record<string, (m: Tensor, k: Tensor) => Loose> = {
      wider: () => normal(0, 2),
      heavier: (m) => laplace(m, 1.5),
      dependent: (m, k) => normal(m.add(k), 1.5),
    };
    const f = (m: number) =>
      overFlips([0.25], ([k]) => overNormal(m, 0.75, (x) => Math.cos(x + k!))) + 2 * overNormal(m, 0.75, Math.tanh);
    const m = 0.375;
    for (const q of Object.values(proposals)) {
      const L = objective(function* ({ m: loc }: { m: Tensor }) {
        const k = yield* sample("k", enumerate(flip(0.25)));
        const x = yield* sample("x", importance(normal(loc, 0.75), q(loc, k) as ReturnType<typeof normal>));
        const y = yield* sample("y", reinforce(flip(tf.sigmoid(x.mul(2))), { copies: 2 }));
        // 2σ(2x) − 1 = tanh x
        return tf.cos(x.add(k)).add(y.mul(4).sub(2));
      });
      expectUnbiased(L, { m: tf.scalar(m) }, [f(m), differences(([x]) => f(x!), [m])]);
    }
  });

  it("values that are scored: an ELBO, and a fit of it", async () => {
    const model = gen(function* (y: Tensor) {
      const b = yield* sample("b", flip(0.25));
      yield* observe("y", normal(b.mul(2), 1), y);
    });
    const guide = gen(function* ({ l }: { l: Tensor }, _y: Tensor) {
      yield* sample("b", importance(bernoulli({ logits: l }), flip(0.5), { copies: 2 }));
    });
    const y = 0.75;
    const weights = [Math.log(0.75) - 0.5 * y ** 2, Math.log(0.25) - 0.5 * (y - 2) ** 2];
    const truth = (l: number) => {
      const p = 1 / (1 + Math.exp(-l));
      const half = 0.5 * Math.log(2 * Math.PI);
      return p * (weights[1]! - Math.log(p) - half) + (1 - p) * (weights[0]! - Math.log(1 - p) - half);
    };
    const L = elbo(model, guide);
    const [value, gradient] = estimateMoments(L, { l: tf.scalar(0.5) }, [tf.scalar(y)], { draws: 20_000 });
    expect(Math.abs(zScore(value![0]!, truth(0.5), 1e-6))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, differences(([l]) => truth(l!), [0.5])[0]!, 1e-6))).toBeLessThan(5);
    const found = await fit(L, {
      parameters: { l: tf.scalar(1) },
      data: [tf.scalar(y)],
      steps: 3000,
      draws: 8,
      optimizer: sgd({ learningRate: 0.02 }),
    });
    expect(Math.abs(found.parameters.l.dataSync()[0]! - (weights[1]! - weights[0]!))).toBeLessThan(0.25);
  });

  it("one proposal for all elements; vectors as events", () => {
    const L = objective(function* ({ m }: { m: Tensor }) {
      const x = yield* sample("x", importance(normal(m, 1), normal(0, 1.5)));
      const v = yield* sample(
        "v",
        importance(
          multivariateNormal(m, { scaleDiag: [1, 0.5] }),
          independent(normal([0, 0], [1.5, 1])) as unknown as ReturnType<typeof multivariateNormal>,
        ),
      );
      return tf.cos(x).sum().add(tf.tanh(v.sum()));
    });
    const truth = ([a, b]: readonly number[]) =>
      Math.exp(-0.5) * (Math.cos(a!) + Math.cos(b!)) + overNormal(a! + b!, Math.sqrt(1.25), Math.tanh);
    const at = [0.25, -0.5];
    expectUnbiased(L, { m: tf.tensor1d(at) }, [truth(at), differences(truth, at)]);
  });

  it("a value that the distribution does not have weighs nothing, though its cost be infinite", () => {
    // p is certain of 1; the cost of 0 is log 0
    const L = objective(function* ({ p }: { p: Tensor }) {
      return tf
        .log(yield* sample("x", importance(flip(p), flip(0.5))))
        .add(2)
        .square();
    });
    const values = [1, 2, 3, 4, 5, 6].map((seed) => estimateOnce(L, { p: tf.scalar(1) }, [], { seed })[0]![0]!);
    expect(new Set(values)).toEqual(new Set([0, 8]));
  });

  it("proposals that may miss values, or do not fit, are refused", () => {
    const refused: [() => unknown, string | RegExp][] = [
      [
        () => importance(normal(0, 1), uniform(-1, 1) as unknown as ReturnType<typeof normal>),
        "the support of uniform moves",
      ],
      [() => importance(normal(0, 1), delta(0)), "the support of delta moves with its parameters"],
      [
        () => importance(normal(0, 1), exponential(1) as unknown as ReturnType<typeof normal>),
        "values of exponential are positive, and those of normal real",
      ],
      [
        () => importance(categorical({ logits: [0, 0, 0] }), categorical({ logits: [0, 0] })),
        "categorical never draws 2, and categorical does",
      ],
      [() => importance(poisson(2), binomial(9, { probs: 0.5 })), "binomial draws 10 values only"],
      [
        () => importance(poisson(2), binomial(tf.scalar(9), { probs: 0.5 })),
        "draws of binomial are bounded by totalCount",
      ],
      [
        () => importance(binomial(10, { probs: 0.5 }), binomial(9, { probs: 0.5 })),
        "binomial never draws 10, and binomial does",
      ],
      [
        () => importance(binomial(10, { probs: 0.5 }), binomial(tf.scalar(9), { probs: 0.5 })),
        "draws of binomial are bounded by totalCount",
      ],
      [() => importance(binomial(9, { probs: 0.5 }), poisson(2)), "draws of binomial are bounded by totalCount"],
      [
        () => importance(truncatedNormal(0, 1, { low: 0 }), truncatedNormal(0, 1, { low: 1 })),
        "draws of truncatedNormal are bounded by low",
      ],
      [() => importance(normal(0, 1), vonMises(0, 1)), "draws of vonMises are bounded by loc"],
      [() => importance(vonMises(0, 1), normal(0, 1)), "draws of vonMises are bounded by loc"],
      [
        () => importance(normal([0, 1], 1), normal([0, 0, 0], 1)),
        /batch shape does not broadcast\n {2}expected: \[2\]\n {2}received: \[3\]/,
      ],
      [() => importance(normal(0, 1), normal([0, 0], 1)), /batch shape does not broadcast/],
      [
        () => importance(normal([0, 1], 1), independent(normal([0, 0], 1))),
        /shapes of one draw differ\n {2}expected: \[\]\n {2}received: \[2\]/,
      ],
      [() => importance(flip(0.5), enumerate(flip(0.5))), "the proposal has a strategy, enumerate"],
    ];
    for (const [make, message] of refused) {
      expect(make).toThrow(message);
      expect(make).toThrow(expect.objectContaining({ code: "proposal" }));
    }
    expect(() => importance(flip(0.5), flip(0.5), { copies: 0 })).toThrow(
      "copies must be a positive integer, and is 0",
    );
    // these cover
    importance(gamma(2, 1), halfNormal(1));
    importance(truncatedNormal(0, 1, { low: 0 }), truncatedNormal(1, 2, { low: 0 }));
    importance(binomial(10, { probs: 0.5 }), binomial(10, { logits: 0 }));
    importance(geometric({ probs: 0.5 }), poisson(1));
    importance(categorical({ logits: [0, 0] }), categorical({ logits: [0, 0, 0] }));
    importance(beta(2, 1), beta(1, 1));
  });

  it("binomials of equal counts cover each other in traced programs, too", () => {
    const of = (n: number) =>
      objective(function* ({ p }: { p: Tensor }) {
        return tf.square(yield* sample("x", importance(binomial(3, { probs: p }), binomial(n, { probs: 0.5 }))));
      });
    const p = 0.375;
    expectUnbiased(of(3), { p: tf.scalar(p) }, [3 * p * (1 - p) + 9 * p * p, [3 * (1 - 2 * p) + 18 * p]]);
    expect(() => prepare(of(4), { p: tf.scalar(p) }, [])).toThrow("bounded by totalCount");
  });

  it("negative control: weights of the wrong proposal are seen", () => {
    const L = objective(function* ({ p }: { p: Tensor }) {
      const { strategy } = importance(flip(p), flip(0.5));
      const draw: Strategy["draw"] = (site) => strategy!.draw({ ...site, operands: [tf.scalar(0.5)] });
      const moved: Strategy = {
        ...strategy!,
        draw: (site) => ({ value: draw(site).value, keep: { logWeight: draw(site).keep.logWeight!.add(0.1) } }),
      };
      return (yield* sample("x", withStrategy(flip(p) as Loose, moved))).add(1).square();
    });
    expect(worstScore(L, { p: tf.scalar(0.25) }, [1.75, [3]], 10_000)).toBeGreaterThan(5);
  });
});
