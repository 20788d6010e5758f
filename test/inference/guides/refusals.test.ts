// What automatic guides refuse, with the address and a remedy; and what to do then.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  call,
  cond,
  ElbowError,
  elbo,
  enumerate,
  flip,
  fullRank,
  gamma,
  gen,
  lowRank,
  meanField,
  normal,
  observe,
  poisson,
  run,
  sample,
  splice,
  uniform,
} from "elbow";
import { expect, it } from "vitest";

const refusal = (body: () => unknown): ElbowError => {
  try {
    body();
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const mixed = gen(function* (y: Tensor) {
  const k = yield* call(
    "group",
    gen(function* () {
      return yield* sample("k", flip(0.3));
    })(),
  );
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu.add(k), 1), y);
});
const y = tf.scalar(0.5);

it("discrete choices, by name", () => {
  const error = refusal(() => meanField(mixed, [y]));
  expect(error.code).toBe("guide");
  expect(error.at.address).toBe("group/k");
  expect(error.message).toContain("discrete");
  expect(error.message).toContain('except: "group"');
  expect(error.hint).toContain("exactEnumeration");
  const counts = gen(function* () {
    yield* sample("n", poisson(3));
  });
  expect(refusal(() => fullRank(counts, [])).at.address).toBe("n");
});

it("the remedy works: the rest is guided automatically, the discrete choice by hand", async () => {
  const { guide: rest, parameters: start } = meanField(mixed, [y], { except: "group" });
  const guide = gen(function* (q: { rest: typeof start; logit: Tensor }, data: Tensor) {
    yield* splice(rest(q.rest, data));
    yield* call(
      "group",
      gen(function* () {
        yield* sample("k", enumerate(flip(tf.sigmoid(q.logit))));
      })(),
    );
  });
  expect(Object.keys(start.loc)).toEqual(["mu"]);
  const parameters = { rest: start, logit: tf.scalar(0) };
  const value = await elbo(mixed, guide).estimate({ seed: 0, draws: 100 }, parameters, y);
  expect(value.dataSync()[0]).toSatisfy(Number.isFinite);
});

it("choices in branches, and ends that move", () => {
  const branching = gen(function* (test: boolean) {
    const one = gen(function* () {
      return yield* sample("x", normal(0, 1));
    });
    yield* cond("either", test, one(), one());
  });
  expect(refusal(() => meanField(branching, [true])).at.address).toBe("either/x");
  const moving = gen(function* () {
    const end = yield* sample("end", gamma(2, 1));
    yield* sample("x", uniform(0, end));
  });
  const error = refusal(() => meanField(moving, []));
  expect(error.at.address).toBe("x");
  expect(error.message).toContain("ends of its interval");
});

it("options and names that are wrong", () => {
  expect(refusal(() => lowRank(mixed, [y], { rank: 0 })).code).toBe("option");
  expect(refusal(() => meanField(mixed, [y], { except: "group", scale: -1 })).code).toBe("option");
  expect(refusal(() => meanField(two, [], { except: "c" as never })).code).toBe("unknown-address");
  const { guide, parameters } = fullRank(two, []);
  const error = refusal(() => run(0, assess(guide(parameters), { a: tf.scalar(0) } as never)));
  expect(error.code).toBe("missing-choice");
  const empty = gen(function* () {
    yield* observe("y", normal(0, 1), 0);
  });
  expect(refusal(() => meanField(empty, [])).message).toContain("no choices");
});

const two = gen(function* () {
  yield* sample("a", normal(0, 1));
  yield* sample("b", gamma(1, 1));
});

it("starting points", () => {
  const at = (start: Parameters<typeof meanField<[], { a: Tensor; b: Tensor }, void>>[2]) => {
    const { loc, logScale } = meanField(two as never, [] as [], start).parameters as {
      loc: { a: Tensor; b: Tensor };
      logScale: { a: Tensor };
    };
    return { a: loc.a.dataSync()[0]!, b: Math.exp(loc.b.dataSync()[0]!), scale: Math.exp(logScale.a.dataSync()[0]!) };
  };
  expect(at({}).b).toBeCloseTo(Math.LN2, 3);
  expect(at({}).scale).toBeCloseTo(0.1, 5);
  expect(at({ scale: 2 }).scale).toBeCloseTo(2, 5);
  expect(at({ start: "mean" })).toMatchObject({ a: 0, b: 1 });
  const values = at({ start: { values: { b: tf.scalar(4) } } });
  expect([values.a, values.b]).toEqual([0, expect.closeTo(4, 4)]);
  expect(at({ start: "sample", seed: 1 })).toEqual(at({ start: "sample", seed: 1 }));
  expect(at({ start: "sample", seed: 1 }).a).not.toBe(at({ start: "sample", seed: 2 }).a);
  expect(refusal(() => at({ start: { values: { b: tf.scalar(-1) } } })).at.address).toBe("b");
});

it("a search for a finite density", () => {
  const picky = gen(function* () {
    const x = yield* sample("x", normal(0, 1));
    yield* observe("y", uniform(0.5, 100), tf.exp(x).sub(1));
  });
  expect(refusal(() => meanField(picky, [])).hint).toContain("search");
  const { parameters } = meanField(picky, [], { start: "search" });
  expect(Math.exp(parameters.loc.x.dataSync()[0]!)).toBeGreaterThan(1.5);
  const never = gen(function* () {
    yield* sample("x", normal(0, 1));
    yield* observe("y", uniform(0, 1), 2);
  });
  expect(refusal(() => meanField(never, [], { start: "search" })).message).toContain("101 points");
});
