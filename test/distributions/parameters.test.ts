// Parameters that are known and cannot be: an error with distribution, parameter, values, and the address where there is one.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  call,
  categorical,
  ElbowError,
  elbo,
  flip,
  gen,
  iid,
  independent,
  logDensity,
  multivariateNormal,
  normal,
  objective,
  observe,
  run,
  sample,
  simulate,
  uniform,
} from "elbow";
import { describe, expect, it } from "vitest";

const errorOf = (body: () => unknown): ElbowError => {
  try {
    body();
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("where a distribution is made", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["normal", () => normal(0, -1), /normal: scale must be > 0\n {2}received: -1\n/],
    ["flip", () => flip(1.2), /bernoulli: probs must be in \[0, 1\]\n {2}received: 1\.2\n/],
    ["NaN", () => normal(Number.NaN, 1), /normal: loc must be .*\n {2}received: NaN/],
    [
      "several",
      () => normal(0, [1, 0, 2, -3]),
      /scale must be > 0\n {2}received: 0 at \[1\]; -3 at \[3\]\n {2}2 of 4 do not satisfy this/,
    ],
    [
      "many",
      () => normal(0, tf.neg(tf.ones([3, 2]))),
      /received: -1 at \[0, 0\]; (.*; ){2}-1 at \[1, 1\], …\n {2}6 of 6/,
    ],
    [
      "categorical",
      () =>
        categorical({
          probs: [
            [0.5, 0.5],
            [0.5, 0.6],
          ],
        }),
      /categorical: probs must be ≥ 0 with sum 1.*\n {2}received: \[0\.5, 0\.6\] at \[1\]/,
    ],
    [
      "multivariateNormal",
      () =>
        multivariateNormal([0, 0], {
          covariance: [
            [1, 2],
            [2, 1],
          ],
        }),
      /multivariateNormal: covariance must be .*positive definite.*\n {2}received: \[1, 2, 2, 1\]\n/,
    ],
    [
      "a relation",
      () => uniform([0, 2], 1),
      /uniform: low and high must satisfy .*\n {2}received: low = 2, high = 1 at \[1\]/,
    ],
    ["one wrapped", () => independent(normal([0, 1], -1)), /normal: scale/],
  ])("%s", (_, make, message) => {
    const error = errorOf(make);
    expect(error.code).toBe("parameter");
    expect(error.message).toMatch(message);
    expect(error.at.source).toMatch(/parameters\.test\.ts:\d+/);
    expect(error.hint).toBeDefined();
  });

  it("accepts what is allowed, large tensors too", () => {
    normal(0, tf.ones([300_000]));
    flip([0, 1]);
    categorical({ probs: [0, 1] });
    uniform(-1, [0, 1]);
    const last = tf.concat([tf.ones([300_000]), tf.tensor1d([-1])]);
    expect(errorOf(() => normal(0, last)).message).toMatch(/-1 at \[300000\]\n {2}1 of 300001/);
  });
});

describe("in a program", () => {
  const line = /parameters\.test\.ts:\d+/;
  const inner = gen(function* () {
    yield* sample("z", normal(0, -2));
  });

  it("names the address, nested ones in full", () => {
    const outer = gen(function* () {
      yield* call("part", inner());
    });
    const error = errorOf(() => run(0, simulate(outer())));
    expect(error).toMatchObject({ code: "parameter", at: { address: "part/z", source: expect.stringMatching(line) } });
    expect(error.message).toMatch(/normal: scale must be > 0\n {2}received: -2/);
  });

  it("is found while it is recorded: numbers, constants, tensors from outside, observations", async () => {
    const scale = tf.tensor1d([1, -1]);
    const with_ = (d: () => ReturnType<typeof normal>) =>
      objective(function* (_q: { m: Tensor }) {
        return (yield* sample("x", d())).sum();
      });
    const at = { m: tf.scalar(0) };
    for (const d of [() => normal([0, 0], scale), () => normal(0, tf.tensor1d([1, -1])), () => iid(2, normal(0, -1))])
      await expect(with_(d).estimate(0, at)).rejects.toMatchObject({ code: "parameter", at: { address: "x" } });
    const model = gen(function* (y: Tensor) {
      yield* sample("z", normal(0, 1));
      yield* observe("y", flip(1.2), y);
    });
    const guide = gen(function* (q: { m: Tensor }, _y: Tensor) {
      yield* sample("z", normal(q.m, 1));
    });
    await expect(elbo(model, guide).estimate(0, at, tf.scalar(1))).rejects.toMatchObject({
      code: "parameter",
      at: { address: "y", source: expect.stringMatching(line) },
    });
  });

  it("is found in loops of real numbers, and where densities are computed", () => {
    const walk = gen(function* () {
      const x = yield* sample("x", normal(-3, 0.001));
      yield* sample("y", normal(0, x));
    });
    expect(errorOf(() => run(0, simulate(walk()))).at.address).toBe("y");
    const L = objective(function* (_q: { m: Tensor }) {
      return logDensity(normal(0, -1), yield* sample("x", normal(0, 1)));
    });
    return expect(L.estimate(0, { m: tf.scalar(0) })).rejects.toMatchObject({ code: "parameter" });
  });

  it("says nothing of tensors that are traced", async () => {
    const L = objective(function* ({ s }: { s: Tensor }) {
      return yield* sample("x", normal(0, s));
    });
    await L.estimate(0, { s: tf.scalar(-1) });
  });
});
