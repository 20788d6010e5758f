// localExpectation, topK and unorderedSet: where they are exact, what they cost, how much variance is left.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  type Distribution,
  enumerate,
  type flip,
  localExpectation,
  objective,
  reinforce,
  sample,
  topK,
  unorderedSet,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import type { Strategy } from "../../src/ir/site.js";
import { localExpectationStrategy } from "../../src/strategies/localExpectation.js";
import { withStrategy } from "../../src/strategies/strategy.js";
import { subsetProbabilities } from "../../src/strategies/subsetProbabilities.js";
import { topKStrategy } from "../../src/strategies/topK.js";
import { unorderedSetStrategy } from "../../src/strategies/unorderedSet.js";
import { estimateMoments, estimateOnce, zScore } from "../support/estimates.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, softmax } from "../support/numbers.js";
import { type Category, categoryCases, coinCases, expectRight, type On, type P } from "./discreteCases.js";

const costs = [3, -1, 0.5, 2, 7, -4];
const logits = [0.5, 1, -1, 0, -0.5, 1.5];
const at = { a: tf.tensor1d(logits) };
const mean = (l: readonly number[]) => softmax(l).reduce((sum, p, k) => sum + p * costs[k]!, 0);
const truth = [mean(logits), differences(mean, logits)];
/** A cost that jumps about, of an index. */
const one = (on: On<Category>) =>
  objective(function* ({ a }: P) {
    const k = yield* sample("k", on(categorical({ logits: a })));
    return tf.gather(tf.tensor1d(costs), k.toInt());
  });
const pair = (on: On<Category>) =>
  objective(function* ({ a }: P) {
    const k = yield* sample("k", on(categorical({ logits: tf.stack([a, a.reverse()]) })));
    return k.mul([1, -2]).sum().square();
  });

const strategies: Readonly<Record<string, On<Category>>> = {
  localExpectation: (d) => localExpectation(d),
  topK: (d) => topK(d, { k: 2 }),
  unorderedSet: (d) => unorderedSet(d, { k: 3 }),
};

describe.each(Object.entries(strategies))("%s", (_, on) => {
  it.each(categoryCases(on))("%s", (_name, L, point) => expectRight(L, point, 10_000));
  it("a cost that jumps", () => expectUnbiased(one(on), at, truth, 5000));
});
// all of them, with more draws, in discrete.slow.test.ts
it.each(coinCases((d) => localExpectation(d)).filter(([name]) => /rows|loop|branch|other/.test(name)))(
  "localExpectation: %s",
  (_, L, point) => expectRight(L, point, 10_000),
);

describe("exact where everything is summed over", () => {
  const exact: Readonly<Record<string, On<Category>>> = {
    localExpectation: (d) => localExpectation(d),
    "topK with k = K": (d) => topK(d, { k: 6 }),
    "topK with k > K": (d) => topK(d, { k: 10 }),
    "unorderedSet with k = K": (d) => unorderedSet(d, { k: 6 }),
  };
  it.each(Object.entries(exact))("%s", (_, on) => expectExact(one(on), at, truth, 1e-6));

  it("topK and unorderedSet of elements that a cost mixes, with k = K", () => {
    const expected = estimateOnce(pair(enumerate), at, []);
    for (const on of [exact["topK with k = K"]!, exact["unorderedSet with k = K"]!])
      expectExact(
        pair(on),
        at,
        expected.map((each) => each),
        1e-6,
      );
  });

  it("a support of one value", () => {
    const single = (on: On<Category>) =>
      objective(function* ({ a }: P) {
        return (yield* sample("k", on(categorical({ logits: a })))).add(2);
      });
    for (const on of Object.values(strategies)) expectExact(single(on), { a: tf.tensor1d([0.5]) }, [2, [0]]);
  });
});

describe("lanes", () => {
  const lanes = (on: On<Category>, L: typeof one) => prepare(L(on), at, []).sites[0]!.lanes;
  it.each([
    ["localExpectation", 6, 11],
    ["topK", 3, 9],
    ["unorderedSet", 3, 9],
  ])("%s: %i for one, %i for two that a cost mixes", (name, single, both) => {
    expect([lanes(strategies[name]!, one), lanes(strategies[name]!, pair)]).toEqual([single, both]);
  });

  it.each(Object.entries(strategies))("%s refuses more than 65536", (name, on) => {
    const L = objective(function* ({ a }: P) {
      return (yield* sample("k", on(categorical({ logits: a })))).sum().square();
    });
    const size = name === "localExpectation" ? 14_000 : 12;
    expect(() => prepare(L, { a: tf.zeros([size, 6]) }, [])).toThrow(
      expect.objectContaining({ code: "too-many-lanes" }),
    );
  });
});

describe("variance", () => {
  const total = (L: ReturnType<typeof one>) =>
    estimateMoments(L, at, [], { draws: 2000 })[1]!.reduce((sum, { variance }) => sum + variance, 0);
  it("of the unordered set is below that of as many independent draws", () => {
    const set = total(one((d) => unorderedSet(d, { k: 3 })));
    const copies = total(one((d) => reinforce(d, { copies: 3 })));
    expect(set).toBeLessThan(0.6 * copies);
  });
  it("of topK falls with k", () => {
    const [one1, three, five] = [1, 3, 5].map((k) => total(one((d) => topK(d, { k }))));
    expect(three).toBeLessThan(one1!);
    expect(five).toBeLessThan(three!);
  });
  it("of localExpectation for mixed coins is below that of leave-one-out copies in as many lanes", () => {
    const L = (on: (d: ReturnType<typeof flip>) => Distribution<Tensor, never>) =>
      objective(function* ({ a }: P) {
        return (yield* sample("b", on(bernoulli({ logits: a })))).sum().square();
      });
    const local = total(L((d) => localExpectation(d)));
    expect(local).toBeLessThan(0.5 * total(L((d) => reinforce(d, { copies: 7 }))));
  });
});

describe("derivatives", () => {
  const direction = [1, -0.5, 0.25, 0, 0.5, -1];
  const along = (l: readonly number[]) =>
    differences(mean, l, 1e-2).reduce((sum, each, i) => sum + each * direction[i]!, 0);
  it.each(["topK", "unorderedSet"])("%s: second ones are unbiased", (name) => {
    const [hvp] = estimateMoments(one(strategies[name]!), at, [], { draws: 5000, derived: "hvp" }, [
      tf.tensor1d(direction),
    ]);
    for (const [i, each] of differences(along, logits, 1e-2).entries())
      expect(Math.abs(zScore(hvp![i]!, each, 1e-6))).toBeLessThan(5);
  });
  it("localExpectation refuses second ones", () => {
    expect(() =>
      estimateMoments(one(strategies.localExpectation!), at, [], { draws: 2, derived: "hvp" }, [at.a]),
    ).toThrow(expect.objectContaining({ code: "derivative-order" }));
  });
});

describe("values that cannot be drawn", () => {
  // p = (½, 0, ½, 0), with a cost that is infinite where it is never paid
  const L = (on: On<Category>) =>
    objective(function* ({ a }: P) {
      const p = tf.concat([a.mul(0.5), tf.zeros([1]), tf.sub(1, a.mul(0.5)), tf.zeros([1])]);
      const k = yield* sample("k", on(categorical({ probs: p })));
      return tf.gather(tf.tensor1d([1, Number.POSITIVE_INFINITY, 5, Number.POSITIVE_INFINITY]), k.toInt());
    });
  it.each([
    ["localExpectation", (d: Category) => localExpectation(d)],
    ["topK, k = 1", (d: Category) => topK(d, { k: 1 })],
    ["topK, k = 3", (d: Category) => topK(d, { k: 3 })],
    ["unorderedSet, k = 3", (d: Category) => unorderedSet(d, { k: 3 })],
  ] as const)("%s", (_, on) => {
    // ½·a·1 + (1 − ½·a)·5
    expectUnbiased(L(on), { a: tf.tensor1d([1]) }, [3, [-2]], 2000);
  });
});

it("probabilities of sets drawn without replacement, against all orders of drawing", () => {
  const p = [0.1, 0.25, 0.3, 0.05];
  const rest = 0.3;
  const orders = (set: readonly number[]): number[][] =>
    set.length === 0 ? [[]] : set.flatMap((i) => orders(set.filter((j) => j !== i)).map((tail) => [i, ...tail]));
  const probability = (set: readonly number[], out: readonly number[]) =>
    orders(set).reduce((sum, order) => {
      let left = rest + p.reduce((all, each, i) => (out.includes(i) ? all : all + each), 0);
      return (
        sum +
        order.reduce((product, i) => {
          const share = p[i]! / left;
          left -= p[i]!;
          return product * share;
        }, 1)
      );
    }, 0);
  const without = (...out: number[]) =>
    probability(
      [0, 1, 2, 3].filter((i) => !out.includes(i)),
      out,
    );
  const { all, without: found } = subsetProbabilities(tf.tensor1d(p), tf.scalar(rest));
  expect(all.dataSync()[0]).toBeCloseTo(without(), 6);
  const table = found.arraySync() as number[][];
  for (const [s, row] of table.entries())
    for (const [other, each] of row.entries()) expect(each).toBeCloseTo(without(s, other), 6);
});

it("options are checked", () => {
  const d = categorical({ logits });
  for (const make of [
    () => topK(d, { k: 0 }),
    () => topK(d, { k: 1.5 }),
    () => unorderedSet(d, { k: 1 }),
    () => unorderedSet(d, { k: 9 }),
  ])
    expect(make).toThrow(expect.objectContaining({ code: "option" }));
});

describe("negative controls", () => {
  const score = (strategy: Strategy) =>
    worstScore(
      one((d) => withStrategy(d as never, strategy)),
      at,
      truth,
      20_000,
      1e-6,
    );
  const changed = (strategy: Strategy, name: string, change: (x: Tensor) => Tensor): Strategy => ({
    ...strategy,
    draw: (site) => {
      const { keep, ...others } = strategy.draw(site);
      return { ...others, keep: { ...keep, [name]: change(keep[name]!) } };
    },
  });
  it.each([
    ["topK whose rest counts a tenth too little", topKStrategy({ k: 2 }), "weight", (w: Tensor) => w.mul([1, 1, 0.9])],
    ["an unordered set with weights 1/k", unorderedSetStrategy({ k: 3 }), "weight", (w: Tensor) => w.div(w.sum())],
    [
      "localExpectation with the probability of the next value",
      localExpectationStrategy,
      "probability",
      (p: Tensor) => p.mul(0.95),
    ],
  ] as const)("%s is seen", (_, strategy, name, change) => {
    expect(score(strategy)).toBeLessThan(5);
    expect(score(changed(strategy, name, change))).toBeGreaterThan(5);
  });
});
