// Unbiased strategies for coins and categories, against exact enumeration, wherever the choice stands.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { arm, disarm, localExpectation, rebar, relax, topK, unorderedSet } from "elbow";
import { describe, expect, it } from "vitest";
import { armStrategy } from "../../src/strategies/arm.js";
import { disarmStrategy } from "../../src/strategies/disarm.js";
import { localExpectationStrategy } from "../../src/strategies/localExpectation.js";
import { rebarStrategy } from "../../src/strategies/rebar.js";
import { topKStrategy } from "../../src/strategies/topK.js";
import { unorderedSetStrategy } from "../../src/strategies/unorderedSet.js";
import { checkRandomPrograms } from "./checkPrograms.js";
import { type Category, type Coin, categoryCases, coinCases, expectRight, type On } from "./discreteCases.js";

const draws = 100_000;

const onCoins: Readonly<Record<string, On<Coin>>> = {
  arm: (d) => arm(d),
  disarm: (d) => disarm(d),
  localExpectation: (d) => localExpectation(d),
  topK: (d) => topK(d, { k: 1 }),
  rebar: (d) => rebar(d, { temperature: 0.7, eta: 0.8 }),
  relax: (d) => relax(d, { surrogate: (z) => tf.sigmoid(z.mul(2)).mul(0.8) }),
};

const softIndex = (z: Tensor): Tensor => tf.softmax(z.mul(1.5)).mul([0, 1, 2, 3]).sum(-1);
const onCategories: Readonly<Record<string, On<Category>>> = {
  localExpectation: (d) => localExpectation(d),
  topK: (d) => topK(d, { k: 2 }),
  "unorderedSet of 2": (d) => unorderedSet(d, { k: 2 }),
  "unorderedSet of 3": (d) => unorderedSet(d, { k: 3 }),
  rebar: (d) => rebar(d, { temperature: 1.5 }),
  relax: (d) => relax(d, { surrogate: (z, w) => w.mul(softIndex(z).sub(1.3).square()), parameters: [0.8] }),
};

describe.each(Object.entries(onCoins))("%s of coins", (_, on) => {
  it.each(coinCases(on))("%s", (_name, L, at) => expectRight(L, at, draws));
});

describe.each(Object.entries(onCategories))("%s of categories", (_, on) => {
  it.each(categoryCases(on))("%s", (_name, L, at) => expectRight(L, at, draws));
});

describe("in place of every discrete choice of random programs that it can estimate", () => {
  const strategies = [
    armStrategy,
    disarmStrategy,
    localExpectationStrategy,
    topKStrategy({ k: 1 }),
    topKStrategy({ k: 2 }),
    unorderedSetStrategy({ k: 2 }),
    unorderedSetStrategy({ k: 3 }),
    rebarStrategy(),
    rebarStrategy({ temperature: 2, eta: 0.3 }),
  ];
  it.each(strategies.map((strategy, i) => [`${strategy.name} (${i})`, strategy] as const))("%s", (name, strategy) => {
    const { agrees, refused } = checkRandomPrograms(100, 3, {
      draws: 1000,
      second: strategy.maximumOrder > 1,
      sabotage: (_, { family }) => (strategy.objection(family) === undefined ? strategy : undefined),
    });
    // rebar refuses costs that jump between the values
    expect(agrees).toBeGreaterThan(name.startsWith("rebar") ? 30 : 90);
    expect(agrees + refused).toBe(100);
  });
});
