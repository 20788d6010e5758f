// Broadcasting, leading axes, iid and independent, and what a constructor refuses.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bernoulli, flip } from "../../src/distributions/bernoulli.js";
import { categorical } from "../../src/distributions/categorical.js";
import { cauchy } from "../../src/distributions/cauchy.js";
import { delta } from "../../src/distributions/delta.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { geometric } from "../../src/distributions/geometric.js";
import { halfCauchy } from "../../src/distributions/halfCauchy.js";
import { halfNormal } from "../../src/distributions/halfNormal.js";
import { iid } from "../../src/distributions/iid.js";
import { independent } from "../../src/distributions/independent.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { uniform } from "../../src/distributions/uniform.js";
import { ElbowError } from "../../src/errors.js";
import { seedKey } from "../../src/ops/random.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { reinforce } from "../../src/strategies/reinforce.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;
type Build = (...parameters: tf.Tensor[]) => Anything;

const draw = ({ family, parameters, batch }: Anything, lead: readonly number[] = []): tf.Tensor =>
  family.draw(parameters, seedKey(5), [...lead, ...batch]);

const scores = ({ family, parameters }: Anything, value: tf.Tensor): tf.Tensor => family.logDensity(parameters, value);

const expectClose = (received: tf.Tensor, truth: ArrayLike<number>): void => {
  for (const [i, each] of received.dataSync().entries()) expect(each).toBeCloseTo(truth[i]!, 4);
};

const low = tf.tensor2d([[0.1], [0.3], [0.6]]);
const high = tf.tensor1d([0.7, 0.9]);

/** Families of one and of two scalar parameters, which get shapes [3, 1] and [2]. */
const one: readonly (readonly [string, (x: tf.Tensor) => Anything])[] = [
  ["halfNormal", halfNormal],
  ["halfCauchy", halfCauchy],
  ["exponential", exponential],
  ["flip", flip],
  ["bernoulli", (logits) => bernoulli({ logits })],
  ["geometric", (probs) => geometric({ probs })],
  ["poisson", poisson],
  ["delta", (value) => delta(value)],
];
const two: readonly (readonly [string, (x: tf.Tensor, y: tf.Tensor) => Anything])[] = [
  ["normal", normal],
  ["logNormal", logNormal],
  ["cauchy", cauchy],
  ["uniform", uniform],
];

/** The log density of every element, scored by the distribution of its own scalar parameters. */
function checkElementwise(build: Build, parameters: readonly tf.Tensor[], batch: readonly number[]): void {
  const distribution = build(...parameters);
  expect(distribution.batch).toEqual(batch);
  expect(distribution.event).toEqual([]);
  const value = draw(distribution, [5]);
  expect(value.shape).toEqual([5, ...batch]);
  expect(value.dtype).toBe("float32");
  const density = scores(distribution, value);
  expect(density.shape).toEqual([5, ...batch]);
  const flat = (x: tf.Tensor) => tf.broadcastTo(x, [5, ...batch]).dataSync();
  const [values, all] = [value.dataSync(), parameters.map(flat)];
  density.dataSync().forEach((received, i) => {
    const own = build(...all.map((elements) => tf.scalar(elements[i]!)));
    expect(received).toBeCloseTo(scores(own, tf.scalar(values[i]!)).dataSync()[0]!, 5);
  });
}

describe("broadcasting", () => {
  it.each(one)("%s", (_, build) => checkElementwise((x) => build(x!), [low], [3, 1]));
  it.each(two)("%s", (_, build) => checkElementwise((x, y) => build(x!, y!), [low, high], [3, 2]));
  it("categorical keeps its last axis", () => {
    const distribution = categorical({
      probs: tf.tensor([
        [
          [0.2, 0.8],
          [0.5, 0.5],
          [1, 0],
        ],
      ]),
    });
    expect(distribution.batch).toEqual([1, 3]);
    const value = draw(distribution, [4]);
    expect(value.shape).toEqual([4, 1, 3]);
    expect(scores(distribution, value).shape).toEqual([4, 1, 3]);
    expect(distribution.family.supportValues?.([[1, 3, 2]])).toEqual([0, 1]);
  });
  it.each([
    ["scaleTril", { scaleTril: tf.mul(tf.eye(3), tf.ones([4, 1, 1, 1])) }],
    ["covariance", { covariance: tf.mul(tf.eye(3), tf.ones([4, 1, 1, 1])) }],
    ["scaleDiag", { scaleDiag: tf.ones([4, 1, 3]) }],
  ])("multivariateNormal with %s", (_, scale) => {
    const distribution = multivariateNormal(tf.zeros([2, 3]), scale);
    expect([distribution.batch, distribution.event]).toEqual([[4, 2], [3]]);
    const value = draw(distribution, [5]);
    expect(value.shape).toEqual([5, 4, 2, 3]);
    const truth = tf.sum(scores(normal(0, 1), value), -1).dataSync();
    expectClose(scores(distribution, value), truth);
  });
  it("scores counts and booleans of other dtypes", () => {
    expect(scores(flip(0.25), tf.tensor(true)).dataSync()[0]).toBeCloseTo(Math.log(0.25), 6);
    expect(scores(poisson(2), tf.scalar(1, "int32")).dataSync()[0]).toBeCloseTo(Math.log(2) - 2, 6);
  });
});

describe("iid", () => {
  it("adds leading batch axes and keeps the distribution's own", () => {
    const distribution = iid([4, 5], normal([0, 10], 1));
    expect([distribution.batch, distribution.event]).toEqual([[4, 5, 2], []]);
    expect(distribution.family.shapes([[2], []])).toEqual({ batch: [4, 5, 2], event: [] });
    const value = draw(distribution, [3]);
    expect(value.shape).toEqual([3, 4, 5, 2]);
    expect(scores(distribution, value).shape).toEqual([3, 4, 5, 2]);
  });
  it("repeats events and keeps a chosen strategy", () => {
    const distribution = iid(6, multivariateNormal([0, 0], { scaleDiag: [1, 2] }));
    expect([distribution.batch, distribution.event]).toEqual([[6], [2]]);
    expect(draw(distribution).shape).toEqual([6, 2]);
    expect(iid(3, reinforce(flip(0.5))).strategy?.name).toBe("reinforce");
    expect(iid(3, flip(0.5)).family.supportValues?.([[]])).toEqual([0, 1]);
  });
  it("draws different values", () => {
    expect(new Set(draw(iid(100, normal(0, 1))).dataSync()).size).toBe(100);
  });
});

describe("independent", () => {
  it("moves batch axes to the event and sums the log density", () => {
    const inner = normal(tf.zeros([4, 1, 3]), tf.ones([2, 1]));
    const distribution = independent(inner, 2);
    expect([distribution.batch, distribution.event]).toEqual([[4], [2, 3]]);
    expect(
      distribution.family.shapes([
        [4, 1, 3],
        [2, 1],
      ]),
    ).toEqual({ batch: [4], event: [2, 3] });
    const value = draw(distribution, [5]);
    expect(value.shape).toEqual([5, 4, 2, 3]);
    const truth = tf.sum(scores(inner, value), [-2, -1]).dataSync();
    const density = scores(distribution, value);
    expect(density.shape).toEqual([5, 4]);
    expectClose(density, truth);
  });
  it("makes one event of iid draws", () => {
    const distribution = independent(iid(7, exponential(2)));
    expect([distribution.batch, distribution.event]).toEqual([[], [7]]);
    expect(draw(distribution, [2]).shape).toEqual([2, 7]);
    expect(distribution.family.support).toBe("positive");
    expect(independent(iid(7, normal(0, 1))).family.support).toBe("real");
  });
  it("says which parameter axes belong to an event", () => {
    expect(independent(normal(tf.zeros([4, 3]), 1)).family.parameterEventRanks).toEqual([1, 1]);
    expect(independent(categorical({ logits: tf.zeros([4, 3]) })).family.parameterEventRanks).toEqual([2]);
  });
  it("refuses too few axes and strategies that cannot treat vectors", () => {
    expect(() => independent(normal(0, 1))).toThrow(ElbowError);
    expect(() => independent(enumerate(flip([0.5, 0.5])))).toThrow(/enumerate was chosen/);
  });
});

describe("constructors refuse", () => {
  it("probs and logits together, or none of them", () => {
    // @ts-expect-error one of them is missing
    expect(() => bernoulli({})).toThrow(/neither/);
    // @ts-expect-error both are given
    expect(() => categorical({ probs: [1], logits: [0] })).toThrow(/both/);
  });
  it("parameters whose shapes do not fit", () => {
    expect(() => normal([0, 1], [1, 1, 1])).toThrow(/do not broadcast/);
    expect(() => categorical({ probs: 0.5 })).toThrow(/axis of categories/);
    expect(() => multivariateNormal([0, 1], { scaleTril: tf.eye(3) })).toThrow(/do not fit/);
    expect(() => multivariateNormal([0, 1], {})).toThrow(/none/);
  });
});
