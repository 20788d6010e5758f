// What the compiler knows of traces: their choices, arguments, results and addresses.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { expectTypeOf } from "vitest";
import {
  type AddressesOf,
  type CategoryIndex,
  type ChoicesOf,
  call,
  categorical,
  cond,
  elbo,
  factor,
  flip,
  gen,
  generate,
  mapResult,
  mix,
  normal,
  observe,
  partial,
  plate,
  predict,
  predictive,
  project,
  propose,
  type Real,
  regenerate,
  repeat,
  run,
  sample,
  scan,
  simulate,
  splice,
  update,
  vectorize,
} from "../../src/index.js";

const inner = gen(function* (m: Tensor) {
  const v = yield* sample("v", normal(m, 1));
  yield* observe("seen", normal(v, 1), 0);
  return v;
});
const model = gen(function* (y: number, scale: Tensor) {
  const z = yield* sample("z", normal(0, scale));
  yield* call("inner", inner(z));
  yield* observe("y", normal(z, 1), y);
  yield* factor("penalty", 0);
  yield* scan("walk", (x: Tensor, _t: Tensor) => step(x), tf.scalar(0), 3);
  return z;
});
const step = gen(function* (x: Tensor) {
  return { carry: yield* sample("s", normal(x, 1)) };
});

// ——— traces ———
const trace = run(0, simulate(model(1, tf.scalar(1))));
expectTypeOf(trace.choices.z).toEqualTypeOf<Real>();
expectTypeOf(trace.choices.inner.v).toEqualTypeOf<Real>();
expectTypeOf(trace.returnValue).toEqualTypeOf<Real>();
expectTypeOf(trace.args).toEqualTypeOf<[y: number, scale: Tensor]>();
// @ts-expect-error a trace is immutable
trace.returnValue = tf.scalar(0);
// @ts-expect-error the program has no such choice
trace.choices.x;
expectTypeOf(run(0, propose(model(1, tf.scalar(1)))).choices).toEqualTypeOf(trace.choices);

// ——— update: arguments and any of the choices ———
const updated = run(0, update(trace, { args: [2, tf.scalar(1)], choices: { inner: { v: tf.scalar(1) } } }));
expectTypeOf(updated.trace).toEqualTypeOf<typeof trace>();
update(trace, {});
update(run(0, generate(model(1, tf.scalar(1)), { z: tf.scalar(0) })), { choices: { z: tf.scalar(0) } });
// @ts-expect-error the program has no such choice
update(trace, { choices: { x: tf.scalar(0) } });
// @ts-expect-error nor has the nested one
update(trace, { choices: { inner: { x: tf.scalar(0) } } });
// @ts-expect-error the program takes a number and a tensor
update(trace, { args: [tf.scalar(1), 2] });
// @ts-expect-error all arguments are needed
update(trace, { args: [1] });

// ——— selections ———
regenerate(trace, ["z", "inner", "inner/v", "walk", "walk/s"]);
// @ts-expect-error the program has no such choice
regenerate(trace, ["x"]);
// @ts-expect-error nor has the nested one
regenerate(trace, ["inner/x"]);
// @ts-expect-error nor has the loop
regenerate(trace, ["walk/x"]);
// @ts-expect-error what is observed is not drawn
regenerate(trace, ["y"]);
project(trace, ["z", "inner/v", "y", "penalty", "inner/seen", "walk/s"]);
// @ts-expect-error nothing is observed there
project(trace, ["inner/y"]);
expectTypeOf<AddressesOf<{ a: Real; b: { c: Real } }>>().toEqualTypeOf<"a" | "b" | "b/c">();

// ——— combinators keep choices, arguments and results ———
const combined = gen(function* (p: Tensor) {
  const { v } = yield* plate("rows", (row: Tensor) => named(row), tf.zeros([3]));
  yield* repeat("points", 4, inner(p));
  yield* call("all", vectorize(inner)(tf.zeros([3])));
  yield* mix("mixed", categorical({ probs: [0.5, 0.5] }), [inner(p), inner(p)]);
  yield* cond("branch", true, inner(p), inner(p));
  return v;
});
const named = gen(function* (m: Tensor) {
  return { v: yield* splice(inner(m)) };
});
const choices = run(0, simulate(combined(tf.scalar(0)))).choices;
expectTypeOf(choices.rows.v).toEqualTypeOf<Real>();
expectTypeOf(choices.points.v).toEqualTypeOf<Real>();
expectTypeOf(choices.all.v).toEqualTypeOf<Real>();
expectTypeOf(choices.mixed.component).toEqualTypeOf<CategoryIndex>();
expectTypeOf(run(0, simulate(combined(tf.scalar(0)))).returnValue).toEqualTypeOf<Tensor>();

const scaled = gen(function* (m: number, s: number) {
  return yield* sample("x", normal(m, s));
});
const half = partial(scaled, 1);
half(2);
// @ts-expect-error one argument is left
half(2, 3);
// @ts-expect-error it is a number
half("2");
const mapped = mapResult(half, (x) => ({ x, twice: x.mul(2) }));
expectTypeOf(run(0, simulate(mapped(1))).returnValue.twice).toEqualTypeOf<Tensor>();
expectTypeOf<ChoicesOf<typeof mapped>>().toEqualTypeOf<{ readonly x: Real }>();

// ——— programs without choices of their own need not stand in a guide ———
const likelihood = gen(function* (m: Tensor) {
  yield* observe("y", normal(m, 1), 0);
});
const observing = gen(function* () {
  const b = yield* sample("b", flip(0.5));
  yield* call("data", likelihood(b));
});
const guide = gen(function* ({ p }: { p: Tensor }) {
  yield* sample("b", flip(p));
});
elbo(observing, guide);

// observations by address, nested as programs are
const seen = gen(function* (y: number) {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z, 1), y);
  yield* call("inner", innermost(y));
});
const innermost = gen(function* (y: number) {
  yield* observe("v", normal(0, 1), y);
});
const predicted = run(0, predict(seen(1), { z: tf.scalar(0) }));
expectTypeOf(predicted.observed.y).toEqualTypeOf<Tensor>();
expectTypeOf(predicted.observed.inner.v).toEqualTypeOf<Tensor>();
// @ts-expect-error there is no such observation
predicted.observed.x;
// @ts-expect-error there is no such choice
run(0, predict(seen(1), { w: tf.scalar(0) }));
const draws = await predictive(seen, [1], { choices: { z: tf.zeros([5]) } });
expectTypeOf(draws.choices.z).toExtend<Tensor>();
expectTypeOf(draws.observed.inner.v).toEqualTypeOf<Tensor>();
