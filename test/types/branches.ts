// What the compiler knows of choices in branches.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  type Bool,
  type CategoryIndex,
  type Choices,
  type ChoicesOf,
  type Covers,
  call,
  categorical,
  cond,
  elbo,
  exponential,
  fit,
  flip,
  type GenerativeFunction,
  gen,
  generate,
  mask,
  meanField,
  mix,
  normal,
  type Positive,
  project,
  type Real,
  recurse,
  regenerate,
  run,
  sample,
  scan,
  simulate,
  splice,
  switchOn,
  update,
} from "elbow";
import { expectTypeOf } from "vitest";

const wide = gen(function* (scale: number) {
  yield* sample("scale", exponential(1));
  return yield* sample("x", normal(0, scale));
});
const narrow = gen(function* () {
  return yield* sample("x", normal(0, 0.1));
});
const nothing = gen(function* (value: Tensor) {
  return value;
});
const zero = tf.scalar(0);
const isTrue = tf.scalar(true);

// ——— ChoicesOf: what all branches have is there, the rest may be ———

const either = gen(function* () {
  return yield* cond("c", isTrue, wide(2), narrow());
});
type Either = { readonly c: { readonly x: Real; readonly scale?: Positive } };
expectTypeOf<ChoicesOf<typeof either>>().toEqualTypeOf<Either>();

const same = gen(function* () {
  return yield* cond("c", isTrue, narrow(), narrow());
});
expectTypeOf<ChoicesOf<typeof same>>().toEqualTypeOf<{ readonly c: { readonly x: Real } }>();

const perhaps = gen(function* () {
  return yield* mask("m", isTrue, wide(1), zero);
});
type Perhaps = { readonly m: { readonly scale?: Positive; readonly x?: Real } };
expectTypeOf<ChoicesOf<typeof perhaps>>().toEqualTypeOf<Perhaps>();

const several = gen(function* () {
  return yield* switchOn("s", 1, [wide(1), narrow(), either()]);
});
expectTypeOf<ChoicesOf<typeof several>>().toEqualTypeOf<{
  readonly s: { readonly scale?: Positive; readonly x?: Real; readonly c?: Either["c"] };
}>();
const listed = gen(function* (scales: readonly number[]) {
  return yield* switchOn(
    "s",
    1,
    scales.map((scale) => wide(scale)),
  );
});
expectTypeOf<ChoicesOf<typeof listed>>().toEqualTypeOf<{
  readonly s: { readonly scale: Positive; readonly x: Real };
}>();

const mixture = gen(function* () {
  return yield* mix("z", categorical({ probs: [0.5, 0.5] }), [wide(1), narrow()]);
});
expectTypeOf<ChoicesOf<typeof mixture>>().toEqualTypeOf<{
  readonly z: { readonly component: CategoryIndex; readonly part: Either["c"] };
}>();

// branches of branches, nested and on the level of their own
const deep = gen(function* () {
  const inner = gen(function* () {
    const isWide = yield* sample("isWide", flip(0.5));
    yield* splice(perhaps());
    return yield* cond("c", isWide, wide(1), narrow());
  });
  return yield* cond("d", isTrue, inner(), either());
});
expectTypeOf<ChoicesOf<typeof deep>>().toEqualTypeOf<{
  readonly d: { readonly c: Either["c"]; readonly isWide?: Bool; readonly m?: Perhaps["m"] };
}>();

// a branch without choices everywhere is no contribution; one of unknown choices may have any
const none = gen(function* () {
  return yield* cond("c", isTrue, nothing(zero), nothing(zero));
});
expectTypeOf<keyof ChoicesOf<typeof none>>().toEqualTypeOf<never>();
const open = gen(function* (program: GenerativeFunction<[], unknown, Tensor>) {
  return yield* cond("c", isTrue, program(), narrow());
});
expectTypeOf<ChoicesOf<typeof open>>().toEqualTypeOf<{ readonly c: Choices }>();
const bounded = recurse<[Tensor], Tensor>(
  3,
  (self) =>
    gen(function* (x: Tensor) {
      return yield* cond("rest", isTrue, self(x), nothing(x));
    }),
  nothing,
);
expectTypeOf<ChoicesOf<typeof bounded>>().toEqualTypeOf<Choices>();

// results stay checked against each other
gen(function* () {
  const pair = gen(function* () {
    return [yield* sample("x", normal(0, 1)), zero] as const;
  });
  // @ts-expect-error one returns a tensor, the other one two
  yield* cond("c", isTrue, narrow(), pair());
  // @ts-expect-error one returns a tensor, the other one two
  yield* switchOn("s", 0, [narrow(), pair()]);
  expectTypeOf(yield* switchOn("t", 0, [narrow(), wide(1)])).toEqualTypeOf<Real>();
});

// ——— verbs ———

const trace = run(0, simulate(either()));
expectTypeOf(trace.choices.c.x).toEqualTypeOf<Real>();
expectTypeOf(trace.choices.c.scale).toEqualTypeOf<Positive | undefined>();
// @ts-expect-error there is no such address
trace.choices.c.scael;
run(0, assess(either(), { c: { x: zero } }));
run(0, assess(either(), { c: { x: zero, scale: zero } }));
run(0, assess(either(), trace.choices));
// @ts-expect-error every branch has x
run(0, assess(either(), { c: {} }));
run(0, generate(either(), { c: { scale: zero } }));
// @ts-expect-error there is no such address to constrain
run(0, generate(either(), { c: { scael: zero } }));
run(0, update(trace, { choices: { c: { scale: zero } } }));
// @ts-expect-error there is no such address to change
run(0, update(trace, { choices: { c: { scael: zero } } }));
run(0, regenerate(trace, ["c/scale", "c/x", "c"]));
// @ts-expect-error there is no such address to draw again
run(0, regenerate(trace, ["c/scael"]));
const deepTrace = run(0, simulate(deep()));
run(0, regenerate(deepTrace, ["d/m/x", "d/c/scale", "d/isWide"]));
// @ts-expect-error there is no such address to draw again
run(0, regenerate(deepTrace, ["d/m/y"]));
project(trace, ["c/scale"]);

// ——— guides ———

type Q = { readonly m: Tensor };
const guideX = gen(function* (q: Q) {
  return yield* sample("x", normal(q.m, 1));
});
const guideWide = gen(function* (q: Q) {
  yield* sample("scale", exponential(1));
  return yield* sample("x", normal(q.m, 1));
});
const fits = gen(function* (q: Q) {
  yield* cond("c", isTrue, guideX(q), guideWide(q));
});
expectTypeOf<Covers<Either, ChoicesOf<typeof fits>>>().toEqualTypeOf<unknown>();
elbo(either, fits);
// a guide without branches chooses what the branches need
const straight = gen(function* (q: Q) {
  yield* call("c", guideWide(q));
});
elbo(either, straight);

const misspelt = gen(function* (q: Q) {
  const wrong = gen(function* () {
    yield* sample("scael", exponential(1));
    return yield* sample("x", normal(q.m, 1));
  });
  yield* cond("c", isTrue, wrong(), guideX(q));
});
// @ts-expect-error the guide does not sample the model's address c/scale
elbo(either, misspelt);
const misses = gen(function* (q: Q) {
  yield* cond("c", isTrue, guideX(q), guideX(q));
});
expectTypeOf<Covers<Either, ChoicesOf<typeof misses>>>().toEqualTypeOf<{
  "the supports of model and guide differ": {
    c: { "the guide does not sample the model's address": "scale" };
  };
}>();
// @ts-expect-error the guide does not sample the model's address c/scale
elbo(either, misses);
const elsewhere = gen(function* (q: Q) {
  const wrong = gen(function* () {
    yield* sample("scale", normal(0, 1));
    return yield* sample("x", normal(q.m, 1));
  });
  yield* cond("c", isTrue, wrong(), guideX(q));
});
expectTypeOf<Covers<Either, ChoicesOf<typeof elsewhere>>>().toEqualTypeOf<{
  "the supports of model and guide differ": {
    c: { "the supports of model and guide differ": { scale: { model: "positive"; guide: "real" } } };
  };
}>();
// @ts-expect-error the supports of model and guide differ at c/scale
elbo(either, elsewhere);

const always = gen(function* () {
  yield* call("c", wide(1));
});
expectTypeOf<Covers<ChoicesOf<typeof always>, Either>>().toEqualTypeOf<{
  "the supports of model and guide differ": {
    c: { "not every branch of the guide samples the model's address": "scale" };
  };
}>();
// @ts-expect-error not every branch of the guide samples the model's address c/scale
elbo(always, fits);

const misspeltInSwitch = gen(function* (q: Q) {
  const wrong = gen(function* () {
    return yield* sample("y", normal(q.m, 1));
  });
  yield* switchOn("s", 1, [guideX(q), wrong(), fitsInside(q)]);
});
const fitsInside = gen(function* (q: Q) {
  return yield* cond("c", isTrue, guideX(q), guideWide(q));
});
// @ts-expect-error the model has no address s/y
elbo(several, misspeltInSwitch);
const rightInSwitch = gen(function* (q: Q) {
  yield* switchOn("s", 1, [guideX(q), guideWide(q), fitsInside(q)]);
});
elbo(several, rightInSwitch);
const misspeltInMask = gen(function* (q: Q) {
  const wrong = gen(function* () {
    yield* sample("scale", exponential(1));
    yield* sample("y", normal(q.m, 1));
  });
  yield* mask("m", isTrue, wrong());
});
// @ts-expect-error the guide does not sample the model's address m/x
elbo(perhaps, misspeltInMask);

// loops of branches are known, too
const loop = gen(function* () {
  const step = gen(function* (x: Tensor) {
    return { carry: yield* cond("c", x.greater(0), wide(1), narrow()) };
  });
  yield* scan("walk", (x: Tensor, _t: Tensor) => step(x), zero, 3);
});
expectTypeOf<ChoicesOf<typeof loop>>().toEqualTypeOf<{ readonly walk: Either }>();

// automatic guides speak of the same addresses
const automatic = meanField(either, []);
expectTypeOf<ChoicesOf<typeof automatic.guide>>().toEqualTypeOf<Either>();
fit(elbo(either, automatic.guide), { parameters: automatic.parameters, steps: 1 });
