// What the verbs do with single programs: what runs again, what is refused, and that weights are what inference needs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  call,
  cond,
  gen,
  generate,
  importanceSampling,
  marginal,
  normal,
  observe,
  plate,
  project,
  propose,
  regenerate,
  run,
  sample,
  scan,
  simulate,
  splice,
  update,
  vectorize,
} from "elbow";
import { describe, expect, it } from "vitest";
import { addressesOf, type Choices } from "../../../src/dsl/choices.js";
import { range } from "../../../src/util/shapes.js";

const number = (x: Tensor): number => x.dataSync()[0]!;
const list = (x: Tensor): number[] => [...x.dataSync()];
const close = (x: Tensor | number, y: Tensor | number, tolerance = 1e-4) => {
  const [a, b] = [x, y].map((each) => (typeof each === "number" ? each : number(each))) as [number, number];
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));
};
const normalLog = (x: number, m: number, s = 1) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
const code = (name: string, hint?: string) => expect.objectContaining({ code: name, ...(hint && { hint }) });

const model = gen(function* (y: number) {
  const z = yield* sample("z", normal(0, 1));
  const { w } = yield* call("inner", pair(z));
  yield* observe("y", normal(w, 1), y);
  return w;
});
const pair = gen(function* (z: Tensor) {
  const v = yield* sample("v", normal(z, 2));
  const w = yield* sample("w", normal(v, 1));
  return { v, w };
});

describe("traces", () => {
  const trace = run(1, simulate(model(0.5)));

  it("hold arguments, choices, the return value and the parts of the log density, and are immutable", () => {
    expect(trace.args).toEqual([0.5]);
    expect(number(trace.returnValue)).toBe(number(trace.choices.inner.w));
    close(
      (trace.logDensities.inner as { v: Tensor }).v,
      normalLog(number(trace.choices.inner.v), number(trace.choices.z), 2),
    );
    close(project(trace, ["y"]), normalLog(0.5, number(trace.returnValue)));
    close(project(trace, ["inner", "z", "y"]), trace.logDensity);
    expect(() => Object.assign(trace, { args: [1] })).toThrow(TypeError);
    expect(() => Object.assign(trace.choices, { z: tf.scalar(0) })).toThrow(TypeError);
  });

  it("copies of their public part are no traces", () => {
    const { choices, returnValue, logDensity } = trace;
    expect(() => run(0, update({ choices, returnValue, logDensity } as unknown as typeof trace, {}))).toThrow(
      code("trace"),
    );
  });

  it("propose has the density of what was drawn, without the data", () => {
    const proposed = run(1, propose(model(0.5)));
    const z = number(proposed.choices.z);
    const { v, w } = proposed.choices.inner;
    close(proposed.logDensity, normalLog(z, 0) + normalLog(number(v), z, 2) + normalLog(number(w), number(v)));
    expect(number(proposed.returnValue)).toBe(number(w));
  });
});

describe("wrong addresses", () => {
  const trace = run(1, simulate(model(0.5)));
  it("are refused with the nearest one that there is", () => {
    expect(() => run(0, regenerate(trace, ["zz" as "z"]))).toThrow(code("unknown-address", 'Did you mean "z"?'));
    expect(() => run(0, regenerate(trace, ["inner/x" as "inner/w"]))).toThrow(code("unknown-address"));
    expect(() => project(trace, ["yy" as "y"])).toThrow(code("unknown-address", 'Did you mean "y"?'));
    expect(() => run(0, update(trace, { choices: { inner: { vv: tf.scalar(0) } } as object }))).toThrow(
      code("unknown-address", 'Did you mean "inner/v"?'),
    );
    expect(() => run(0, update(trace, { choices: { z: { x: tf.scalar(0) } } as object }))).toThrow(code("not-a-value"));
    expect(() => run(0, update(trace, { choices: { z: tf.zeros([2]) } }))).toThrow(code("value-shape"));
    // what is only observed cannot be drawn again
    expect(() => run(0, regenerate(trace, ["y" as "z"]))).toThrow(code("unknown-address"));
  });

  it("in branches, too, whichever runs", () => {
    const one = gen(function* () {
      return yield* sample("a", normal(0, 1));
    });
    const other = gen(function* () {
      return yield* sample("b", normal(0, 1));
    });
    const program = gen(function* () {
      return yield* cond("branch", true, one(), other());
    });
    const choices = (name: string) => ({ branch: { [name]: tf.scalar(0) } });
    expect(Object.keys(run(0, generate(program(), choices("b"))).choices.branch)).toEqual(["a"]);
    expect(() => run(0, generate(program(), choices("c")))).toThrow(code("unknown-address"));
  });
});

describe("what does not change does not run again", () => {
  /** A program of two others, and how often each of them ran. */
  function counted() {
    const runs = { first: 0, second: 0 };
    const first = gen(function* (scale: Tensor) {
      runs.first++;
      return yield* sample("x", normal(0, scale));
    });
    const second = gen(function* (m: Tensor) {
      runs.second++;
      const x = yield* sample("x", normal(m, 1));
      yield* observe("y", normal(x, 1), 1);
      return x;
    });
    const program = gen(function* (scale: number, shift: number) {
      const m = yield* call("first", first(tf.scalar(scale)));
      return yield* call("second", second(m.add(shift)));
    });
    const trace = run(1, simulate(program(1, 0)));
    runs.first = 0;
    runs.second = 0;
    return { trace, runs };
  }

  it("a program with the same arguments, none of whose choices is touched", () => {
    const { trace, runs } = counted();
    const { trace: next, logWeight } = run(2, update(trace, { choices: { second: { x: tf.scalar(3) } } }));
    expect(runs).toEqual({ first: 0, second: 1 });
    expect(next.choices.first).toBe(trace.choices.first);
    close(logWeight, next.logDensity.sub(trace.logDensity));
  });

  it("one whose arguments are new does, and so does what depends on it if its result changes", () => {
    const { trace, runs } = counted();
    const moved = run(2, update(trace, { args: [1, 0.5] }));
    expect(runs).toEqual({ first: 0, second: 1 });
    // the first has another scale, but the same value
    run(3, update(moved.trace, { args: [2, 0.5] }));
    expect(runs).toEqual({ first: 1, second: 1 });
    run(4, regenerate(trace, ["first"]));
    expect(runs).toEqual({ first: 2, second: 2 });
  });

  it("nothing at all, if nothing is asked for", () => {
    const { trace, runs } = counted();
    run(2, update(trace, { args: [1, 0] }));
    run(2, regenerate(trace, []));
    expect(runs).toEqual({ first: 0, second: 0 });
  });
});

describe("loops that grow", () => {
  const step = gen(function* (x: Tensor, y: Tensor) {
    const next = yield* sample("x", normal(x, 1));
    yield* observe("y", normal(next, 0.5), y);
    return { carry: next };
  });
  const walk = gen(function* (ys: Tensor) {
    return (yield* scan("walk", (x: Tensor, y: Tensor) => step(x, y), tf.scalar(0), ys)).carry;
  });
  const states = (choices: { readonly walk: unknown }) => list((choices.walk as { x: Tensor }).x);

  it("keep their steps; the weight of a new one is its likelihood, as a particle filter needs it", () => {
    const old = run(1, simulate(walk(tf.tensor1d([1, 2]))));
    const { trace, logWeight } = run(2, update(old, { args: [tf.tensor1d([1, 2, 3])] }));
    const xs = states(trace.choices);
    expect(xs.slice(0, 2)).toEqual(states(old.choices));
    close(logWeight, normalLog(3, xs[2]!, 0.5));
    const back = run(3, update(trace, { args: old.args, choices: {} }));
    expect(states(back.trace.choices)).toEqual(states(old.choices));
    expect(states(back.discarded as never)).toEqual(xs);
  });
});

describe("loops of branches", () => {
  const side = (name: string, m: number) =>
    gen(function* (z: Tensor) {
      return yield* sample(name, normal(z, m));
    });
  const [left, right] = [side("l", 1), side("r", 2)];
  const step = gen(function* (_: Tensor) {
    const z = yield* sample("z", normal(0, 1));
    return { carry: yield* cond("side", z.greater(0), left(z), right(z)) };
  });
  const walk = gen(function* () {
    yield* scan("walk", (x: Tensor, _t: Tensor) => step(x), tf.scalar(0), 2);
  });

  it("where one step keeps its choice and another one has none to keep", () => {
    const old = run(0, simulate(walk()));
    const found = range(20).map((seed) => {
      const { trace: next, logWeight } = run(seed, regenerate(old, ["walk/z"]));
      const [before, now] = [old, next].map(({ choices }) => list(choices.walk.z)) as [number[], number[]];
      const kept = [0, 1].filter((t) => before[t]! > 0 === now[t]! > 0);
      const logs = kept.map((t) => {
        const isLeft = now[t]! > 0;
        const { l, r } = next.choices.walk.side as { l: Tensor; r: Tensor };
        const value = list(isLeft ? l : r)[t]!;
        const scale = isLeft ? 1 : 2;
        return normalLog(value, now[t]!, scale) - normalLog(value, before[t]!, scale);
      });
      close(
        logWeight,
        logs.reduce((sum, each) => sum + each, 0),
      );
      close(run(0, assess(walk(), next.choices)), next.logDensity);
      return kept.join();
    });
    // in either step alone, in both and in none
    expect(new Set(found).size).toBe(4);
  });
});

describe("programs that change with their arguments", () => {
  const shape = gen(function* (isNested: boolean) {
    if (isNested) return yield* call("x", pair(tf.scalar(0)));
    const v = yield* sample("x", normal(0, 1));
    return { v, w: v };
  });

  it("draw what stands in the place of something else, and lead back", () => {
    const old = run(1, simulate(shape(true)));
    const there = run(2, update(old, { args: [false] }));
    close(there.logWeight, old.logDensity.neg());
    const back = run(3, update(there.trace, { args: [true], choices: there.discarded as object }));
    expect(addressesOf(back.trace.choices as Choices)).toEqual(["x/v", "x/w"]);
    close(back.trace.logDensity, old.logDensity);
  });

  it("keep rows that are spliced beside other choices", () => {
    const coins = vectorize(
      gen(function* (p: Tensor) {
        yield* cond("part", p.greater(0.4), one(), pair(p));
        return yield* sample("b", normal(p, 1));
      }),
    );
    const one = gen(function* () {
      const v = yield* sample("v", normal(0, 1));
      return { v, w: v };
    });
    const program = gen(function* (m: number) {
      const p = yield* sample("p", normal(m, 1));
      yield* observe("y", normal(p, 1), 0);
      return yield* splice(coins(tf.mul([0.3, 0.5, 0.7], tf.sigmoid(p))));
    });
    const old = run(1, simulate(program(0)));
    const { trace, logWeight } = run(2, update(old, { args: [1] }));
    expect(list(trace.choices.b)).toEqual(list(old.choices.b));
    close(logWeight, trace.logDensity.sub(old.logDensity));
    close(run(0, assess(program(1), trace.choices)), trace.logDensity);
  });
});

describe("programs whose density is estimated", () => {
  const inner = gen(function* () {
    const z = yield* sample("z", normal(0, 1));
    yield* sample("x", normal(z, 1));
  });
  const program = gen(function* (y: number) {
    const { x } = yield* call(
      "m",
      marginal(inner(), { keep: "x", algorithm: importanceSampling({ particles: 2000 }) }),
    );
    const w = yield* sample("w", normal(x, 1));
    yield* observe("y", normal(w, 1), y);
  });

  it("are kept or drawn again as a whole", () => {
    const trace = run(1, simulate(program(1)));
    const { trace: kept, logWeight } = run(2, update(trace, { args: [2] }));
    expect(list(kept.choices.m.x)).toEqual(list(trace.choices.m.x));
    close(logWeight, project(kept, ["y", "m"]).sub(project(trace, ["y", "m"])), 1e-3);
    close(project(trace, ["m", "w", "y"]), trace.logDensity);
    const { trace: again, logWeight: ratio } = run(3, regenerate(trace, ["m"]));
    expect(list(again.choices.m.x)).not.toEqual(list(trace.choices.m.x));
    close(ratio, project(again, ["w"]).sub(project(trace, ["w"])), 1e-3);
  });
});

describe("in an assessed program", () => {
  it("the rows of a plate may be drawn", () => {
    const row = gen(function* (y: Tensor) {
      yield* observe("y", normal(0, 1), y);
    });
    const program = gen(function* () {
      yield* plate("rows", (y: Tensor) => row(y), tf.tensor1d([1, 1, 1]), { subsample: 2 });
    });
    close(run(0, assess(program(), {} as never)), 3 * normalLog(1, 0));
  });
});
