// Control variates around sub-computations: unbiased whatever stands inside, and with less variance.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  baseline,
  controlVariate,
  type Distribution,
  enumerate,
  flip,
  gen,
  leaveOneOut,
  measureValued,
  muProp,
  normal,
  type Objective,
  objective,
  reinforce,
  replicate,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, estimateOnce } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, tuples } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };
const varianceOf = (L: Objective<T, []>) => estimateMoments(L, at, [], { draws: 10_000 })[1]![0]!.variance;

// a ~ flip(θ), b ~ flip(¼ + a/2), x ~ N(b, 1): E c and E c² for c = ((a + 2b + x)·θ + 3)²
const overChain = (p: number, of: (mean: number) => number): number =>
  overFlips([p], ([a]) => overFlips([0.25 + a! / 2], ([b]) => of((a! + 3 * b!) * p + 3)));
const f = ([p]: readonly number[]) => overChain(p!, (m) => m ** 2 + p! ** 2);
const secondMoment = (p: number) => overChain(p, (m) => m ** 4 + 6 * m ** 2 * p ** 2 + 3 * p ** 4);
const truth = [f([th]), differences(f, [th])] as const;
type Coin = (p: Tensor) => Distribution<Tensor, never>;
const chain = (first: Coin, second: Coin) =>
  function* (theta: Tensor) {
    const a = yield* sample("a", first(theta));
    const b = yield* sample("b", second(tf.add(0.25, a.mul(0.5))));
    const x = yield* sample("x", normal(b, 1));
    return a.add(b.mul(2)).add(x).mul(theta).add(3).square();
  };
const scored: Coin = (p) => reinforce(flip(p));
const coins: readonly [string, Coin][] = [
  ["reinforce", scored],
  ["reinforce with copies", (p) => reinforce(flip(p), { copies: 2 })],
  ["a decaying mean", (p) => reinforce(flip(p), { baseline: { decay: 0.9 } })],
  ["enumerate", (p) => enumerate(flip(p))],
  ["measureValued", (p) => measureValued(flip(p))],
  ["muProp", (p) => muProp(flip(p))],
];
const pairs = coins.flatMap(([name, coin]) => coins.map(([other, second]) => [name, other, coin, second] as const));

describe("baseline", () => {
  const of = (b: (theta: Tensor) => Tensor | number, first = scored, second = scored) =>
    objective(function* ({ th: theta }: T) {
      return baseline(yield* chain(first, second)(theta), b(theta));
    });
  const plain = objective(function* ({ th: theta }: T) {
    return yield* chain(scored, scored)(theta);
  });

  it.each(coins)("is unbiased with %s", (_, coin) => {
    expectUnbiased(
      of((theta) => theta.mul(2).add(13), coin),
      at,
      truth,
    );
  });

  it("lowers the variance", () => {
    expect(varianceOf(of(() => 14)) * 3).toBeLessThan(varianceOf(plain));
  });

  it("is unbiased also where it depends on the choices", () => {
    const L = objective(function* ({ th: theta }: T) {
      const a = yield* sample("a", scored(theta));
      const b = yield* sample("b", scored(a.mul(0.5).add(0.25)));
      const x = yield* sample("x", normal(b, 1));
      const cost = a.add(b.mul(2)).add(x).mul(theta).add(3).square();
      return baseline(cost, a.mul(3).add(b).add(theta));
    });
    expectUnbiased(L, at, truth);
  });

  it("of separate costs stays element by element", () => {
    const of = (control: (v: Tensor) => Tensor) =>
      objective(function* ({ th: theta }: T) {
        const x = yield* sample("x", reinforce(flip(tf.mul(theta, tf.ones([20])))));
        return control(x.add(5)).sum();
      });
    expectUnbiased(
      of((v) => baseline(v, 5.5)),
      at,
      [100 + 20 * th, [20]],
    );
    expect(varianceOf(of((v) => baseline(v, 5.5))) * 20).toBeLessThan(varianceOf(of((v) => v)));
  });

  it("is unbiased to second order", () => {
    const square = ([p]: readonly number[]) => 2 * (f([p! + 1e-3]) - 2 * f([p!]) + f([p! - 1e-3])) * 0.5e6;
    const [second] = estimateMoments(
      of(() => 12),
      at,
      [],
      { draws: 40_000, derived: "hvp" },
      [tf.scalar(1)],
    );
    const { mean, error } = second![0]!;
    expect(Math.abs((mean - square([th])) / error)).toBeLessThan(5);
  });

  it("refuses a baseline that does not fit", () => {
    expect(() => baseline(tf.zeros([2]), tf.zeros([3]))).toThrow(expect.objectContaining({ code: "baseline-shape" }));
  });
});

describe("leaveOneOut", () => {
  const of = (first: Coin, second: Coin, runs = 4) =>
    objective(function* ({ th: theta }: T) {
      return yield* leaveOneOut(runs, () => chain(first, second)(theta));
    });

  it.each(pairs.filter(([name, other]) => [name, other].some((each) => each === "reinforce" || each === "enumerate")))(
    "is unbiased with %s and %s",
    (_, __, first, second) => {
      expectUnbiased(of(first, second), at, truth, 4000);
    },
  );

  it("lowers the variance inside a loop, too", () => {
    const step = (runs: number) =>
      gen(function* (carry: Tensor) {
        const cost = function* () {
          return (yield* sample("s", scored(tf.sigmoid(carry)))).add(3).square();
        };
        const output = runs > 1 ? yield* leaveOneOut(runs, cost) : yield* cost();
        return { carry, output };
      });
    const [plain, controlled] = [1, 2].map((runs) =>
      objective(function* ({ th: theta }: T) {
        return (yield* scan("steps", (c: Tensor) => step(runs)(c), theta, 4)).outputs.sum();
      }),
    );
    const p = 1 / (1 + Math.exp(-th));
    expectUnbiased(controlled!, at, [4 * (9 + 7 * p), [28 * p * (1 - p)]]);
    expect(varianceOf(controlled!) * 5).toBeLessThan(varianceOf(plain!));
  });

  it("lowers the variance below that of the mean of independent runs", () => {
    const runs = objective(function* ({ th: theta }: T) {
      return (yield* replicate(4, () => chain(scored, scored)(theta))).mean();
    });
    expect(varianceOf(of(scored, scored)) * 3).toBeLessThan(varianceOf(runs));
  });

  it("of one choice is reinforce with as many copies", () => {
    const cost = (x: Tensor) => x.mul(3).add(1).square();
    const runs = objective(function* ({ th: theta }: T) {
      return yield* leaveOneOut(5, function* () {
        return cost(yield* sample("x", scored(theta)));
      });
    });
    const copies = objective(function* ({ th: theta }: T) {
      return cost(yield* sample("x", reinforce(flip(theta), { copies: 5 })));
    });
    const [ours, theirs] = [runs, copies].map((L) => estimateMoments(L, at, [], { draws: 40_000 })[1]![0]!);
    expect(ours!.variance / theirs!.variance).toBeCloseTo(1, 1);
  });

  it("inside and around other repetitions, loops and shared choices", () => {
    // y ~ flip(θ) is shared by the runs; each walks two steps of flips
    const step = gen(function* (carry: Tensor, theta: Tensor) {
      return { carry: carry.add(yield* sample("s", scored(carry.mul(0.25).add(theta.mul(0.25))))) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const y = yield* sample("y", scored(theta));
      return yield* leaveOneOut(3, function* () {
        const inner = yield* leaveOneOut(2, function* () {
          return (yield* sample("z", scored(theta.mul(0.5)))).add(y).square();
        });
        const { carry } = yield* scan("walk", (c: Tensor) => step(c, theta), y, 2);
        return inner.add(carry.square());
      });
    });
    const exact = ([p]: readonly number[]) =>
      overFlips([p!], ([y]) => {
        const inner = overFlips([p! / 2], ([z]) => (z! + y!) ** 2);
        const walk = tuples(2).reduce((sum, [s, t]) => {
          const [first, second] = [y! / 4 + p! / 4, (y! + s!) / 4 + p! / 4];
          const mass = (s ? first : 1 - first) * (t ? second : 1 - second);
          return sum + mass * (y! + s! + t!) ** 2;
        }, 0);
        return inner + walk;
      });
    expectUnbiased(L, at, [exact([th]), differences(exact, [th])]);
  });

  it("needs two runs", () => {
    expect(() => estimateOnce(of(scored, scored, 1), at, [])).toThrow(expect.objectContaining({ code: "option" }));
  });
});

describe("controlVariate", () => {
  // E (Σ_i v_i)² for three runs, with what the others add up to as control
  const of = (first: Coin, second: Coin, others = true) =>
    objective(function* ({ th: theta }: T) {
      const v = yield* replicate(3, () => chain(first, second)(theta));
      const sum = v.sum();
      const b = sum
        .sub(others ? v : 0)
        .mul(1.5)
        .square();
      return controlVariate(sum.square(), b, v);
    });
  const moments = ([p]: readonly number[]) => {
    const [mean, square] = [f([p!]), secondMoment(p!)];
    return 3 * square + 6 * mean ** 2;
  };
  const squared = [moments([th]), differences(moments, [th])] as const;

  it.each(pairs.filter(([name, other]) => [name, other].includes("reinforce")))(
    "is unbiased with %s and %s",
    (_, __, first, second) => {
      expectUnbiased(of(first, second), at, squared, 4000);
    },
  );

  it("lowers the variance", () => {
    const plain = objective(function* ({ th: theta }: T) {
      return (yield* replicate(3, () => chain(scored, scored)(theta))).sum().square();
    });
    expect(varianceOf(of(scored, scored)) * 3).toBeLessThan(varianceOf(plain));
  });

  it("a negative control: a control that is not independent biases the gradient", () => {
    expect(worstScore(of(scored, scored, false), at, squared, 10_000)).toBeGreaterThan(5);
  });
});
