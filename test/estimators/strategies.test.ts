// The choice that sites get which name none, states that baselines carry, and strategies and distributions of the user's own.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  type Distribution,
  distribution,
  elbo,
  enumerate,
  family,
  flip,
  gen,
  iid,
  multivariateNormal,
  normal,
  type Objective,
  objective,
  observe,
  poisson,
  type Real,
  reinforce,
  reparam,
  type Strategy,
  sample,
  scan,
  simplify,
  standardUniform,
  uniform,
  valueAndGrad,
  vmap,
  where,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { toNDArray } from "../../src/ir/lifted.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { foldIn, seedKey } from "../../src/ops/random.js";
import { range } from "../../src/util/shapes.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, overNormal, sigmoid } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };
const ofOne = (d: (theta: Tensor) => Distribution<Tensor, never>, f: (x: Tensor) => Tensor): Objective<T, []> =>
  objective(function* ({ th: theta }: T) {
    return f(yield* sample("x", d(theta)));
  });
const sum = (x: Tensor) => x.mul(2).sum();
const squareOfSum = (x: Tensor) => x.sum().square();

describe("sites that name no strategy", () => {
  const defaults: readonly [
    string,
    (theta: Tensor) => Distribution<Tensor, never>,
    (x: Tensor) => Tensor,
    string,
    number,
  ][] = [
    ["normal", (t) => normal(t, 1), (x) => x.square(), "reparam", 1],
    ["uniform", (t) => uniform(0, t), (x) => x.square(), "reparam", 1],
    [
      "multivariate normal",
      (t) => multivariateNormal(tf.stack([t, t]), { scaleDiag: [1, 2] }),
      squareOfSum,
      "reparam",
      1,
    ],
    ["normal behind a jump", (t) => normal(t, 1), (x) => x.floor(), "reinforce", 2],
    ["flip", (t) => flip(t), (x) => x.square(), "enumerate", 2],
    [
      "categorical of 64",
      (t) => categorical({ logits: tf.mul(t, tf.linspace(-1, 1, 64)) }),
      (x) => x.square(),
      "enumerate",
      64,
    ],
    [
      "categorical of 65",
      (t) => categorical({ logits: tf.mul(t, tf.linspace(-1, 1, 65)) }),
      (x) => x.square(),
      "reinforce",
      2,
    ],
    ["1000 flips with separate costs", (t) => iid(1000, flip(t)), sum, "enumerate", 2],
    ["6 flips that a cost mixes", (t) => iid(6, flip(t)), squareOfSum, "enumerate", 64],
    ["7 flips that a cost mixes", (t) => iid(7, flip(t)), squareOfSum, "reinforce", 2],
    ["Poisson", (t) => poisson(t), (x) => x.square(), "reinforce", 2],
  ];
  it.each(defaults)("%s", (_, d, f, name, lanes) => {
    const [site] = prepare(ofOne(d, f), at, []).sites;
    expect([site!.strategy.name, site!.lanes, site!.isDefault]).toEqual([name, lanes, true]);
  });

  it("a named strategy is not a default", () => {
    const [site] = prepare(
      ofOne((t) => enumerate(flip(t)), sum),
      at,
      [],
    ).sites;
    expect(site!.isDefault).toBe(false);
  });

  it("a uniform behind a jump is refused: its support moves, so that no score function is left", () => {
    const L = ofOne(
      (t) => uniform(0, t),
      (x) => x.floor(),
    );
    expect(() => prepare(L, at, [])).toThrow(
      expect.objectContaining({
        code: "discontinuous",
        hint: "Write the cost continuously, or wrap the result in assumeContinuous(…) if it is continuous after all.",
      }),
    );
  });

  it("a family that is neither pathwise nor has a fixed support or finite values is refused", () => {
    const odd = family({
      name: "odd",
      support: "real",
      parameters: ["p"],
      isPathwise: false,
      isScorable: false,
      logDensity: ({ p }, x) => x.mul(p),
      draw: ({ p }) => p,
    });
    const L = ofOne((t) => distribution<Tensor, never>(odd, [t]), sum);
    expect(() => prepare(L, at, [])).toThrow(expect.objectContaining({ code: "no-strategy" }));
  });

  it("are unbiased together", () => {
    // x ~ N(θ, 1), k ~ Poisson(e^θ), b ~ flip(σ(x)); E bk + x² = e^θ E σ(x) + θ² + 1
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", normal(theta, 1));
      const k = yield* sample("k", poisson(tf.exp(theta)));
      const b = yield* sample("b", flip(tf.sigmoid(x)));
      return b.mul(k).add(x.square());
    });
    expect(prepare(L, at, []).sites.map(({ strategy }) => strategy.name)).toEqual([
      "reparam",
      "reinforce",
      "enumerate",
    ]);
    const f = (t: number) => Math.exp(t) * overNormal(t, 1, sigmoid) + t * t + 1;
    expectUnbiased(L, at, [f(th), differences(([t]) => f(t!), [th])]);
  });
});

describe("a baseline that follows the costs", () => {
  const decay = 0.75;
  const L = objective(function* ({ th: theta }: T) {
    const b = yield* sample("b", reinforce(flip(theta), { baseline: { decay } }));
    const c = yield* sample("c", reinforce(iid(2, flip(theta)), { baseline: { decay } }));
    return b
      .sub(4)
      .square()
      .add(c.mul([1, 2]).sum().square());
  });
  const costs = {
    b: (p: number) => p * 9 + (1 - p) * 16,
    c: (p: number) => overFlips([p, p], ([x, y]) => (x! + 2 * y!) ** 2),
  };
  const truth = (p: number) => costs.b(p) + costs.c(p);
  const { program, initialStates } = prepare(L, at, []);

  it("has one state per site and leaf, which starts at 0, among inputs and outputs", () => {
    expect(initialStates).toEqual([0, 0]);
    // key, parameter, states; estimate, next states
    expect(program.inputs.map(({ shape }) => shape)).toEqual([[2], [], [], []]);
    expect(program.outputs.map(({ shape }) => shape)).toEqual([[], [], []]);
  });

  it("is unbiased in every step, while its variance falls; its states are means of past costs", () => {
    const replicas = 10_000;
    const steps = 8;
    const step = simplify(vmap(valueAndGrad(program, { wrt: [1] }), replicas, [0, null, 0, 0]));
    let states: NDArray[] = initialStates.map((state) => ({
      shape: [replicas],
      dtype: "float32",
      elements: new Float64Array(replicas).fill(state),
    }));
    const moments = (x: Float64Array) => {
      const mean = x.reduce((total, each) => total + each, 0) / replicas;
      const variance = x.reduce((total, each) => total + (each - mean) ** 2, 0) / (replicas - 1);
      return { mean, variance, error: Math.sqrt(variance / replicas), draws: replicas };
    };
    const slope = differences(([p]) => truth(p!), [th])[0]!;
    const variances = range(steps).map((t) => {
      const keys = toNDArray(tf.tidy(() => foldIn(foldIn(seedKey(5), t), tf.tensor1d(range(replicas), "int32"))));
      const [value, first, second, gradient] = evaluate(step, [keys, toNDArray(at.th), ...states]);
      expect(Math.abs(zScore(moments(value!.elements), truth(th)))).toBeLessThan(5);
      expect(Math.abs(zScore(moments(gradient!.elements), slope))).toBeLessThan(5);
      states = [first!, second!].map(({ elements }) => ({ shape: [replicas], dtype: "float32", elements }));
      // after t + 1 steps from 0: (1 − decay^(t+1))·E cost, in the order of contraction (last site first)
      const share = 1 - decay ** (t + 1);
      for (const [i, cost] of [costs.c(th), costs.b(th)].entries())
        expect(Math.abs(zScore(moments(states[i]!.elements), share * cost))).toBeLessThan(5);
      return moments(gradient!.elements).variance;
    });
    expect(variances.at(-1)!).toBeLessThan(0.5 * variances[0]!);
  });
});

/** x and its mirror image about the mean: pathwise on both, averaged. For symmetric distributions. */
const antitheticStrategy: Strategy = {
  name: "antithetic",
  isUnbiased: true,
  isPathwise: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: ({ name, isPathwise }) =>
    isPathwise && name.includes("normal") ? undefined : "it is not known to be symmetric",
  draw: ({ family: { draw, mean }, parameters, key, batch }) => {
    const x = draw(parameters, key, batch);
    return { value: tf.stack([x, mean!(parameters).mul(2).sub(x)]), lanes: 2, keep: {} };
  },
  contract: ({ cost }) => ({ estimate: tf.mean(cost, 0) }),
};
const antithetic = <O extends string>(d: Distribution<Real, O>): Distribution<Real, never> =>
  withStrategy(d as Distribution<Real, never>, antitheticStrategy);

/** Coins drawn from a fair one, and weighed: E_q[s·p/q] = E_p[s], for derivatives of any order. */
const importanceStrategy: Strategy = {
  name: "importance",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: ({ support }) => (support === "boolean" ? undefined : "it draws fair coins"),
  draw: ({ family: { logDensity }, parameters, key, batch }) => {
    const value = tf.less(standardUniform(key, batch), 0.5).toFloat();
    return { value, keep: { logWeight: logDensity(parameters, value).add(Math.LN2) } };
  },
  contract: ({ cost, keep }) => ({ estimate: cost.mul(tf.exp(keep.logWeight!)) }),
};
const importance = (d: ReturnType<typeof flip>) => withStrategy(d as Distribution<Tensor, never>, importanceStrategy);

describe("strategies of the user's own", () => {
  it("antithetic pairs: unbiased, and exact for linear costs", () => {
    const square = ofOne(
      (t) => antithetic(normal(t, 0.5)),
      (x) => x.add(x.square()),
    );
    expectUnbiased(square, at, [th + th ** 2 + 0.25, [1 + 2 * th]]);
    const linear = estimateMoments(
      ofOne(
        (t) => antithetic(normal(t, 0.5)),
        (x) => x.mul(3),
      ),
      at,
      [],
      { draws: 2000 },
    );
    expect(linear.map(([each]) => each!.variance < 1e-20)).toEqual([true, true]);
    expect(prepare(square, at, []).sites[0]).toMatchObject({ lanes: 2, strategy: { name: "antithetic" } });
  });

  it("antithetic pairs of a plate that a cost mixes, feeding an enumerated flip", () => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", antithetic(iid(2, normal(theta, 1))));
      const b = yield* sample("b", enumerate(bernoulli({ logits: x.sum() })));
      return b.mul(x.square().sum());
    });
    // Σx² with x₁ + x₂ = s ~ N(2θ, √2): E[x₁² + x₂² | s] = s²/2 + 1
    const f = (t: number) => overNormal(2 * t, Math.SQRT2, (s) => sigmoid(s) * ((s * s) / 2 + 1));
    expectUnbiased(L, at, [f(th), differences(([t]) => f(t!), [th])]);
  });

  it("antithetic pairs in a loop", () => {
    const step = gen(function* (x: Tensor, theta: Tensor) {
      return { carry: x.add(yield* sample("x", antithetic(normal(theta, 1)))) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { carry } = yield* scan("loop", (x: Tensor, _t: Tensor) => step(x, theta), tf.scalar(0), 3);
      return carry.square();
    });
    expectUnbiased(L, at, [9 * th ** 2 + 3, [18 * th]]);
  });

  it("antithetic values may not jump either, being pathwise", () => {
    expect(() =>
      prepare(
        ofOne(
          (t) => antithetic(normal(t, 1)),
          (x) => x.floor(),
        ),
        at,
        [],
      ),
    ).toThrow(/antithetic\(normal\)/);
  });

  it("importance-weighted scores: unbiased for separate, mixed and dependent costs, and twice differentiable", () => {
    const p = [0.25, 0.5, 0.875];
    const cost = (b: readonly number[]) => (b[0]! + 2 * b[1]! - b[2]!) ** 2 + b[0]! + 3 * b[1]!;
    const L = objective(function* ({ q }: { q: Tensor }) {
      const b = yield* sample("b", importance(flip(q)));
      const mixed = b.mul([1, 2, -1]).sum().square();
      return mixed.add(b.mul([1, 3, 0]).sum());
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

  it("negative control: weights that are forgotten are seen", () => {
    const unweighted = {
      ...importanceStrategy,
      contract: ({ cost }: { readonly cost: Tensor }) => ({ estimate: cost }),
    };
    const L = ofOne(
      (t) => withStrategy(flip(t) as Distribution<Tensor, never>, unweighted),
      (x) => x.mul(2),
    );
    expect(worstScore(L, at, [2 * th, [2]], 2000)).toBeGreaterThan(5);
  });

  it("are refused where they object, with the reason", () => {
    expect(() => antithetic(uniform(0, 1) as unknown as Distribution<Real, never>)).toThrow(
      "antithetic(uniform) is not possible: it is not known to be symmetric",
    );
  });

  it("whose contraction leaves a wrong shape are told so", () => {
    const broken: Strategy = { ...antitheticStrategy, contract: ({ cost }) => ({ estimate: cost }) };
    const L = ofOne(
      (t) => withStrategy(normal(t, 1) as Distribution<Real, never>, broken),
      (x) => x.square(),
    );
    expect(() => prepare(L, at, [])).toThrow(
      /strategy antithetic returned an estimate of shape \[2\] for a leaf of shape \[\]/,
    );
  });
});

describe("a distribution of the user's own", () => {
  // log f(x) = −|x − loc|/scale − log(2·scale)
  const laplaceFamily = family({
    name: "laplace",
    support: "real",
    parameters: ["loc", "scale"],
    logDensity: ({ loc, scale }, x) => tf.neg(tf.abs(x.sub(loc)).div(scale)).sub(tf.log(scale.mul(2))),
    draw: ({ loc, scale }, key, batch) => {
      const u = standardUniform(key, batch).sub(0.5);
      return loc.sub(scale.mul(tf.sign(u)).mul(tf.log1p(tf.abs(u).mul(-2))));
    },
    mean: ({ loc }) => loc,
  });
  const laplace = (loc: Tensor | number, scale: Tensor | number) =>
    distribution<Real, "reparam" | "reinforce">(laplaceFamily, [loc, scale]);

  // E x² = θ² + 2s²
  it.each([
    ["reparam", (t: Tensor) => reparam(laplace(t, 0.5))],
    ["reinforce", (t: Tensor) => reinforce(laplace(t, 0.5), { copies: 2 })],
    ["its default", (t: Tensor) => laplace(t, 0.5)],
  ] as const)("under %s", (_, d) => {
    expectUnbiased(
      ofOne(d, (x) => x.square()),
      at,
      [th ** 2 + 0.5, [2 * th]],
    );
  });

  it("in a model and a guide", () => {
    const model = gen(function* (y: Tensor) {
      const x = yield* sample("x", laplace(0, 1));
      yield* observe("y", normal(x, 1), y);
    });
    const guide = gen(function* ({ loc }: { loc: Tensor }, _y: Tensor) {
      yield* sample("x", reparam(normal(loc, 0.5)));
    });
    const L = elbo(model, guide);
    const normalLog = (x: number, m: number, s: number) =>
      -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
    const f = (m: number) =>
      overNormal(m, 0.5, (x) => -Math.abs(x) - Math.LN2 + normalLog(1, x, 1) - normalLog(x, m, 0.5), 24_000);
    const [value, gradient] = estimateMoments(L, { loc: tf.scalar(0.25) }, [tf.scalar(1)], { draws: 20_000 });
    expect(Math.abs(zScore(value![0]!, f(0.25), 1e-6))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, differences(([m]) => f(m!), [0.25])[0]!, 1e-5))).toBeLessThan(5);
  });

  it("with a finite support is enumerated, aligned or jointly", () => {
    // values 0, 1, 2 with probabilities (1 − p)², 2p(1 − p), p²
    const twoCoins = family({
      name: "twoCoins",
      support: "nonNegativeInteger",
      parameters: ["p"],
      isPathwise: false,
      supportValues: () => [0, 1, 2],
      logDensity: ({ p }, x) =>
        x
          .mul(tf.log(p))
          .add(tf.sub(2, x).mul(tf.log(tf.sub(1, p))))
          .add(where(x.equal(1), Math.LN2, 0)),
      draw: ({ p }, key, batch) =>
        tf
          .less(standardUniform(key, [...batch, 2]), p.expandDims(-1))
          .toFloat()
          .sum(-1),
    });
    const d = (p: Tensor) => distribution<Tensor, "enumerate" | "reinforce">(twoCoins, [p]);
    const p = [0.25, 0.625];
    const L = objective(function* ({ q }: { q: Tensor }) {
      return (yield* sample("x", enumerate(d(q)))).sum().square();
    });
    const f = (q: readonly number[]) => {
      const [mean, variance] = [2 * (q[0]! + q[1]!), q.reduce((total, each) => total + 2 * each * (1 - each), 0)];
      return mean ** 2 + variance;
    };
    expect(prepare(L, { q: tf.tensor1d(p) }, []).sites[0]!.lanes).toBe(9);
    expectUnbiased(L, { q: tf.tensor1d(p) }, [f(p), differences(f, p)], 10);
    const scored = objective(function* ({ q }: { q: Tensor }) {
      return (yield* sample("x", reinforce(d(q), { copies: 2 }))).sum().square();
    });
    expectUnbiased(scored, { q: tf.tensor1d(p) }, [f(p), differences(f, p)]);
  });
});
