// Unbiased strategies for coins and categories, against exact enumeration, wherever the choice stands.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { arm, disarm, localExpectation, rebar, relax, topK, unorderedSet } from "elbow";
import { describe, it } from "vitest";
import { type Category, type Coin, categoryCases, coinCases, expectRight, type On } from "./discreteCases.js";

const draws = 60_000;

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
