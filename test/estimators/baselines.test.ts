// Baselines of the score function: learned ones, the optimal constant, leave-one-out, and what VarGrad is.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  type Baseline,
  bernoulli,
  clipByNorm,
  type Distribution,
  enumerate,
  fit,
  flip,
  gen,
  learned,
  normal,
  objective,
  reinforce,
  reparam,
  type Strategy,
  sample,
  scan,
  sgd,
  stopGradient,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { estimateMoments, estimateOnce } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, overNormal, sigmoid } from "../support/numbers.js";

const th = 0.375;
const at = { th: tf.scalar(th), b: tf.scalar(0.5) };
type T = { th: Tensor; b: Tensor };

describe("a learned baseline", () => {
  const cost = (x: Tensor) => x.sub(2.5).square();
  const L = objective(function* ({ th: theta, b }: T) {
    return cost(yield* sample("x", reinforce(flip(tf.sigmoid(theta)), { baseline: learned(b) })));
  });
  const f = (t: number) => overFlips([sigmoid(t)], ([x]) => (x! - 2.5) ** 2);

  it("leaves value and gradient unbiased; its own parameters have gradient 0, and its loss is no part of the objective", () => {
    expectUnbiased(L, at, [f(th), [differences(([t]) => f(t!), [th])[0]!], [0]]);
    const [, , gradient] = estimateOnce(L, at, []);
    expect(gradient).toEqual([0]);
    const { program, hasAuxiliaryLoss } = prepare(L, at, []);
    expect([hasAuxiliaryLoss, program.outputs.length]).toEqual([true, 2]);
  });

  it.each(["maximize", "minimize"] as const)("is the mean cost after a fit that goes to %s", async (direction) => {
    const optimizer = sgd({ learningRate: 0.02 });
    const own = objective(function* ({ b }: { b: Tensor }) {
      return cost(yield* sample("x", reinforce(flip(0.625), { baseline: learned(b) })));
    });
    const found = await fit(own, {
      parameters: { b: tf.scalar(0) },
      steps: 2000,
      draws: 64,
      optimizer,
      direction,
      seed: 3,
    });
    const mean = overFlips([0.625], ([x]) => (x! - 2.5) ** 2);
    expect(Math.abs(found.parameters.b.dataSync()[0]! - mean)).toBeLessThan(0.1);
    expect(found.history.at(-1)!.gradientNorm).toBe(0);
  });

  it("is trained by the gradient of its loss, step by step: b ← b + 2·rate·weight·(cost − b)", async () => {
    const constant = objective(function* ({ b }: { b: Tensor }) {
      yield* sample("x", flip(0.5));
      const x = yield* sample("y", reinforce(flip(0.5), { baseline: learned(b, { weight: 0.5 }) }));
      return x.mul(0).add(3);
    });
    // x·0 + 3 is linear in x with the cost 0·x: what is left to predict is 0
    const { parameters } = await fit(constant, {
      parameters: { b: tf.scalar(1) },
      steps: 2,
      optimizer: sgd({ learningRate: 0.25 }),
    });
    expect(parameters.b.dataSync()[0]).toBeCloseTo(0.75 ** 2, 6);
  });

  it("moves nothing that the objective reaches, and is clipped by itself", async () => {
    // the prediction θ·b shares θ with the objective: in the first step, θ moves as without the loss
    const of = (baseline: (p: T) => Baseline) =>
      objective(function* (p: T) {
        return cost(yield* sample("x", reinforce(flip(tf.sigmoid(p.th)), { baseline: baseline(p) })));
      });
    const first = async (baseline: (p: T) => Baseline) => {
      const options = { parameters: at, steps: 1, optimizer: sgd({ learningRate: 1 }), clip: clipByNorm(0.125) };
      const { parameters } = await fit(of(baseline), options);
      return [parameters.th.dataSync()[0]!, parameters.b.dataSync()[0]!] as const;
    };
    const shared = await first((p) => learned(p.th.mul(p.b)));
    const fixed = await first((p) => p.th.mul(p.b));
    expect(shared[0]).toBe(fixed[0]);
    expect(fixed[1]).toBe(0.5);
    // |cost − θb| > 1: the loss alone would move b much further
    expect(shared[1]).toBeCloseTo(0.625, 6);
  });

  it("lowers the variance of a fit's gradient to that of the mean baseline, per element and per datum", async () => {
    // cost of element n: (x_n + n)², with the mean ½ + n + n² for fair coins; the baseline is quadratic in n
    const n = tf.tensor1d([0, 1, 2, 3]);
    const predict = (w: Tensor, each: Tensor) =>
      tf
        .stack([tf.onesLike(each), each, each.square()], -1)
        .mul(w)
        .sum(-1);
    const of = <P extends { readonly w: Tensor }>(logits: (p: P) => Tensor) =>
      objective(function* (p: P, data: Tensor) {
        const baseline = learned(predict(p.w, data));
        const x = yield* sample("x", reinforce(bernoulli({ logits: logits(p) }), { baseline }));
        return x.add(data).square().sum();
      });
    const { parameters } = await fit(
      of((_: { w: Tensor }) => tf.zeros([4])),
      { parameters: { w: tf.zeros([3]) }, data: [n], steps: 2000, draws: 32, optimizer: adam({ learningRate: 0.02 }) },
    );
    const means = predict(parameters.w, n).dataSync();
    for (const at4 of [0, 1, 2, 3]) expect(Math.abs(means[at4]! - (0.5 + at4 + at4 ** 2))).toBeLessThan(0.7);
    const last = (w: Tensor) =>
      estimateMoments(
        of((p: { l: Tensor; w: Tensor }) => p.l),
        { l: tf.zeros([4]), w },
        [n],
        { draws: 4000, chunk: 1000 },
      )[1]![3]!.variance;
    // f is 9 or 16, and (f − b)² about 12 with it, 168 without
    expect(last(parameters.w)).toBeLessThan(0.1 * last(tf.zeros([3])));
  });

  it("with the decaying mean of what it misses: the state takes over at once", async () => {
    const of = (baseline: (b: Tensor) => Baseline) =>
      objective(function* ({ b }: { b: Tensor }) {
        return cost(yield* sample("x", reinforce(flip(0.5), { baseline: baseline(b) })));
      });
    const both = of((b) => learned(b, { decay: 0.5 }));
    const { initialStates, program } = prepare(both, { b: tf.scalar(0) }, []);
    expect(initialStates).toEqual([0]);
    expect(program.outputs).toHaveLength(3);
    const { parameters } = await fit(both, {
      parameters: { b: tf.scalar(0) },
      steps: 200,
      optimizer: sgd({ learningRate: 1e-3 }),
    });
    // the state has predicted the cost nearly from the first step on, so that b is hardly moved
    expect(Math.abs(parameters.b.dataSync()[0]!)).toBeLessThan(0.2);
  });

  it("in minibatches of draws, loops, with copies, and depending on earlier choices", async () => {
    const step = gen(function* (carry: Tensor, b: Tensor) {
      const p = tf.sigmoid(carry);
      const x = yield* sample(
        "x",
        reinforce(flip(p), {
          baseline: learned(carry.square().mul(b.slice(0, 1).squeeze()).add(b.slice(1, 1).squeeze())),
          copies: 2,
        }),
      );
      return { carry: carry.mul(0.5).add(x) };
    });
    const L3 = objective(function* ({ th: theta, b }: T) {
      const z = yield* sample("z", reparam(normal(theta, 1)));
      const k = yield* sample("k", enumerate(flip(tf.sigmoid(z))));
      const { carry } = yield* scan("loop", (c: Tensor, _: Tensor) => step(c, b), z.add(k), 2);
      return carry.square();
    });
    const start = { th: tf.scalar(th), b: tf.tensor1d([0.25, 0.5]) };
    const loop = (c: number, steps: number): number => {
      if (steps === 0) return c * c;
      const p = sigmoid(c);
      return p * loop(0.5 * c + 1, steps - 1) + (1 - p) * loop(0.5 * c, steps - 1);
    };
    const truth = (t: number) => overNormal(t, 1, (z) => sigmoid(z) * loop(z + 1, 2) + (1 - sigmoid(z)) * loop(z, 2));
    expectUnbiased(L3, start, [truth(th), differences(([t]) => truth(t!), [th]), [0, 0]], 10_000);
    const found = await fit(L3, { parameters: start, steps: 20, draws: 4, direction: "minimize" });
    expect(found.parameters.b.dataSync()[1]).not.toBe(0.5);
    // in each step, what is trained is trained apart from θ: the same θ as with nothing to learn in the loss
    expect(found.sites.filter(({ strategy }) => strategy.name === "reinforce")).toHaveLength(2);
  });

  it("is refused without parameters of its own, with another shape than the batch, and with senseless options", async () => {
    const of = (baseline: (p: T) => Baseline, d = (t: Tensor) => flip(tf.sigmoid(t))) =>
      objective(function* (p: T) {
        return cost(yield* sample("x", reinforce(d(p.th), { baseline: baseline(p) }))).sum();
      });
    const run = (L: ReturnType<typeof of>) => fit(L, { parameters: at, steps: 1, unused: "keep" });
    await expect(run(of((p) => learned(p.th.mul(2))))).rejects.toMatchObject({
      code: "learned-baseline",
      message: expect.stringContaining("no parameters of its own"),
    });
    await expect(run(of(() => learned(2)))).rejects.toMatchObject({
      code: "learned-baseline",
      message: expect.stringContaining("does not depend on any parameter"),
    });
    expect(() =>
      prepare(
        of((p) => learned(tf.stack([p.b, p.b]))),
        at,
        [],
      ),
    ).toThrow(
      expect.objectContaining({
        code: "baseline-shape",
        message: expect.stringMatching(/baseline of "x".*\n {2}expected: \[\]\n {2}received: \[2\]/),
      }),
    );
    expect(() => learned(0, { weight: 0 })).toThrow("learned: the weight must be positive, and is 0");
    expect(() => learned(0, { decay: 1 })).toThrow("learned: the decay must be at least 0 and less than 1, and is 1");
    expect(() => reinforce(flip(0.5), { baseline: { decay: -0.5 } })).toThrow("reinforce: the decay");
  });

  it("cannot depend on the choice itself: a value that leaves its program is refused", () => {
    let own: Tensor | undefined;
    const L4 = objective(function* ({ th: theta }: T) {
      const baseline: Baseline = own ? learned(own) : 0;
      own = yield* sample("x", reinforce(flip(tf.sigmoid(theta)), { baseline }));
      return own;
    });
    prepare(L4, at, []);
    const again = { th: tf.tensor1d([th]), b: at.b };
    expect(() => prepare(L4, again, [])).toThrow(expect.objectContaining({ code: "escaped-tensor" }));
  });
});

describe("baselines made of the other copies", () => {
  const p = [0.25, 0.5, 0.875];
  const mixed = (x: readonly number[]) => (x[0]! + 2 * x[1]! - x[2]!) ** 2 + x[0]! + 3 * x[1]!;
  const f = (q: readonly number[]) => overFlips(q, mixed);
  const of = (on: (d: ReturnType<typeof flip>) => Distribution<Tensor, never>) =>
    objective(function* ({ q }: { q: Tensor }) {
      const x = yield* sample("x", on(flip(q)));
      return x
        .mul([1, 2, -1])
        .sum()
        .square()
        .add(x.mul([1, 3, 0]).sum());
    });
  const point = { q: tf.tensor1d(p) };

  it("leaveOneOut is the default of copies", () => {
    const [named, silent] = [
      of((d) => reinforce(d, { copies: 3, baseline: "leaveOneOut" })),
      of((d) => reinforce(d, { copies: 3 })),
    ].map((L) => estimateOnce(L, point, []));
    expect(named).toEqual(silent);
  });

  it.each([2, 5])("optimal, %s copies: unbiased, twice differentiable", (copies) => {
    const L = of((d) => reinforce(d, { copies, baseline: "optimal" }));
    expectUnbiased(L, point, [f(p), differences(f, p)], 10_000);
    const along = (q: readonly number[]) =>
      differences(f, q, 1e-2).reduce((total, each, i) => total + each * [1, -0.5, 0.25][i]!, 0);
    const [hvp] = estimateMoments(L, point, [], { draws: 10_000, chunk: 2000, derived: "hvp" }, [
      tf.tensor1d([1, -0.5, 0.25]),
    ]);
    for (const [i, each] of differences(along, p, 1e-2).entries())
      expect(Math.abs((hvp![i]!.mean - each) / hvp![i]!.error)).toBeLessThan(5);
  });

  it("optimal, of two copies, is leave-one-out where they have a score of equal size; it is not where they have not", () => {
    const on = (baseline: Baseline) => of((d) => reinforce(d, { copies: 2, baseline }));
    const at2 = { q: tf.tensor1d(p) };
    const [optimal, leaveOneOut] = [on("optimal"), on("leaveOneOut")].map((L) => estimateOnce(L, at2, []));
    // with one other copy, its weight cancels
    for (const [i, each] of optimal!.flat().entries()) expect(each).toBeCloseTo(leaveOneOut!.flat()[i]!, 5);
  });

  it("optimal: with many copies, the variance is that of the best constant, below that of leave-one-out", () => {
    // b ~ flip(p) in p: b* = E[f s²]/E[s²] makes both of the two values of (f − b*)·s equal
    const q = 0.125;
    const L = (baseline: Baseline, copies: number) =>
      objective(function* ({ l }: { l: Tensor }) {
        const x = yield* sample("x", reinforce(bernoulli({ logits: l }), { baseline, copies }));
        return x.sub(0.45).square();
      });
    const at3 = { l: tf.scalar(Math.log(q / (1 - q))) };
    const [, optimal] = estimateMoments(L("optimal", 32), at3, [], { draws: 4000, chunk: 1000 });
    const [, leaveOneOut] = estimateMoments(L("leaveOneOut", 32), at3, [], { draws: 4000, chunk: 1000 });
    expect(optimal![0]!.variance).toBeLessThan(0.2 * leaveOneOut![0]!.variance);
  });

  it("negative control: the draw's own cost in the optimal baseline is seen", () => {
    const L = of((d) => {
      const { strategy } = reinforce(d, { copies: 2, baseline: "optimal" });
      const contract: Strategy["contract"] = (c) => {
        const weight = c.keep.squaredScore!.add(tf.zerosLike(c.cost));
        const b = stopGradient(weight.mul(c.cost).sum(0, true).div(weight.sum(0, true)));
        const score = tf.exp(c.keep.logDensity!.sub(stopGradient(c.keep.logDensity!)));
        return { estimate: c.cost.sub(b).mul(score).add(b).mean(0) };
      };
      return withStrategy(d as Distribution<Tensor, never>, { ...strategy!, contract });
    });
    expect(worstScore(L, point, [f(p), differences(f, p)], 10_000)).toBeGreaterThan(5);
  });

  it("need other copies", () => {
    for (const baseline of ["optimal", "leaveOneOut"] as const)
      expect(() => reinforce(flip(0.5), { baseline })).toThrow(
        `reinforce: the baseline "${baseline}" is made of the other copies, and there is one copy`,
      );
  });
});

describe("VarGrad", () => {
  // q = N(m, s), log p(x) = −x⁴/4 + x: ½·Var over copies of log q/p at fixed x, differentiated in m and s
  const copies = 5;
  type Q = { m: Tensor; s: Tensor };
  const logModel = (x: Tensor) => x.sub(x.square().square().mul(0.25));
  const logGuide = ({ m, s }: Q, x: Tensor) => x.sub(m).div(s).square().mul(-0.5).sub(tf.log(s));
  const elbo = (on: (d: ReturnType<typeof normal>) => Distribution<Tensor, never>, isHeld: boolean) =>
    objective(function* (q: Q) {
      const x = yield* sample("x", on(normal(q.m, q.s)));
      const held = isHeld ? { m: stopGradient(q.m), s: stopGradient(q.s) } : q;
      return logModel(x).sub(logGuide(held, x));
    });
  /** −½·Var of log q − log p, in place of an estimate of the ELBO. */
  const logVariance: Strategy = {
    name: "logVariance",
    isUnbiased: true,
    isPathwise: false,
    maximumOrder: 1,
    objection: () => undefined,
    draw: ({ family, parameters, key, batch }) => {
      const value = stopGradient(family.draw(parameters, key, [copies, ...batch]));
      return { value, lanes: copies, keep: { logDensity: family.logDensity(parameters, value) } };
    },
    contract: ({ cost, keep }) => {
      // the cost is log p − log q at held parameters; log q is put back with its derivative
      const logDensity = keep.logDensity!;
      const ratio = cost.sub(logDensity.sub(stopGradient(logDensity)));
      const deviations = ratio.sub(ratio.mean(0, true));
      return {
        estimate: deviations
          .square()
          .sum(0)
          .div(-2 * (copies - 1)),
      };
    },
  };
  const start = { m: tf.scalar(0.25), s: tf.scalar(0.75) };

  it("is leave-one-out on the ELBO with log q held constant, draw by draw", () => {
    const byScore = elbo((d) => reinforce(d, { copies }), true);
    const byVariance = elbo((d) => withStrategy(d as Distribution<Tensor, never>, logVariance), true);
    for (const seed of [1, 2, 3]) {
      const [, ...score] = estimateOnce(byScore, start, [], { seed });
      const [, ...variance] = estimateOnce(byVariance, start, [], { seed });
      for (const [i, each] of score.flat().entries()) expect(each).toBeCloseTo(variance.flat()[i]!, 10);
      expect(Math.abs(score[0]![0]!)).toBeGreaterThan(1e-3);
    }
  });

  it("with the derivative of log q left in, the same in expectation with more variance", () => {
    const moments = [true, false].map((isHeld) =>
      estimateMoments(
        elbo((d) => reinforce(d, { copies }), isHeld),
        start,
        [],
        { draws: 20_000 },
      ),
    );
    const [held, free] = moments.map(([, m]) => m![0]!);
    expect(Math.abs(held!.mean - free!.mean) / Math.hypot(held!.error, free!.error)).toBeLessThan(5);
    expect(free!.variance).not.toBeCloseTo(held!.variance, 3);
  });
});
