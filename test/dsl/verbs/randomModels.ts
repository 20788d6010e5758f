// Random programs: scalar and vector choices, coins, observations, factors, nested programs, loops, plates, branches and masks,
// also inside one another. Every part turns a state into the next one.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Choices,
  call,
  cond,
  type Effects,
  factor,
  flip,
  type GenerativeFunction,
  gen,
  mask,
  normal,
  observe,
  plate,
  sample,
  scan,
  splice,
  switchOn,
} from "elbow";
import * as fc from "fast-check";
import type { ProgramEffect } from "../../../src/dsl/effects.js";

export type Part =
  | { readonly kind: "scalar" | "vector" | "coin" | "factor" }
  | { readonly kind: "observed"; readonly isDrawn?: boolean }
  | { readonly kind: "call"; readonly isFixed: boolean; readonly inner: Spec }
  | { readonly kind: "splice"; readonly inner: Spec }
  | { readonly kind: "cond"; readonly inner: readonly [Spec, Spec] }
  | { readonly kind: "switch"; readonly inner: readonly Spec[] }
  | { readonly kind: "mask"; readonly inner: Spec }
  | { readonly kind: "scan"; readonly steps: number; readonly inner: Spec }
  | { readonly kind: "plate"; readonly inner: Spec };

/** The parts of a program, in order. */
export type Spec = readonly Part[];

/** Whether a program has a part of one of these kinds, however deep. */
export const has = (spec: Spec, ...kinds: readonly Part["kind"][]): boolean =>
  spec.some((part) => {
    const inner = "inner" in part ? ([part.inner].flat(2) as Spec) : [];
    return kinds.includes(part.kind) || has(inner, ...kinds);
  });
export const hasBranches = (spec: Spec): boolean => has(spec, "cond", "switch", "mask");

type Block = GenerativeFunction<readonly [Tensor], Choices, Tensor>;
/** The start, and how many steps and rows loops and plates have more. */
export type Model = GenerativeFunction<readonly [Tensor, number], Choices, Tensor>;

const simple = fc.constantFrom<Part>(
  { kind: "scalar" },
  { kind: "vector" },
  { kind: "coin" },
  { kind: "observed" },
  { kind: "factor" },
);

const specOf = (depth: number): fc.Arbitrary<Spec> => {
  if (depth === 0) return fc.array(simple, { minLength: 1, maxLength: 3 });
  const inner = specOf(depth - 1);
  const nested = fc.oneof(
    fc.record({ kind: fc.constant("call" as const), isFixed: fc.boolean(), inner }),
    fc.record({ kind: fc.constant("splice" as const), inner }),
    fc.record({ kind: fc.constant("cond" as const), inner: fc.tuple(inner, inner) }),
    fc.record({ kind: fc.constant("switch" as const), inner: fc.array(inner, { minLength: 3, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("mask" as const), inner }),
    fc.record({ kind: fc.constant("scan" as const), steps: fc.integer({ min: 1, max: 3 }), inner }),
    fc.record({ kind: fc.constant("plate" as const), inner }),
  );
  return fc.array(fc.oneof(simple, nested), { minLength: 1, maxLength: 3 });
};

export const models: fc.Arbitrary<Spec> = specOf(2);

/** The program of a specification. */
export function modelOf(spec: Spec): Model {
  const sizes = [0, 1, 2].map((length) => blockOf(spec, "", length));
  return gen(function* whole(start: Tensor, length: number): Effects<ProgramEffect, Tensor> {
    return yield* splice(sizes[length]!(start));
  }) as unknown as Model;
}

function blockOf(spec: Spec, prefix: string, length: number): Block {
  const parts = spec.map((part, i) =>
    partOf(part, `${prefix}${part.kind}${"steps" in part ? part.steps : ""}_${i}`, i, length),
  );
  return gen(function* block(start: Tensor): Effects<ProgramEffect, Tensor> {
    let state = start;
    for (const part of parts) state = yield* part(state);
    return state;
  }) as unknown as Block;
}

type Run = (state: Tensor) => Effects<ProgramEffect, Tensor>;

/** Names repeat, with equal shapes, in the branches of `cond` and `switchOn`, as far as they begin alike. */
function partOf(part: Part, name: string, i: number, length: number): Run {
  switch (part.kind) {
    case "scalar":
      return function* (state) {
        return yield* sample(name, normal(tf.mul(state, 0.5), 1 + i));
      };
    case "vector":
      return function* (state) {
        return tf.mean(yield* sample(name, normal(tf.add(state, [-1, 0, 1]), 1)));
      };
    case "coin":
      return function* (state) {
        return tf.sub(tf.mul(yield* sample(name, flip(tf.sigmoid(state))), 2), 1);
      };
    case "observed":
      return function* (state) {
        if (part.isDrawn) yield* sample(name, normal(state, 2));
        else yield* observe(name, normal(state, 2), 0.5);
        return state;
      };
    case "factor":
      return function* (state) {
        yield* factor(name, tf.mul(tf.square(state), -0.1));
        return state;
      };
    case "call": {
      const program = blockOf(part.inner, "", length);
      const fixed = tf.scalar(0.25);
      return function* (state) {
        return tf.add(state, yield* call(name, program(part.isFixed ? fixed : state)));
      };
    }
    case "splice": {
      const program = blockOf(part.inner, `${name}_`, length);
      return function* (state) {
        return yield* splice(program(state));
      };
    }
    case "cond": {
      const [first, second] = part.inner.map((each) => blockOf(each, "", length)) as [Block, Block];
      return function* (state) {
        return yield* cond(name, tf.greater(state, 0), first(state), second(state));
      };
    }
    case "switch": {
      const programs = part.inner.map((each) => blockOf(each, "", length));
      return function* (state) {
        const index = tf.add(tf.cast(tf.greater(state, -0.5), "int32"), tf.cast(tf.greater(state, 0.5), "int32"));
        return yield* switchOn(
          name,
          index,
          programs.map((program) => program(state)),
        );
      };
    }
    case "mask": {
      const program = blockOf(part.inner, "", length);
      return function* (state) {
        return yield* mask(name, tf.less(state, 0.5), program(state), tf.neg(state));
      };
    }
    case "scan": {
      const program = blockOf(part.inner, "", length);
      const step = gen(function* (state: Tensor): Effects<ProgramEffect, { carry: Tensor }> {
        return { carry: yield* splice(program(state)) };
      });
      return function* (state) {
        return (yield* scan(name, (carry: Tensor, _t: Tensor) => step(carry), state, part.steps + length)).carry;
      };
    }
    case "plate": {
      const program = blockOf(part.inner, "", length);
      return function* (state) {
        const rows = tf.linspace(-1, 1, 2 + length);
        return tf.mean(yield* plate(name, (row: Tensor) => program(tf.add(row, state)), rows));
      };
    }
  }
}
