import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  call,
  cond,
  enumerate,
  explain,
  flip,
  gen,
  measureValued,
  normal,
  type Objective,
  objective,
  reinforce,
  reparam,
  type StrategyFunction,
  sample,
  scan,
  simulate,
  withStrategies,
} from "elbow";
import { describe, expect, test } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";

const names = (L: Objective<Tensor, []>) =>
  Object.fromEntries(explain(L, tf.scalar(0.5)).sites.map(({ address, strategy }) => [address, strategy]));

const step = gen(function* (total: Tensor) {
  return { carry: total.add(yield* sample("x", normal(0, 1))) };
});
const inner = gen(function* (p: Tensor) {
  return yield* sample("b", reinforce(flip(p)));
});
const L = objective(function* (p: Tensor) {
  const program = gen(function* () {
    const a = yield* sample("a", normal(p, 1));
    const b = yield* call("inner", inner(p));
    const { carry } = yield* scan("walk", (total: Tensor, _t: Tensor) => step(total), p, 2);
    const c = yield* cond("side", tf.greater(p, 0), inner(p), inner(tf.mul(p, 0.5)));
    return tf.addN([a, b, carry, c]);
  });
  const { returnValue: result } = yield* simulate(program());
  return tf.square(result as Tensor);
});

describe("strategies by address", () => {
  test("nested, in loops and in branches; the objective itself stays as it is", () => {
    const before = names(L);
    expect(before).toMatchObject({ a: "reparam", "inner/b": "reinforce", "walk/x": "reparam", "side/b": "reinforce" });
    const changed = withStrategies(L, {
      a: measureValued,
      "inner/b": enumerate,
      "walk/x": reinforce,
      "side/b": (d) => d,
    });
    const after = names(changed);
    expect(after).toMatchObject({ a: "measureValued", "inner/b": "enumerate", "side/b": "enumerate" });
    expect(Object.entries(after).filter(([address]) => address.startsWith("walk/x"))).not.toHaveLength(0);
    for (const [address, strategy] of Object.entries(after))
      if (address.startsWith("walk/x")) expect(strategy).toBe("reinforce");
    expect(names(L)).toEqual(before);
  });

  test("later ones go before earlier ones", () => {
    const twice = withStrategies(withStrategies(L, { a: reinforce, "inner/b": measureValued }), { a: measureValued });
    expect(names(twice)).toMatchObject({ a: "measureValued", "inner/b": "measureValued" });
  });

  test("the expectation stays", () => {
    const at = tf.scalar(0.5);
    const [truth] = estimateMoments(withStrategies(L, { "inner/b": enumerate, "side/b": enumerate }), at, [], {
      draws: 20_000,
    });
    const [value] = estimateMoments(withStrategies(L, { "walk/x": reinforce }), at, [], { draws: 20_000, seed: 2 });
    const error = Math.hypot(truth![0]!.error, value![0]!.error);
    expect(Math.abs(zScore({ ...value![0]!, error }, truth![0]!.mean))).toBeLessThan(5);
  });

  test("baselines may be computed from the distribution's parameters", () => {
    const on: StrategyFunction = (d) => reinforce(d, { baseline: tf.mul(2, d.parameters[0]!) });
    const at = tf.scalar(0.5);
    const square = objective(function* (p: Tensor) {
      return tf.square(yield* sample("x", normal(p, 1)));
    });
    const [, slope] = estimateMoments(withStrategies(square, { x: on }), at, [], { draws: 20_000 });
    expect(Math.abs(zScore(slope![0]!, 1))).toBeLessThan(5);
    // E (x² − 2p)²ε² − 1 for x = p + ε
    const [, plain] = estimateMoments(withStrategies(square, { x: reinforce }), at, [], { draws: 20_000 });
    expect(slope![0]!.variance).toBeLessThan(plain![0]!.variance);
  });
});

describe("refused", () => {
  const used = (strategies: Parameters<typeof withStrategies>[1]) => () =>
    explain(withStrategies(L, strategies), tf.scalar(0.5));

  test.each<[string, Record<string, StrategyFunction>, string]>([
    ["an address that is none", { "inner/c": enumerate }, 'address "inner/c" is not sampled by the objective'],
    ["a strategy that a distribution does not allow", { a: enumerate }, "enumerate(normal) is not possible"],
    [
      "another distribution",
      { a: () => reparam(normal(0, 1)) },
      'what chooses a strategy for "a" must return the distribution that it is given',
    ],
  ])("%s", (_, strategies, message) => {
    expect(used(strategies)).toThrow(message);
  });
});
