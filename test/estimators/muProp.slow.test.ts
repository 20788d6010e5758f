// The score function with the cost's expansion about the mean: variances in closed form, and which part serves which leaf.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  cauchy,
  type Distribution,
  elbo,
  flip,
  gen,
  iid,
  independent,
  multivariateNormal,
  muProp,
  normal,
  objective,
  observe,
  poisson,
  reinforce,
  type Strategy,
  sample,
  scan,
  stopGradient,
  uniform,
  valueAndGrad,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { muPropStrategy } from "../../src/strategies/muProp.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, overNormal, sigmoid } from "../support/numbers.js";

/** x, in a form that does not look linear. */
const disguised = (x: Tensor) => tf.exp(tf.log(x));
const draws = 40_000;

describe("muProp", () => {
  it("a quadratic of a normal: mean and variance in closed form", () => {
    const [mu, sigma, k] = [0.5, 0.75, 0.25];
    const L = objective(function* ({ m, s }: { m: Tensor; s: Tensor }) {
      return (yield* sample("x", muProp(normal(m, s)))).sub(k).square();
    });
    const [value, m, s] = estimateMoments(L, { m: tf.scalar(mu), s: tf.scalar(sigma) }, [], { draws: 10 * draws });
    expect(Math.abs(zScore(value![0]!, (mu - k) ** 2 + sigma ** 2))).toBeLessThan(5);
    // what is left of the cost is σ²e²: σe³ + 2(μ − k), and σ(e⁴ − e²)
    expect(Math.abs(zScore(m![0]!, 2 * (mu - k)))).toBeLessThan(5);
    expect(Math.abs(m![0]!.variance / (15 * sigma ** 2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(zScore(s![0]!, 2 * sigma))).toBeLessThan(5);
    expect(Math.abs(s![0]!.variance / (74 * sigma ** 2) - 1)).toBeLessThan(0.1);
  });

  it.each([0.125, 0.5, 0.75])("a quadratic of a coin of %s: mean and variance in closed form", (p) => {
    const t = 0.45;
    const L = objective(function* ({ l }: { l: Tensor }) {
      return (yield* sample("x", muProp(bernoulli({ logits: l })))).sub(t).square();
    });
    const [, l] = estimateMoments(L, { l: tf.scalar(Math.log(p / (1 - p))) }, [], { draws });
    // (b − p)²·(b − p) + 2(p − t)·p(1 − p)
    const moment = (n: number) => p * (1 - p) ** n + (1 - p) * (-p) ** n;
    expect(Math.abs(zScore(l![0]!, p * (1 - p) * (1 - 2 * t), 1e-6))).toBeLessThan(5);
    const variance = moment(6) - moment(3) ** 2;
    expect(Math.abs(l![0]!.variance - variance)).toBeLessThan(0.05 * variance + 1e-9);
  });

  it("linear costs have no variance, each leaf by the lane for what it mixes", () => {
    const p = tf.tensor2d([0.25, 0.5, 0.625, 0.875, 0.75, 0.375], [2, 3]);
    const weights = tf.tensor2d([1, 2, 3, -1, 0.5, 4], [2, 3]);
    const L = objective(function* ({ q }: { q: Tensor }) {
      const x = yield* sample("x", muProp(flip(q)));
      const weighed = x.add(1).mul(weights.square());
      return disguised(weighed)
        .sum()
        .add(disguised(weighed.sum(1)).sum())
        .add(disguised(weighed.sum(0)).sum())
        .add(disguised(weighed.sum()));
    });
    const w = [...weights.dataSync()].map((each) => each ** 2);
    // the value itself varies; its gradient does not
    const [, gradient] = estimateMoments(L, { q: p }, [], { draws: 1000, chunk: 500 });
    for (const [i, each] of gradient!.entries()) {
      expect(each.mean).toBeCloseTo(4 * w[i]!, 4);
      expect(each.variance).toBeLessThan(1e-9 * w[i]! ** 2 + 1e-12);
    }
    expect(prepare(L, { q: p }, []).sites[0]!.lanes).toBe(6);
  });

  it("three lanes where elements stay apart; unbiased where axes are partly mixed", () => {
    const p = [0.25, 0.5, 0.625, 0.875, 0.75, 0.375];
    const of = (f: (x: Tensor) => Tensor) =>
      objective(function* ({ q }: { q: Tensor }) {
        return f(yield* sample("x", muProp(flip(q))));
      });
    const point = { q: tf.tensor2d(p, [2, 3]) };
    const separate = of((x) => tf.exp(x.mul(point.q.add(1))).sum());
    expect(prepare(separate, point, []).sites[0]!.lanes).toBe(3);
    const partly = of((x) =>
      x
        .mul([1, 2, -1])
        .sum(1)
        .square()
        .sum()
        .add(tf.exp(x).mul([1, 2, 3]).sum()),
    );
    expect(prepare(partly, point, []).sites[0]!.lanes).toBe(4);
    const f = (q: readonly number[]) =>
      overFlips(q, (b) => {
        const rows = [b.slice(0, 3), b.slice(3)];
        return rows.reduce(
          (sum, [x, y, z]) => sum + (x! + 2 * y! - z!) ** 2 + Math.exp(x!) + 2 * Math.exp(y!) + 3 * Math.exp(z!),
          0,
        );
      });
    expectUnbiased(partly, point, [f(p), differences(f, p)], 10_000);
  });

  it("vectors as events, repeated, and a cost with parameters of its own", () => {
    type Q = { m: Tensor; s: Tensor; c: Tensor };
    // E exp(c·(x₁ − ½x₂)) = exp(c(m₁ − m₂/2) + c²(s₁² + s₂²/4)/2), twice
    const truth = ([m1, m2, s1, s2, c]: readonly number[]) =>
      2 * Math.exp(c! * (m1! - m2! / 2) + (c! ** 2 * (s1! ** 2 + s2! ** 2 / 4)) / 2);
    const start = [0.25, -0.5, 0.5, 0.75, 0.5];
    const slopes = differences(truth, start);
    const at = { m: tf.tensor1d(start.slice(0, 2)), s: tf.tensor1d(start.slice(2, 4)), c: tf.scalar(start[4]!) };
    const forms: ((q: Q) => Distribution<Tensor, never>)[] = [
      ({ m, s }) => muProp(iid(2, multivariateNormal(m, { scaleDiag: s }))),
      ({ m, s }) => muProp(iid(2, independent(normal(m, s)))),
    ];
    for (const d of forms) {
      const L = objective(function* (q: Q) {
        const x = yield* sample("x", d(q));
        return tf.exp(x.mul([1, -0.5]).sum(-1).mul(q.c)).sum();
      });
      expectUnbiased(L, at, [truth(start), slopes.slice(0, 2), slopes.slice(2, 4), slopes.slice(4)]);
    }
  });

  it("in loops, where later choices depend on it, and counts without end", () => {
    const step = gen(function* (carry: Tensor) {
      const x = yield* sample("x", muProp(flip(tf.sigmoid(carry))));
      return { carry: carry.mul(0.5).add(x) };
    });
    const L = objective(function* ({ th }: { th: Tensor }) {
      const { carry } = yield* scan("loop", (c: Tensor) => step(c), th, 3);
      const y = yield* sample("y", reinforce(normal(carry, 0.5), { copies: 2 }));
      const k = yield* sample("k", muProp(poisson(tf.exp(th))));
      return tf.tanh(y).mul(k.sub(1).square());
    });
    const loop = (c: number, steps: number, f: (c: number) => number): number => {
      if (steps === 0) return f(c);
      const p = sigmoid(c);
      return p * loop(0.5 * c + 1, steps - 1, f) + (1 - p) * loop(0.5 * c, steps - 1, f);
    };
    const th = 0.25;
    const truth = (t: number) => {
      const rate = Math.exp(t);
      return loop(t, 3, (c) => overNormal(c, 0.5, Math.tanh)) * (rate + (rate - 1) ** 2);
    };
    expectUnbiased(L, { th: tf.scalar(th) }, [truth(th), differences(([t]) => truth(t!), [th])]);
  });

  it("leaves the control variate out where the cost is infinite at the mean: a scored coin", () => {
    const model = gen(function* (y: Tensor) {
      const b = yield* sample("b", flip(0.25));
      yield* observe("y", normal(b.mul(2), 1), y);
    });
    const guide = gen(function* ({ l }: { l: Tensor }, _y: Tensor) {
      yield* sample("b", muProp(bernoulli({ logits: l })));
    });
    const y = 0.75;
    const logNormal = (x: number, m: number) => -0.5 * (x - m) ** 2 - 0.5 * Math.log(2 * Math.PI);
    const truth = (l: number) => {
      const p = sigmoid(l);
      return p * (Math.log(0.25 / p) + logNormal(y, 2)) + (1 - p) * (Math.log(0.75 / (1 - p)) + logNormal(y, 0));
    };
    const [value, gradient] = estimateMoments(elbo(model, guide), { l: tf.scalar(0.5) }, [tf.scalar(y)], { draws });
    expect(Math.abs(zScore(value![0]!, truth(0.5), 1e-6))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, differences(([l]) => truth(l!), [0.5])[0]!, 1e-6))).toBeLessThan(5);
  });

  it("a cost that jumps is estimated without bias, whatever its slope at the mean says", () => {
    const L = objective(function* ({ m }: { m: Tensor }) {
      const x = yield* sample("x", muProp(normal(m, 1)));
      return x.floor().add(x.greater(0.5).toFloat().mul(x));
    });
    const f = (m: number) => overNormal(m, 1, (x) => Math.floor(x) + (x > 0.5 ? x : 0), 240_000);
    expectUnbiased(L, { m: tf.scalar(0.25) }, [f(0.25), differences(([m]) => f(m!), [0.25], 0.05)]);
  });

  it("is differentiated once only", async () => {
    const L = objective(function* ({ m }: { m: Tensor }) {
      return (yield* sample("x", muProp(normal(m, 1)))).square();
    });
    const at = { m: tf.scalar(0.25) };
    await expect(L.hvpEstimate(0, at, at)).rejects.toMatchObject({ code: "derivative-order" });
    const { program } = prepare(L, at, []);
    const gradient = valueAndGrad(program, { wrt: [1] });
    expect(() => valueAndGrad({ ...gradient, outputs: gradient.outputs.slice(1) }, { wrt: [1] })).toThrow(
      /second derivative through a muProp site/,
    );
  });

  it("is refused without a mean, with indices, and where the support moves", () => {
    type Any = Parameters<typeof muProp>[0] & string;
    expect(() => muProp(cauchy(0, 1) as unknown as Any)).toThrow("it has no mean to expand the cost about");
    expect(() => muProp(categorical({ probs: [0.5, 0.5] }) as unknown as Any)).toThrow("the mean of an index");
    expect(() => muProp(uniform(0, 1) as unknown as Any)).toThrow("its support moves with its parameters");
  });

  it("negative control: without the derivative of the expansion it is seen to be biased", () => {
    // the expansion is taken off, and the derivative of the mean not given back
    const dropped: Strategy = {
      ...muPropStrategy,
      draw: (site) => {
        const { value, ...rest } = muPropStrategy.draw(site);
        const mean = site.family.mean!(site.parameters);
        const [drawn, moving, fixed] = tf.unstack(value) as [Tensor, Tensor, Tensor];
        return { value: tf.stack([drawn, moving.sub(mean.sub(stopGradient(mean))), fixed]), ...rest };
      },
    };
    const L = objective(function* ({ p }: { p: Tensor }) {
      return tf.exp(yield* sample("x", withStrategy(flip(p) as Distribution<Tensor, never>, dropped)));
    });
    const truth = (p: number) => 1 - p + p * Math.E;
    expect(worstScore(L, { p: tf.scalar(0.25) }, [truth(0.25), [Math.E - 1]], 10_000)).toBeGreaterThan(5);
    const sound = objective(function* ({ p }: { p: Tensor }) {
      return tf.exp(yield* sample("x", muProp(flip(p))));
    });
    expectUnbiased(sound, { p: tf.scalar(0.25) }, [truth(0.25), [Math.E - 1]]);
  });

  it("nothing random in the gradient of the mean itself", () => {
    const L = objective(function* ({ m }: { m: Tensor }) {
      const x = yield* sample("x", muProp(normal(m, 1)));
      return x.mul(0).add(m.square());
    });
    expectExact(L, { m: tf.scalar(0.5) }, [0.25, [1]]);
  });
});
