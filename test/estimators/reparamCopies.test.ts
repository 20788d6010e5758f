// Pathwise draws side by side: independent copies and antithetic pairs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  beta,
  cauchy,
  type Distribution,
  enumerate,
  exponential,
  gen,
  halfNormal,
  iid,
  independent,
  laplace,
  logNormal,
  multivariateNormal,
  normal,
  objective,
  type ReparamOptions,
  reparam,
  type Strategy,
  sample,
  scan,
  uniform,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { reparamStrategy } from "../../src/strategies/reparam.js";
import { estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overNormal, sigmoid } from "../support/numbers.js";

type Loose = Distribution<Tensor, never>;
const pairs = { antithetic: true };

describe("copies", () => {
  it("have the variance of one draw, divided by their number", () => {
    const of = (options?: ReparamOptions) =>
      objective(function* ({ m, s }: { m: Tensor; s: Tensor }) {
        return tf.cos(yield* sample("x", reparam(normal(m, s), options)));
      });
    const at = { m: tf.scalar(0.5), s: tf.scalar(0.75) };
    const [one, five] = [of(), of({ copies: 5 })].map((L) => estimateMoments(L, at, [], { draws: 40_000 }));
    for (const [i, [each]] of five!.entries()) {
      expect(Math.abs((5 * each!.variance) / one![i]![0]!.variance - 1)).toBeLessThan(0.05);
      expect(Math.abs((each!.mean - one![i]![0]!.mean) / Math.hypot(each!.error, one![i]![0]!.error))).toBeLessThan(5);
    }
    expect(prepare(of({ copies: 5 }), at, []).sites[0]).toMatchObject({ lanes: 5, strategy: { name: "reparam" } });
  });

  it("a single one is the plain strategy", () => {
    expect(reparam(normal(0, 1)).strategy).toBe(reparamStrategy);
    expect(reparam(normal(0, 1), { copies: 1 }).strategy).toBe(reparamStrategy);
  });
});

describe("antithetic pairs", () => {
  const one = (d: (t: Tensor) => Loose, f: (x: Tensor) => Tensor) =>
    objective(function* ({ th }: { th: Tensor }) {
      return f(yield* sample("x", d(th)));
    });

  it("of normals: exact for what is linear in the noise, value and gradient; half of the rest", () => {
    // (μ + σe)² and (μ − σe)² have the mean μ² + σ²e²: ∂μ is 2μ, ∂σ is 2σe² as for one draw
    const L = objective(function* ({ m, s }: { m: Tensor; s: Tensor }) {
      return (yield* sample("x", reparam(normal(m, s), pairs))).square();
    });
    const [m, s] = [0.5, 0.75];
    const found = estimateMoments(L, { m: tf.scalar(m), s: tf.scalar(s) }, [], { draws: 40_000 });
    expect(found[1]![0]!.mean).toBeCloseTo(2 * m, 10);
    expect(found[1]![0]!.variance).toBeLessThan(1e-20);
    expect(Math.abs(zScore(found[0]![0]!, m * m + s * s))).toBeLessThan(5);
    expect(Math.abs(zScore(found[2]![0]!, 2 * s))).toBeLessThan(5);
    expect(Math.abs(found[2]![0]!.variance / (8 * s * s) - 1)).toBeLessThan(0.05);
  });

  const families: [string, (t: Tensor, o: ReparamOptions) => Loose, (t: number) => number, (x: Tensor) => Tensor][] = [
    ["uniform", (t, o) => reparam(uniform(0, t), o), (t) => (Math.exp(t) - 1) / t, (x) => tf.exp(x)],
    ["exponential", (t, o) => reparam(exponential(t), o), (t) => t / (t + 1), (x) => tf.exp(x.neg())],
    ["laplace", (t, o) => reparam(laplace(t, 0.25), o), (t) => Math.exp(t) / (1 - 0.0625), (x) => tf.exp(x)],
    ["logNormal", (t, o) => reparam(logNormal(t, 0.5), o), (t) => Math.exp(2 * t + 0.5), (x) => x.square()],
    ["cauchy", (t, o) => reparam(cauchy(t, 0.5), o), (t) => Math.sin(t) * Math.exp(-0.5), (x) => tf.sin(x)],
    [
      "multivariate normal",
      (t, o) =>
        reparam(
          multivariateNormal(tf.stack([t, t]), {
            scaleTril: [
              [1, 0],
              [0.5, 0.5],
            ],
          }),
          o,
        ),
      (t) => Math.exp(0.6 * t + 0.5 * 0.09 * (1.5 ** 2 + 0.5 ** 2)),
      (x) => tf.exp(x.sum().mul(0.3)),
    ],
    [
      "independent normals",
      (t, o) => reparam(independent(normal(tf.stack([t, t]), 0.5)), o),
      (t) => Math.exp(2 * t + 0.25),
      (x) => tf.exp(x.sum()),
    ],
    [
      "normals that a cost mixes",
      (t, o) => reparam(iid(2, normal(t, 0.5)), o),
      (t) => Math.exp(2 * t + 0.25),
      (x) => tf.exp(x.sum()),
    ],
  ];
  it.each(families)(
    "%s: unbiased, of less variance than two copies where the cost is monotone",
    (name, d, truth, f) => {
      const th = 0.5;
      const at = { th: tf.scalar(th) };
      const [antithetic, copies] = [pairs, { copies: 2 }].map((options) => one((t) => d(t, options), f));
      expectUnbiased(antithetic!, at, [truth(th), differences(([t]) => truth(t!), [th])]);
      if (name === "cauchy") return;
      const variance = (L: typeof antithetic) => estimateMoments(L!, at, [], { draws: 10_000 })[0]![0]!.variance;
      expect(variance(antithetic)).toBeLessThan(0.8 * variance(copies));
    },
  );

  it("a plate that a cost mixes, before an enumerated flip, and twice differentiated", () => {
    const th = 0.25;
    const L = objective(function* ({ th: theta }: { th: Tensor }) {
      const x = yield* sample("x", reparam(iid(2, normal(theta, 1)), { copies: 4, antithetic: true }));
      const b = yield* sample("b", enumerate(bernoulli({ logits: x.sum() })));
      return b.mul(x.square().sum());
    });
    const f = (t: number) => overNormal(2 * t, Math.SQRT2, (s) => sigmoid(s) * ((s * s) / 2 + 1));
    const at = { th: tf.scalar(th) };
    expectUnbiased(L, at, [f(th), differences(([t]) => f(t!), [th])]);
    const [hvp] = estimateMoments(L, at, [], { draws: 20_000, derived: "hvp" }, [tf.scalar(1)]);
    const second = differences(([u]) => differences(([t]) => f(t!), [u!], 1e-2)[0]!, [th], 1e-2)[0]!;
    expect(Math.abs(zScore(hvp![0]!, second, 1e-6))).toBeLessThan(5);
  });

  it("in loops", () => {
    const th = 0.375;
    const step = gen(function* (x: Tensor, theta: Tensor) {
      return { carry: x.add(yield* sample("x", reparam(normal(theta, 1), pairs))) };
    });
    const L = objective(function* ({ th: theta }: { th: Tensor }) {
      const { carry } = yield* scan("loop", (x: Tensor, _: Tensor) => step(x, theta), tf.scalar(0), 3);
      return carry.square();
    });
    expectUnbiased(L, { th: tf.scalar(th) }, [9 * th ** 2 + 3, [18 * th]]);
  });

  it("the first of a pair is the draw itself", () => {
    const [alone] = estimateOnce(
      one(
        (t) => reparam(iid(1, normal(t, 1))),
        (x) => x.sum(),
      ),
      { th: tf.scalar(0) },
      [],
    );
    const [first] = estimateOnce(
      one(
        (t) => reparam(normal(t, 1), pairs),
        (x) => tf.relu(x),
      ),
      { th: tf.scalar(0) },
      [],
    );
    // relu z + relu(−z) = |z|
    expect(2 * first![0]!).toBeCloseTo(Math.abs(alone![0]!), 6);
  });

  it("are refused where there are none, and for odd numbers", () => {
    const refuse = (d: () => Loose, message: RegExp) =>
      expect(() =>
        prepare(
          one(d, (x) => x.sum()),
          { th: tf.scalar(1) },
          [],
        ),
      ).toThrow(message);
    refuse(
      () => reparam(halfNormal(1), pairs),
      /"x": halfNormal has no antithetic pairs: its draws are even functions/,
    );
    refuse(() => reparam(beta(2, 3), pairs), /"x": beta has no antithetic pairs: it is not drawn from uniform/);
    expect(() => reparam(normal(0, 1), { copies: 3, antithetic: true })).toThrow(
      "reparam: antithetic copies come in pairs, and there are 3",
    );
    expect(() => reparam(normal(0, 1), { copies: 0 })).toThrow("reparam: copies must be a positive integer, and is 0");
  });

  it("negative control: pairs whose second is no draw of the distribution are seen", () => {
    const wrong: Strategy = {
      ...reparamStrategy,
      draw: ({ family, parameters, key, batch }) => {
        const x = family.draw(parameters, key, batch);
        return { value: tf.stack([x, x.neg()]), lanes: 2, keep: {} };
      },
      contract: ({ cost }) => ({ estimate: tf.mean(cost, 0) }),
    };
    const L = one(
      (t) => withStrategy(normal(t, 0.5) as Loose, wrong),
      (x) => tf.exp(x),
    );
    const truth = Math.exp(0.5 + 0.125);
    expect(worstScore(L, { th: tf.scalar(0.5) }, [truth, [truth]], 5000)).toBeGreaterThan(5);
  });
});
