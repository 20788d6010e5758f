// Right estimators pass, wrong and biased ones do not.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  arm,
  checkUnbiased,
  type Distribution,
  disarm,
  enumerate,
  flip,
  gumbelSoftmax,
  importance,
  localExpectation,
  measureValued,
  muProp,
  normal,
  objective,
  rebar,
  reinforce,
  relax,
  reparam,
  type StrategyFunction,
  type StrategyMap,
  sample,
  straightThrough,
  topK,
  uniform,
  unorderedSet,
  withStrategies,
  withStrategy,
} from "elbow";
import { describe, expect, it } from "vitest";
import type { Strategy } from "../../../src/ir/site.js";
import { reinforceStrategy } from "../../../src/strategies/reinforce.js";

type P = { readonly theta: Tensor; readonly w: Tensor };
const at = (): P => ({ theta: tf.scalar(0.3), w: tf.tensor1d([0.5, -0.25]) });

/** Nonlinear, with choices that depend on each other, a batched one, and parameters in the cost itself. */
const toy = objective(function* ({ theta, w }: P) {
  const x = yield* sample("x", normal(theta, tf.exp(tf.mul(0.5, theta))));
  const b = yield* sample("b", flip(tf.sigmoid(tf.mul(w, x))));
  const y = yield* sample("y", normal(tf.sum(b), 1));
  return tf.add(tf.sin(tf.mul(y, x)), tf.square(tf.sum(tf.mul(b, tf.add(w, 1)))));
});

const coins: Record<string, StrategyFunction> = {
  arm,
  disarm,
  enumerate,
  importance: (d) => importance(d, flip(0.5)),
  localExpectation,
  measureValued,
  muProp,
  rebar,
  reinforce,
  "reinforce with copies": (d) => reinforce(d, { copies: 3 }),
  "reinforce with the optimal baseline": (d) => reinforce(d, { copies: 3, baseline: "optimal" }),
  "reinforce with a moving baseline": (d) => reinforce(d, { baseline: { decay: 0.9 } }),
  relax: (d) => relax(d, { surrogate: (z) => tf.mul(2, tf.sigmoid(z)) }),
  topK: (d) => topK(d, { k: 1 }),
  unorderedSet: (d) => unorderedSet(d, { k: 2 }),
};
const normals: Record<string, StrategyFunction> = {
  importance: (d) => importance(d, normal(0, 3)),
  measureValued,
  "measureValued, independent": (d) => measureValued(d, { coupled: false }),
  muProp,
  reinforce,
  "reinforce with a baseline": (d) => reinforce(d, { copies: 2, baseline: 0.5 }),
  reparam,
  "antithetic reparam": (d) => reparam(d, { antithetic: true }),
};
const strategies: Record<string, StrategyMap> = {
  "as the estimator chooses": {},
  ...Object.fromEntries(Object.entries(coins).map(([name, strategy]) => [`coins: ${name}`, { b: strategy }])),
  ...Object.fromEntries(
    Object.entries(normals).map(([name, strategy]) => [`normals: ${name}`, { x: strategy, y: strategy }]),
  ),
};

describe("right estimators pass on a nonlinear toy", () => {
  it.each(Object.entries(strategies))("%s", async (_, map) => {
    const check = await checkUnbiased(withStrategies(toy, map), at(), [], { draws: 10_000 });
    expect(check.worst.z, check.worst.name).toBeLessThan(5);
    expect(check.pass).toBe(true);
    expect(check.truth.method).toBe("quadrature");
    expect(check.gradient.map(({ name }) => name)).toEqual(["theta", "w[0]", "w[1]"]);
    expect(check.parameters.map(({ name }) => name)).toEqual(["theta", "w"]);
    expect(check.variance).toBeCloseTo(check.parameters[0]!.variance + check.parameters[1]!.variance, 10);
  });
});

const dropped: Strategy = { ...reinforceStrategy(), contract: ({ cost }) => ({ estimate: cost }) };

describe("wrong and biased ones do not (negative controls)", () => {
  const wrong: Record<string, StrategyMap> = {
    "a dropped score": { b: (d) => withStrategy(d, dropped) },
    straightThrough: { b: straightThrough },
    gumbelSoftmax: { b: (d) => gumbelSoftmax(d, { temperature: 0.5 }) },
    "gumbelSoftmax, hard": { b: (d) => gumbelSoftmax(d, { temperature: 3, hard: true }) },
  };
  it.each(Object.entries(wrong))("%s", async (name, map) => {
    const check = await checkUnbiased(withStrategies(toy, map), at(), []);
    expect(check.pass).toBe(false);
    expect(Math.abs(check.worst.z)).toBeGreaterThan(5);
    // relaxed values have another mean, the others have a wrong derivative alone
    expect(Math.abs(check.value.z) < 5).toBe(name !== "gumbelSoftmax");
  });

  it("straight-through of a linear cost is unbiased", async () => {
    const L = objective(function* (p: Tensor) {
      return tf.mul(3, yield* sample("b", straightThrough(flip(tf.sigmoid(p)))));
    });
    expect((await checkUnbiased(L, tf.scalar(0.5), [])).pass).toBe(true);
  });

  it("a gradient that is no number", async () => {
    const L = objective(function* (p: Tensor) {
      return tf.sqrt(tf.mul(0, yield* sample("x", normal(p, 1))));
    });
    const check = await checkUnbiased(L, tf.scalar(0.5), [], {
      draws: 10,
      truth: { value: 0, gradient: tf.scalar(0) },
    });
    expect(check.pass).toBe(false);
    expect(check.worst.z).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("where the program is too large for exact values", () => {
  const large = (on: (d: ReturnType<typeof normal>) => Distribution<Tensor, never>) =>
    objective(function* (p: Tensor) {
      const u = yield* sample("u", uniform(0, 1));
      const x = yield* sample("x", on(normal(tf.mul(p, tf.ones([8])), 1)));
      return tf.add(tf.square(tf.sum(x)), u);
    });

  it("an independent estimator serves as reference, with both errors", async () => {
    const check = await checkUnbiased(
      large((d) => d),
      tf.scalar(0.5),
      [],
    );
    expect(check.truth.method).toBe("reference");
    expect(check.truth.description).toMatch(
      /^\d+ estimates by reinforce with 8 copies at every choice but u \(no exact values: its 9 random elements have/,
    );
    expect(check.pass).toBe(true);
    const [entry] = check.gradient;
    expect(entry!.error).toBeCloseTo(Math.hypot(entry!.standardError, entry!.truthError), 10);
    expect(entry!.truthError).toBeGreaterThan(0);
    // E (Σx)² = 8 + (8p)²
    expect(Math.abs(entry!.truth - 64)).toBeLessThan(5 * entry!.truthError);
  });

  it("a dropped score is seen", async () => {
    const check = await checkUnbiased(
      large((d) => withStrategy(d, dropped)),
      tf.scalar(0.5),
      [],
    );
    expect(check.pass).toBe(false);
  });

  it("what the user knows counts, as tensors or numbers", async () => {
    const L = large((d) => d);
    for (const gradient of [tf.scalar(64), 64]) {
      const check = await checkUnbiased(L, tf.scalar(0.5), [], { truth: { value: 24.5, gradient }, draws: 5000 });
      expect(check.truth.description).toBe("given values");
      expect(check.pass).toBe(true);
    }
    const wrong = await checkUnbiased(L, tf.scalar(0.5), [], { truth: { gradient: 60 }, draws: 5000 });
    expect(wrong.pass).toBe(false);
    await expect(checkUnbiased(L, tf.scalar(0.5), [], { truth: { gradient: [60, 1] } })).rejects.toThrow(
      "expected: 1 numbers",
    );
  });
});

it("rounding of an engine in single precision counts as no bias", async () => {
  const L = withStrategies(toy, { b: enumerate });
  const check = await checkUnbiased(L, at(), [], { engine: "wasm", draws: 20_000 });
  expect(check.pass).toBe(true);
  const exact = objective(function* ({ theta }: { theta: Tensor }) {
    return tf.exp(tf.mul(tf.sin(theta), yield* sample("b", enumerate(flip(tf.sigmoid(theta))))));
  });
  const { variance, pass, worst } = await checkUnbiased(exact, { theta: tf.scalar(0.3) }, [], {
    engine: "wasm",
    draws: 100,
  });
  expect(variance).toBeLessThan(1e-12);
  expect(worst.z).toBe(0);
  expect(pass).toBe(true);
});

it("an address that is none is named", async () => {
  await expect(checkUnbiased(withStrategies(toy, { z: reparam }), at(), [])).rejects.toThrow(
    'address "z" is not sampled by the objective\n  given: z\n  has:   x, b, y',
  );
});
