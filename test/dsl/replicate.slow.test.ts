// Computations that run side by side: what they draw, under every strategy, and wherever they stand.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  average,
  binomial,
  categorical,
  cond,
  type Distribution,
  dirichlet,
  enumerate,
  flip,
  gamma,
  gen,
  iid,
  importance,
  independent,
  measureValued,
  multivariateNormal,
  muProp,
  normal,
  objective,
  poisson,
  reinforce,
  replicate,
  run,
  sample,
  scan,
  simulate,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { equationCounts, estimateMoments, estimateOnce } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };

describe("average", () => {
  // b ~ flip(θ), x ~ N(θ + b, 1): E (x + b)² = θ² + θ(4θ + 4) + 1
  const truth = [5 * th ** 2 + 4 * th + 1, [10 * th + 4]] as const;
  const of = (coin: (p: Tensor) => Distribution<Tensor, never>, runs = 6) =>
    objective(function* ({ th: theta }: T) {
      return yield* average(runs, function* () {
        const b = yield* sample("b", coin(theta));
        const x = yield* sample("x", normal(theta.add(b), 1));
        return x.add(b).square();
      });
    });

  it.each([
    ["enumerate", (p: Tensor) => enumerate(flip(p)), 2],
    ["reinforce", (p: Tensor) => reinforce(flip(p)), 1],
    ["reinforce with copies", (p: Tensor) => reinforce(flip(p), { copies: 3 }), 3],
    ["reinforce with a baseline", (p: Tensor) => reinforce(flip(p), { baseline: p.mul(2) }), 1],
    ["muProp", (p: Tensor) => muProp(flip(p)), 3],
    ["measureValued", (p: Tensor) => measureValued(flip(p)), 3],
    ["importance", (p: Tensor) => importance(flip(p), flip(p.mul(0.5).add(0.25))), 1],
    ["the default", (p: Tensor) => flip(p), 2],
  ] as const)("under %s", (_, coin, lanes) => {
    expectUnbiased(of(coin), at, truth, 10_000);
    const [site] = prepare(of(coin), at, []).sites;
    expect([site!.lanes, site!.isMixed]).toEqual([lanes, [false]]);
  });

  it("of n runs has a variance n times as small", () => {
    const variances = [1, 16].map(
      (runs) =>
        estimateMoments(
          of((p) => reinforce(flip(p)), runs),
          at,
          [],
          { draws: 20_000 },
        )[1]![0]!,
    );
    expect(variances[0]!.variance / variances[1]!.variance / 16).toBeCloseTo(1, 1);
  });

  it("has the same number of equations for any number of runs", () => {
    const [few, many] = [4, 400].map((runs) =>
      equationCounts(
        of((p) => enumerate(flip(p)), runs),
        at,
        [],
      ),
    );
    expect(many!.estimator).toBe(few!.estimator);
    expect(Math.abs(many!.gradient - few!.gradient)).toBeLessThanOrEqual(1);
  });

  it("draws the same eagerly", () => {
    const L = objective(function* ({ th: theta }: T) {
      const outer = yield* sample("x", normal(theta, 1));
      const inner = yield* average(4, () => sample("x", iid(2, normal(outer, 1))));
      return inner.square().sum();
    });
    expect(estimateOnce(L, at, [], { seed: 5, derived: "value" })[0]![0]).toBeCloseTo(
      run(5, L.body(at)).dataSync()[0]!,
      4,
    );
  });

  it("of nested structures keeps them", () => {
    const result = run(
      0,
      average(3, function* () {
        const x = yield* sample("x", normal([0, 1], 1));
        return { x, squares: [x.square()] };
      }),
    );
    expect([result.x.shape, result.squares[0]!.shape]).toEqual([[2], [2]]);
  });

  it("refuses numbers of runs and results that are none", () => {
    expect(() =>
      run(
        0,
        average(0, () => sample("x", normal(0, 1))),
      ),
    ).toThrow(expect.objectContaining({ code: "option" }));
    const number = () =>
      run(
        0,
        average(2, function* () {
          return 3;
        } as never),
      );
    expect(number).toThrow(expect.objectContaining({ code: "replicate-result" }));
  });
});

describe("replicate", () => {
  it("keeps runs that a cost mixes right", () => {
    // E (Σ_i b_i x_i)² for b_i ~ flip(θ), x_i ~ N(θ, 1)
    const of = (coin: (p: Tensor) => Distribution<Tensor, never>) =>
      objective(function* ({ th: theta }: T) {
        const products = yield* replicate(3, function* () {
          const b = yield* sample("b", coin(theta));
          return b.mul(yield* sample("x", normal(theta, 1)));
        });
        return products.sum().square();
      });
    const f = ([p]: readonly number[]) =>
      overFlips([p!, p!, p!], (b) => {
        const sum = b.reduce((total, bit) => total + bit, 0);
        return (sum * p!) ** 2 + sum;
      });
    const truth = [f([th]), differences(f, [th])] as const;
    expectUnbiased(
      of((p) => enumerate(flip(p))),
      at,
      truth,
    );
    expectUnbiased(
      of((p) => reinforce(flip(p), { copies: 2 })),
      at,
      truth,
    );
    expectUnbiased(
      of((p) => measureValued(flip(p))),
      at,
      truth,
    );
  });

  it("inside replicate, scan and cond", () => {
    // runs of a random walk whose steps average three draws, behind a coin
    const step = gen(function* (carry: Tensor) {
      const mean = yield* average(3, function* () {
        const b = yield* sample("b", reinforce(flip(tf.sigmoid(carry))));
        return b.add(yield* sample("e", normal(0, 1)));
      });
      return { carry: carry.add(mean) };
    });
    const still = gen(function* (x: Tensor) {
      return x;
    });
    const noisy = gen(function* (x: Tensor) {
      return x.add(yield* average(2, () => sample("n", normal(1, 1))));
    });
    const of = (inLanes: boolean) =>
      objective(function* ({ th: theta }: T) {
        const one = function* () {
          const coin = yield* sample("coin", enumerate(flip(theta)));
          const { carry } = yield* scan("walk", (x: Tensor) => step(x), theta, 2);
          return (yield* cond("end", coin, noisy(carry), still(carry))).square();
        };
        return inLanes ? yield* average(4, one) : yield* one();
      });
    const draws = 20_000;
    const [plain, lanes] = [false, true].map((inLanes) => estimateMoments(of(inLanes), at, [], { draws }));
    for (const [i, [reference]] of plain!.entries()) {
      const [found] = lanes![i]!;
      const z = (found!.mean - reference!.mean) / Math.hypot(found!.error, reference!.error);
      expect(Math.abs(z)).toBeLessThan(5);
      expect(found!.variance * 2).toBeLessThan(reference!.variance);
    }
  });

  it("runs in a program that is simulated, and not in one that is assessed", () => {
    const noisy = gen(function* () {
      return yield* average(8, () => sample("x", normal(2, 1)));
    });
    expect(run(1, simulate(noisy())).returnValue.shape).toEqual([]);
    expect(() => run(1, assess(noisy(), {}))).toThrow(expect.objectContaining({ code: "missing-choice" }));
  });

  it("a negative control: lanes that shared their draws would not average anything out", () => {
    const shared = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", normal(theta, 1));
      return (yield* replicate(4, function* () {
        return x;
      }))
        .sum()
        .square();
    });
    // E (Σ x_i)² = 16θ² + 4 for independent ones
    expect(worstScore(shared, at, [16 * th ** 2 + 4, [32 * th]], 5000)).toBeGreaterThan(5);
  });
});

describe("parameters that differ between lanes", () => {
  // u is random, so that every lane has parameters of its own; the second moment is that of a single run
  const families: readonly [string, (u: Tensor) => Distribution<Tensor, never>][] = [
    ["normal", (u) => normal(u, [1, 2])],
    ["iid", (u) => iid(3, normal(u, [1, 2]))],
    ["independent of iid", (u) => independent(iid(3, normal(u, 1)))],
    ["independent of some", (u) => independent(iid([2, 3], normal(u, [1, 2, 3])), 2)],
    [
      "multivariateNormal",
      (u) =>
        iid(
          2,
          multivariateNormal(tf.stack([u, u]), {
            scaleTril: [
              [1, 0],
              [0.5, 1],
            ],
          }),
        ),
    ],
    [
      "multivariateNormal of lanes",
      (u) =>
        multivariateNormal(
          [
            [0, 0],
            [1, 2],
          ],
          { scaleDiag: tf.stack([u, u]) },
        ),
    ],
    ["categorical", (u) => iid(2, categorical({ logits: tf.stack([u, u.mul(2), tf.scalar(0)]) }))],
    [
      "categorical by lane and row",
      (u) =>
        categorical({
          probs: tf
            .stack([u, tf.sub(2, u)])
            .div(2)
            .expandDims(0),
        }),
    ],
    ["dirichlet", (u) => iid(2, dirichlet(tf.stack([u, u, tf.scalar(1)])))],
    ["gamma", (u) => iid(2, gamma(u, 2))],
    ["binomial", (u) => binomial([3, 5], { probs: u.div(2) })],
    ["poisson", (u) => iid([2, 1], poisson(u))],
  ];
  it.each(families)("%s", (_, d) => {
    const one = function* (theta: Tensor) {
      const u = tf.sigmoid(yield* sample("u", normal(theta, 1))).add(0.5);
      const x = yield* sample("x", d(u) as Distribution<Tensor, never>);
      return x
        .add(1)
        .square()
        .mul(tf.range(1, x.size + 1).reshape(x.shape))
        .sum();
    };
    const single = objective(function* ({ th: theta }: T) {
      return yield* one(theta);
    });
    const many = objective(function* ({ th: theta }: T) {
      return yield* average(5, () => one(theta));
    });
    const expected = estimateMoments(single, at, [], { draws: 20_000 });
    const found = estimateMoments(many, at, [], { draws: 4000 });
    for (const [i, [reference]] of expected.entries()) {
      const { mean, error } = found[i]![0]!;
      expect(Math.abs((mean - reference!.mean) / Math.hypot(error, reference!.error))).toBeLessThan(5);
    }
  });

  it("are exact where they are enumerated", () => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* average(3, function* () {
        const a = yield* sample("a", enumerate(flip(theta)));
        const b = yield* sample("b", enumerate(iid(2, flip(tf.add(0.25, a.mul(0.5))))));
        return b.sum().add(a).square();
      });
    });
    const f = ([p]: readonly number[]) =>
      overFlips([p!], ([a]) => overFlips([0.25 + a! / 2, 0.25 + a! / 2], (b) => (b[0]! + b[1]! + a!) ** 2));
    expectExact(L, at, [f([th]), differences(f, [th])]);
  });
});
