// Products and exponentials of expectations, costs on the way, and rows drawn inside objectives.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  addCost,
  average,
  type Distribution,
  enumerate,
  estimates,
  expOfEstimate,
  flip,
  gen,
  measureValued,
  normal,
  objective,
  productOfEstimates,
  reinforce,
  reparam,
  run,
  sample,
  scan,
  simulate,
} from "elbow";
import { describe, expect, it } from "vitest";
import { equationCounts, estimateMoments, estimateOnce } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };
type Coin = (p: Tensor) => Distribution<Tensor, never>;
const coins: readonly [string, Coin][] = [
  ["reinforce", (p) => reinforce(flip(p), { baseline: p.mul(2) })],
  ["reinforce with copies", (p) => reinforce(flip(p), { copies: 2 })],
  ["enumerate", (p) => enumerate(flip(p))],
  ["measureValued", (p) => measureValued(flip(p))],
];
// b ~ flip(θ), x ~ N(b + θ, 1): E bx + θ = θ(1 + θ) + θ
const product = (coin: Coin) =>
  function* (theta: Tensor) {
    const b = yield* sample("b", coin(theta));
    const x = yield* sample("x", reparam(normal(b.add(theta), 1)));
    return b.mul(x).add(theta);
  };
const mean = (p: number) => p * (2 + p);

describe("productOfEstimates", () => {
  it.each(coins)("of equal factors under %s", (_, coin) => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* productOfEstimates(3, () => product(coin)(theta));
    });
    expectUnbiased(L, at, [mean(th) ** 3, [3 * mean(th) ** 2 * (2 + 2 * th)]]);
  });

  it("of different factors, around a shared choice", () => {
    const f = ([p]: readonly number[]) => overFlips([p!], ([y]) => (p! + y!) * (p! * (1 + y!)) * 0.5);
    for (const [, coin] of coins) {
      const L = objective(function* ({ th: theta }: T) {
        const y = yield* sample("y", coin(theta));
        return yield* productOfEstimates([
          () => sample("x", normal(theta.add(y), 1)),
          function* () {
            return (yield* sample("x", coin(theta))).mul(y.add(1));
          },
          () => sample("x", coin(tf.scalar(0.5))),
        ]);
      });
      expectUnbiased(L, at, [f([th]), differences(f, [th])], 8000);
    }
  });

  it("is exact where everything inside is", () => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* productOfEstimates(4, () => sample("b", enumerate(flip(theta))));
    });
    expectExact(L, at, [th ** 4, [4 * th ** 3]]);
  });

  it("a negative control: the power of one estimate is another expectation", () => {
    const L = objective(function* ({ th: theta }: T) {
      return (yield* product(coins[0]![1])(theta)).pow(3);
    });
    expect(worstScore(L, at, [mean(th) ** 3, [3 * mean(th) ** 2 * (2 + 2 * th)]], 10_000)).toBeGreaterThan(5);
  });

  it("stands in loops of any length, and draws the same eagerly", () => {
    const step = gen(function* (carry: Tensor) {
      const factor = yield* productOfEstimates(2, function* () {
        return (yield* sample("b", reinforce(flip(tf.sigmoid(carry))))).mul(0.002).add(0.999);
      });
      return { carry: carry.mul(factor) };
    });
    const of = (steps: number) =>
      objective(function* ({ th: theta }: T) {
        return (yield* scan("walk", (c: Tensor) => step(c), theta, steps)).carry;
      });
    const [[traced]] = estimateOnce(of(10), at, [], { seed: 2, derived: "value" }) as [[number]];
    expect(traced).toBeCloseTo(run(2, of(10).body(at)).dataSync()[0]!, 5);
    const [[value], [gradient]] = estimateOnce(of(1000), at, []) as [[number], [number]];
    expect(Number.isFinite(value) && Number.isFinite(gradient)).toBe(true);
  });

  it("refuses baselines that move, structures and no factors at all", () => {
    const moving = objective(function* ({ th: theta }: T) {
      return yield* productOfEstimates(2, () => sample("b", reinforce(flip(theta), { baseline: { decay: 0.9 } })));
    });
    expect(() => estimateOnce(moving, at, [])).toThrow(expect.objectContaining({ code: "estimate-state" }));
    expect(() => run(0, productOfEstimates([]))).toThrow(expect.objectContaining({ code: "option" }));
    const pair = function* () {
      return [tf.scalar(0)];
    } as never;
    expect(() => run(0, estimates(2, pair))).toThrow(expect.objectContaining({ code: "replicate-result" }));
  });
});

describe("expOfEstimate", () => {
  it.each(coins)("under %s", (_, coin) => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* expOfEstimate(() => product(coin)(theta));
    });
    expectUnbiased(L, at, [Math.exp(mean(th)), [Math.exp(mean(th)) * (2 + 2 * th)]], 4000);
  });

  it("of normal noise: e^mean, and the stated variance", () => {
    const sigma = 1.25;
    const of = (center: number | undefined, copies: number) =>
      objective(function* ({ th: theta }: T) {
        const options = center === undefined ? { copies } : { copies, center };
        return yield* expOfEstimate(() => sample("x", normal(theta.mul(4), sigma)), options);
      });
    const truth = Math.exp(4 * th);
    expectUnbiased(of(undefined, 16), at, [truth, [4 * truth]], 6000);
    expectUnbiased(of(1, 12), at, [truth, [4 * truth]], 6000);
    const [value] = estimateMoments(of(4 * th, 12), at, [], { draws: 20_000, derived: "value" });
    let [stated, term] = [0, 1];
    for (let k = 1; k <= 12; k++) {
      // (M over k)·k!² grows by (M − k + 1)·k
      term *= sigma ** 2 / ((12 - k + 1) * k);
      stated += term;
    }
    expect(value![0]!.variance / (truth ** 2 * stated)).toBeCloseTo(1, 1);
  });

  it("of tensors is elementwise, and exact where the computation is", () => {
    const L = objective(function* ({ th: theta }: T) {
      const each = yield* expOfEstimate(function* () {
        return (yield* sample("b", enumerate(flip(theta)))).mul([1, 2]);
      });
      return each.sum();
    });
    expectExact(L, at, [Math.exp(th) + Math.exp(2 * th), [Math.exp(th) + 2 * Math.exp(2 * th)]], 1e-6);
  });

  it("has the same number of equations for any number of copies", () => {
    const of = (copies: number) =>
      objective(function* ({ th: theta }: T) {
        return yield* expOfEstimate(() => sample("x", normal(theta, 1)), { copies });
      });
    const [few, many] = [8, 32].map((copies) => equationCounts(of(copies), at, []));
    expect(many).toEqual(few);
  });

  it("a negative control: too few terms for a center far away", () => {
    const L = objective(function* ({ th: theta }: T) {
      return yield* expOfEstimate(() => sample("x", normal(theta.mul(4), 0.1)), { copies: 2, center: 0 });
    });
    expect(worstScore(L, at, [Math.exp(4 * th), [4 * Math.exp(4 * th)]], 2000)).toBeGreaterThan(5);
  });
});

describe("addCost", () => {
  it("adds to the objective, and to each run inside", () => {
    const L = objective(function* ({ th: theta }: T) {
      yield* addCost(theta.mul([1, 2]));
      const inner = yield* average(3, function* () {
        const b = yield* sample("b", enumerate(flip(theta)));
        yield* addCost(b.mul(5));
        return b;
      });
      return inner.square();
    });
    const f = ([p]: readonly number[]) => overFlips([p!, p!, p!], (b) => (2 * (b[0]! + b[1]! + b[2]!)) ** 2) + 3 * p!;
    expectExact(L, at, [f([th]), differences(f, [th])]);
  });

  it("refuses results that it cannot be added to, and programs", () => {
    const pair = function* () {
      yield* addCost(1);
      return [1];
    } as never;
    expect(() => run(0, average(2, pair))).toThrow(expect.objectContaining({ code: "cost" }));
    const program = gen(function* () {
      yield* addCost(1);
    });
    expect(() => run(0, simulate(program()))).toThrow(expect.objectContaining({ code: "unknown-effect" }));
  });
});
