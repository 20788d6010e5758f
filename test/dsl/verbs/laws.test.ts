// Laws of the verbs on random programs, and that compiled programs have them too.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Choices, filter, generate, project, regenerate, run, simulate, type Trace, update } from "elbow";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { addressesOf, at } from "../../../src/dsl/choices.js";
import type { Effect, Effects } from "../../../src/dsl/effects.js";
import { totalOf } from "../../../src/dsl/trace.js";
import { drive } from "../../../src/dsl/verbs.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { trace as record } from "../../../src/ir/tracing.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { forward } from "../../../src/transforms/forward.js";
import { keyFromSeed } from "../../../src/util/keys.js";
import { has, hasBranches, type Model, modelOf, models } from "./randomModels.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const number = (x: Tensor): number => x.dataSync()[0]!;
const close = (x: Tensor | number, y: Tensor | number): void => {
  const [a, b] = [x, y].map((each) => (typeof each === "number" ? each : number(each))) as [number, number];
  expect(Math.abs(a - b), `${a} and ${b}`).toBeLessThanOrEqual(2e-4 * Math.max(1, Math.abs(a), Math.abs(b)));
};
const expectSame = (a: Choices, b: Choices): void => {
  expect(addressesOf(a).toSorted()).toEqual(addressesOf(b).toSorted());
  for (const address of addressesOf(a))
    expect([...(at(a, address) as Tensor).dataSync()], address).toEqual([...(at(b, address) as Tensor).dataSync()]);
};

/** A program, a seed, two starts, two sizes, and a way to pick some of its addresses. */
const cases = fc.record({
  spec: models,
  seed: fc.integer({ min: 0, max: 1000 }),
  starts: fc.tuple(fc.constantFrom(-1, 0.3, 2), fc.constantFrom(-1, 0.3, 2)),
  sizes: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  picks: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const traceOf = ({
  spec,
  seed,
  starts,
  sizes,
}: Case): { model: Model; trace: Trace<Choices, Tensor, [Tensor, number]> } => {
  const model = modelOf(spec);
  const call = model(tf.scalar(starts[0]), sizes[0]);
  return { model, trace: run(seed, simulate(call)) as unknown as Trace<Choices, Tensor, [Tensor, number]> };
};
const picked = (choices: Choices, picks: readonly boolean[]): string[] =>
  addressesOf(choices).filter((_, i) => picks[i % picks.length]);
const some = (choices: Choices, picks: readonly boolean[]): Choices => {
  const addresses = picked(choices, picks);
  return filter(choices, (address) => addresses.includes(address));
};
/** Values for some choices of a trace, from another run; none where its program has not got the address, or another shape. */
const newValues = (from: Choices, trace: Choices, picks: readonly boolean[]): Choices =>
  filter(some(from, picks), (address, value) => {
    const own = at(trace, address);
    return own !== undefined && String((own as Tensor).shape) === String(value.shape);
  });
const holds = (name: string, law: (given: Case) => void, numRuns = 25): void =>
  it(name, () => {
    fc.assert(
      fc.property(cases, (given) => {
        tf.tidy(() => law(given));
      }),
      { numRuns, seed: 1 },
    );
  });

/** The first rows of a tensor, as many as another one has along every axis. */
const leading = (tensor: Tensor, other: Tensor): number[] =>
  tensor.rank === 0
    ? [number(tensor)]
    : [
        ...tensor
          .slice(
            tensor.shape.map(() => 0),
            other.shape,
          )
          .dataSync(),
      ];

/**
 * The log density of what update had to draw: elements that the old trace did not have, or with another value, if they were not
 * given. Elements of branches that did not run have a log density of 0.
 */
function logOfFresh(old: Trace<Choices>, now: Trace<Choices>, given: Choices): number {
  let sum = 0;
  for (const address of addressesOf(now.choices)) {
    if (at(given, address)) continue;
    const [value, before] = [now, old].map((each) => at(each.choices, address) as Tensor | undefined);
    const logDensities = at(now.logDensities, address) as Tensor;
    // one log density may belong to several numbers, those of an event
    const [numbers, logs] = [value!.dataSync(), logDensities.dataSync()];
    const event = numbers.length / logs.length;
    const earlier = before && [...paddedTo(before, value!.shape)];
    for (const [i, log] of logs.entries()) {
      const isKept =
        earlier && [...Array(event).keys()].every((j) => earlier[i * event + j] === numbers[i * event + j]);
      if (!isKept) sum += log;
    }
  }
  return sum;
}

/** The elements of a tensor of this shape that has another one's in its first rows, and NaN elsewhere; too many are cut off. */
function paddedTo(tensor: Tensor, shape: readonly number[]): ArrayLike<number> & Iterable<number> {
  if (shape.length === 0) return tensor.dataSync();
  const common = tensor.slice(
    shape.map(() => 0),
    shape.map((size, axis) => Math.min(size, tensor.shape[axis]!)),
  );
  const missing = shape.map((size, axis): [number, number] => [0, size - common.shape[axis]!]);
  return tf.pad(tf.cast(common, "float32"), missing, Number.NaN).dataSync();
}

describe("simulate, assess, generate, project", () => {
  holds("assess of a trace's choices is its log density", (given) => {
    const { trace } = traceOf(given);
    close(run(5, assess(trace.call, trace.choices)), trace.logDensity);
  });

  holds("generate of all choices weighs as assess does; of some, what is not given was drawn", (given) => {
    const { trace } = traceOf(given);
    close(run(5, generate(trace.call, trace.choices)).logWeight, trace.logDensity);
    const constraints = some(trace.choices, given.picks);
    const generated = run(5, generate(trace.call, constraints));
    close(run(0, assess(trace.call, generated.choices)), generated.logDensity);
    const addresses = addressesOf(constraints);
    const drawn = filter(generated.logDensities as Choices, (address) => !addresses.includes(address));
    close(generated.logWeight.add(totalOf(drawn)), generated.logDensity);
  });

  holds("the parts of all addresses add up to the log density", (given) => {
    const { trace } = traceOf(given);
    const all = [...addressesOf(trace.logDensities), ...addressesOf(trace.logObserved)];
    close(project(trace, all), trace.logDensity);
    const [some, others] = [true, false].map((side) => all.filter((_, i) => given.picks[i % 7] === side));
    close(project(trace, some!).add(project(trace, others!)), trace.logDensity);
  });
});

describe("update", () => {
  holds("nothing changed: the same choices, weight 0, nothing discarded", (given) => {
    const { trace } = traceOf(given);
    const { trace: same, logWeight, discarded } = run(9, update(trace, {}));
    expectSame(same.choices, trace.choices);
    close(logWeight, 0);
    expect(addressesOf(discarded)).toEqual([]);
  });

  holds(
    "with new values and arguments: a trace of the new program, and back again with what was discarded",
    (given) => {
      const { model, trace } = traceOf(given);
      const args: [Tensor, number] = [tf.scalar(given.starts[1]), given.sizes[1]];
      const other = run(given.seed + 1, simulate(model(...args))).choices;
      const choices = newValues(other, trace.choices, given.picks);
      const { trace: next, logWeight, discarded } = run(8, update(trace, { args, choices }));
      close(run(0, assess(model(...args), next.choices)), next.logDensity);
      for (const address of addressesOf(choices)) {
        const now = at(next.choices, address) as Tensor | undefined;
        // steps and rows in which its branch did not run have zeros
        const value = (at(choices, address) as Tensor).dataSync();
        for (const [i, x] of [...(now?.dataSync() ?? [])].entries())
          if (x !== 0 || !hasBranches(given.spec)) expect(x, address).toBe(value[i]);
      }
      const back = run(7, update(next, { args: trace.args, choices: discarded }));
      expectSame(back.trace.choices, trace.choices);
      // nothing had to be drawn on the way back
      close(back.logWeight, trace.logDensity.sub(next.logDensity));
      // a coin that is drawn anew may show what it showed, so that one cannot tell
      if (has(given.spec, "scan", "plate") && has(given.spec, "coin")) return;
      close(logWeight, next.logDensity.sub(trace.logDensity).sub(logOfFresh(trace, next, choices)));
    },
    80,
  );

  holds("discarded is what was given anew and what is no more, with the old values, and little else", (given) => {
    const { model, trace } = traceOf(given);
    const args: [Tensor, number] = [tf.scalar(given.starts[1]), given.sizes[1]];
    const choices = newValues(run(3, simulate(model(...args))).choices, trace.choices, given.picks);
    const { trace: next, discarded } = run(8, update(trace, { args, choices }));
    const addresses = addressesOf(discarded);
    expectSame(
      filter(trace.choices, (address) => addresses.includes(address)),
      discarded,
    );
    for (const address of addressesOf(trace.choices)) {
      const [before, now] = [trace, next].map((each) => at(each.choices, address) as Tensor | undefined);
      if (!now || at(choices, address)) expect(addresses, address).toContain(address);
      // without loops that became shorter and branches in loops, nothing else is
      else if (!has(given.spec, "scan", "plate") || (given.sizes[0] === given.sizes[1] && !hasBranches(given.spec)))
        expect(addresses, address).not.toContain(address);
      // what is neither given nor discarded has not changed, as far as it was there
      if (!addresses.includes(address)) expect(leading(now!, before!)).toEqual([...before!.dataSync()]);
    }
  });
});

describe("regenerate", () => {
  holds("of nothing: the same choices, weight 0", (given) => {
    const { trace } = traceOf(given);
    const { trace: same, logWeight } = run(9, regenerate(trace, []));
    expectSame(same.choices, trace.choices);
    close(logWeight, 0);
  });

  holds("of everything: a new run, weighed by observations and factors", (given) => {
    const { trace } = traceOf(given);
    const { trace: next, logWeight } = run(9, regenerate(trace, Object.keys(trace.choices)));
    close(run(0, assess(next.call, next.choices)), next.logDensity);
    close(logWeight, totalOf(next.logObserved).sub(totalOf(trace.logObserved)));
  });

  holds("of some: the others stay, and the weight is what they and the observations say", (given) => {
    const { trace } = traceOf(given);
    if (hasBranches(given.spec)) return;
    const selection = picked(trace.choices, given.picks);
    const { trace: next, logWeight } = run(9, regenerate(trace, selection));
    const isKept = (address: string) => !selection.includes(address);
    expectSame(filter(next.choices, isKept), filter(trace.choices, isKept));
    const [now, before] = [next, trace].map((each) =>
      totalOf(filter(each.logDensities, isKept)).add(totalOf(each.logObserved)),
    );
    close(logWeight, now!.sub(before!));
  });

  holds(
    "with branches, too: there and back with the old values is the ratio of update",
    (given) => {
      const { trace } = traceOf(given);
      const selection = picked(trace.choices, given.picks);
      const { trace: next, logWeight } = run(9, regenerate(trace, selection));
      close(run(0, assess(next.call, next.choices)), next.logDensity);
      if (has(given.spec, "scan", "plate")) {
        if (has(given.spec, "coin")) return;
        // the same, element by element: without what was drawn, and without what would have to be on the way back
        const [there, back] = [logOfFresh(trace, next, {}), logOfFresh(next, trace, {})];
        return close(logWeight, next.logDensity.sub(there).sub(trace.logDensity).add(back));
      }
      // the acceptance ratio by hand: densities of what both drew cancel against the proposals
      const stays = (from: Choices, to: Choices) => (address: string) =>
        !selection.includes(address) && at(to, address) !== undefined && at(from, address) === at(to, address);
      const now = totalOf(filter(next.logDensities, stays(next.choices, trace.choices)));
      const before = totalOf(filter(trace.logDensities, stays(trace.choices, next.choices)));
      close(logWeight, now.add(totalOf(next.logObserved)).sub(before.add(totalOf(trace.logObserved))));
    },
    50,
  );
});

/** What a computation gives in a compiled program. */
function compiled(computation: () => Effects<Effect, readonly Tensor[]>, seed: number): number[][] {
  const program = record([{ shape: [2], dtype: "int32" }], (key) => drive(computation(), key!));
  const key = { shape: [2], dtype: "int32" as const, elements: Float64Array.from(keyFromSeed(seed)) };
  return evaluate(forward(program), [key]).map(({ elements }) => [...elements]);
}

describe("in compiled programs", () => {
  const agree = (computation: () => Effects<Effect, readonly Tensor[]>, seed: number) => {
    const eager = run(seed, computation());
    const values = compiled(computation, seed);
    for (const [i, value] of eager.entries())
      for (const [j, x] of [...value.dataSync()].entries()) close(values[i]![j]!, x);
  };

  holds(
    "update draws and weighs as it does on tensors, also where branches change; and leads back",
    (given) => {
      const { model, trace } = traceOf(given);
      const args: [Tensor, number] = [tf.scalar(given.starts[1]), given.sizes[1]];
      const choices = newValues(run(3, simulate(model(...args))).choices, trace.choices, given.picks);
      agree(function* () {
        const old = yield* simulate(model(tf.scalar(given.starts[0]), given.sizes[0]));
        const there = yield* update(old, { args: [tf.scalar(given.starts[1]), given.sizes[1]], choices });
        const back = yield* update(there.trace, { args: old.args, choices: there.discarded });
        const error = tf.abs(tf.sub(back.trace.logDensity, old.logDensity));
        return [
          there.logWeight,
          there.trace.logDensity,
          there.trace.returnValue,
          back.logWeight,
          tf.greater(error, 1e-3),
        ];
      }, given.seed);
    },
    12,
  );

  holds(
    "regenerate draws and weighs as it does on tensors",
    (given) => {
      const { model, trace } = traceOf(given);
      const selection = picked(trace.choices, given.picks);
      agree(function* () {
        const old = yield* simulate(model(tf.scalar(given.starts[0]), given.sizes[0]));
        const { trace: next, logWeight } = yield* regenerate(old, selection);
        return [logWeight, next.logDensity, next.returnValue];
      }, given.seed);
    },
    12,
  );
});
