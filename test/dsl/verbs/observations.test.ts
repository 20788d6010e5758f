import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import "../../../src/runtime/registerCpu.js";
import { normal } from "../../../src/distributions/normal.js";
import { poisson } from "../../../src/distributions/poisson.js";
import { call, cond, factor, observe, sample, scan } from "../../../src/dsl/effects.js";
import { gen } from "../../../src/dsl/gen.js";
import { observations } from "../../../src/dsl/observations.js";
import { plate } from "../../../src/dsl/plate.js";
import { run } from "../../../src/dsl/verbs.js";

const logNormalDensity = (x: number, loc: number, scale = 1): number =>
  -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);

const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

test("gives data and log densities by element, of nested programs too, and no factors", () => {
  const inner = gen(function* (y: tf.Tensor) {
    yield* observe("count", poisson(3), y);
  });
  const model = gen(function* (x: tf.Tensor, y: tf.Tensor) {
    const mu = yield* sample("mu", normal(0, 1));
    yield* observe("x", normal(tf.mul(mu, tf.ones([2, 2])), 2), x);
    yield* call("inner", inner(y));
    yield* factor("weight", tf.scalar(3));
  });
  const x = tf.tensor2d([
    [0, 1],
    [2, -3],
  ]);
  const { values, logDensities } = run(0, observations(model(x, tf.scalar(2)), { mu: tf.scalar(0.5) }));
  expect(Object.keys(values)).toEqual(["x", "inner"]);
  expect(values.x.shape).toEqual([2, 2]);
  expect(numbers(values.x)).toEqual([0, 1, 2, -3]);
  expect(numbers(values.inner.count)).toEqual([2]);
  [0, 1, 2, -3].forEach((each, i) => {
    expect(numbers(logDensities.x)[i]).toBeCloseTo(logNormalDensity(each, 0.5, 2), 5);
  });
  // log(3² e⁻³ / 2!)
  expect(numbers(logDensities.inner.count)[0]).toBeCloseTo(2 * Math.log(3) - 3 - Math.log(2), 5);
});

test("of loops and plates they are stacked, with every row of a plate that draws its rows", () => {
  const row = gen(function* (y: tf.Tensor) {
    yield* observe("y", normal(1, 1), y);
  });
  const step = gen(function* (carry: tf.Tensor, y: tf.Tensor) {
    yield* observe("z", normal(carry, 1), y);
    return { carry: y };
  });
  const model = gen(function* (y: tf.Tensor) {
    yield* plate("rows", (each: tf.Tensor) => row(each), y, { subsample: 2 });
    yield* scan("steps", step, tf.scalar(0), y);
  });
  const y = tf.tensor1d([0, 2, 5]);
  const { values, logDensities } = run(0, observations(model(y), { rows: {}, steps: {} } as never));
  const { rows, steps } = logDensities as unknown as { rows: { y: tf.Tensor }; steps: { z: tf.Tensor } };
  expect(numbers((values as unknown as { rows: { y: tf.Tensor } }).rows.y)).toEqual([0, 2, 5]);
  const means = [0, 0, 2];
  [0, 2, 5].forEach((each, i) => {
    expect(numbers(rows.y)[i]).toBeCloseTo(logNormalDensity(each, 1), 5);
    expect(numbers(steps.z)[i]).toBeCloseTo(logNormalDensity(each, means[i]!), 5);
  });
});

test("of a branch they are those of the side that is taken, and choices must be given", () => {
  const branch = (loc: number) =>
    gen(function* (y: tf.Tensor) {
      yield* observe("x", normal(loc, 1), y);
      return y;
    });
  const model = gen(function* (y: tf.Tensor) {
    const b = yield* sample("b", normal(0, 1));
    yield* cond("branch", tf.greater(b, 0), branch(1)(y), branch(2)(y));
  });
  for (const [b, loc] of [
    [1, 1],
    [-1, 2],
  ] as const) {
    const { logDensities } = run(0, observations(model(tf.scalar(7)), { b: tf.scalar(b), branch: {} } as never));
    const { x } = (logDensities as unknown as { branch: { x: tf.Tensor } }).branch;
    expect(numbers(x)[0]).toBeCloseTo(logNormalDensity(7, loc), 4);
  }
  expect(() => run(0, observations(model(tf.scalar(7)), { branch: {} } as never))).toThrow(/"b"/);
});
