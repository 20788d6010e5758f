// What the compiler knows of programs: their addresses, the supports of their values, and whether a guide fits a model.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { expectTypeOf } from "vitest";
import {
  assess,
  type Bool,
  bernoulli,
  type CategoryIndex,
  type ChoicesOf,
  type Count,
  type Covers,
  call,
  categorical,
  cond,
  delta,
  elbo,
  enumerate,
  exponential,
  flip,
  gen,
  generate,
  halfCauchy,
  iwelbo,
  logNormal,
  measureValued,
  normal,
  type Objective,
  objective,
  observe,
  type Positive,
  poisson,
  type Real,
  reinforce,
  reparam,
  run,
  sample,
  scan,
  simulate,
  splice,
} from "../../src/index.js";

// ——— ChoicesOf: address → value type, from the body alone ———

const eightSchools = gen(function* (sigma: Tensor, y: Tensor) {
  const mu = yield* sample("mu", normal(0, 5));
  const tau = yield* sample("tau", halfCauchy(5));
  const eta = yield* sample("eta", normal(tf.zeros([8]), 1));
  yield* observe("y", normal(mu.add(tau.mul(eta)), sigma), y);
  return eta;
});
type EightSchools = { readonly mu: Real; readonly tau: Positive; readonly eta: Real };
expectTypeOf<ChoicesOf<typeof eightSchools>>().toEqualTypeOf<EightSchools>();
// a program applied to its arguments has them, too
const applied = eightSchools(tf.zeros([8]), tf.zeros([8]));
expectTypeOf<ChoicesOf<typeof applied>>().toEqualTypeOf<EightSchools>();

const discrete = gen(function* () {
  yield* sample("b", enumerate(flip(0.5)));
  yield* sample("k", reinforce(categorical({ logits: [0, 0] })));
  yield* sample("n", measureValued(poisson(1)));
  yield* sample("raw", bernoulli({ logits: 0 }));
});
expectTypeOf<ChoicesOf<typeof discrete>>().toEqualTypeOf<{
  readonly b: Bool;
  readonly k: CategoryIndex;
  readonly n: Count;
  readonly raw: Bool;
}>();

const weights = gen(function* () {
  for (let i = 0; i < 3; i++) yield* sample(`w${i}`, normal(0, 1));
});
expectTypeOf<ChoicesOf<typeof weights>>().toEqualTypeOf<{ readonly [name: `w${number}`]: Real }>();

const onlyObserves = gen(function* (y: Tensor) {
  yield* observe("y", normal(0, 1), y);
});
expectTypeOf<keyof ChoicesOf<typeof onlyObserves>>().toEqualTypeOf<never>();

const prior = gen(function* (scale: number) {
  return yield* sample("theta", normal(0, scale));
});
const nested = gen(function* () {
  const a = yield* call("first", prior(1));
  const b = yield* call("second", prior(2));
  expectTypeOf(a).toEqualTypeOf<Real>();
  yield* splice(prior(3));
  yield* sample("x", exponential(1));
  return a.add(b);
});
type Prior = { readonly theta: Real };
expectTypeOf<ChoicesOf<typeof nested>>().toEqualTypeOf<{
  readonly first: Prior;
  readonly second: Prior;
  readonly theta: Real;
  readonly x: Positive;
}>();

const controlled = gen(function* () {
  const step = gen(function* (x: Tensor) {
    return { carry: yield* sample("x", normal(x, 1)) };
  });
  const { carry } = yield* scan("walk", (x: Tensor, _t: Tensor) => step(x), tf.scalar(0), 3);
  return yield* cond("c", carry.greater(0), prior(1), prior(2));
});
expectTypeOf<ChoicesOf<typeof controlled>>().toEqualTypeOf<{
  readonly walk: { readonly x: Real };
  readonly c: Prior;
}>();

// a choice that is made on one path only is a choice
const sometimes = gen(function* (isWide: boolean) {
  if (isWide) yield* sample("scale", exponential(1));
  yield* sample("x", normal(0, 1));
});
expectTypeOf<ChoicesOf<typeof sometimes>>().toEqualTypeOf<{ readonly scale: Positive; readonly x: Real }>();

// ——— verbs ———

const simulated = run(0, simulate(nested()));
expectTypeOf(simulated.choices.first.theta).toEqualTypeOf<Real>();
expectTypeOf(simulated.returnValue).toExtend<Tensor>();
// @ts-expect-error there is no such address
simulated.choices.third;
run(0, assess(prior(1), { theta: tf.scalar(0) }));
// @ts-expect-error assess needs a value for every address
run(0, assess(prior(1), {}));
run(0, generate(nested(), { second: { theta: tf.scalar(0) } }));
// @ts-expect-error there is no such address to constrain
run(0, generate(nested(), { secnod: { theta: tf.scalar(0) } }));

// ——— strategies ———

// @ts-expect-error a coin is not reparameterizable
reparam(flip(0.5));
// @ts-expect-error a normal cannot be enumerated
enumerate(normal(0, 1));
// @ts-expect-error a half-Cauchy has no measure-valued derivative
measureValued(halfCauchy(1));

// ——— guides that fit ———

type Phi = { readonly mu: Tensor; readonly tau: Tensor; readonly eta: Tensor };
const guide = gen(function* (q: Phi, _sigma: Tensor, _y: Tensor) {
  yield* sample("mu", reparam(normal(q.mu, 1)));
  yield* sample("tau", logNormal(q.tau, 0.5));
  yield* sample("eta", reinforce(normal(q.eta, 1)));
});
const bound = elbo(eightSchools, guide);
expectTypeOf(bound).toEqualTypeOf<Objective<Phi, [sigma: Tensor, y: Tensor]>>();
expectTypeOf(iwelbo(eightSchools, guide, 5)).toEqualTypeOf<Objective<Phi, [sigma: Tensor, y: Tensor]>>();
expectTypeOf<Covers<ChoicesOf<typeof eightSchools>, ChoicesOf<typeof guide>>>().toEqualTypeOf<unknown>();
// the data are typed
// @ts-expect-error the second datum is missing
bound.estimate(0, { mu: tf.scalar(0), tau: tf.scalar(0), eta: tf.zeros([8]) }, tf.zeros([8]));
// @ts-expect-error a parameter is missing
bound.estimate(0, { mu: tf.scalar(0), tau: tf.scalar(0) }, tf.zeros([8]), tf.zeros([8]));

// a guide may take parameters only, and sample in any order
const blind = gen(function* (q: Phi) {
  yield* sample("eta", normal(q.eta, 1));
  yield* sample("tau", exponential(q.tau));
  yield* sample("mu", delta(q.mu));
});
expectTypeOf(elbo(eightSchools, blind)).toEqualTypeOf<Objective<Phi, [sigma: Tensor, y: Tensor]>>();
expectTypeOf(iwelbo(eightSchools, blind, 2)).toEqualTypeOf<Objective<Phi, [sigma: Tensor, y: Tensor]>>();

// parameters may be declared as an interface
interface Parameters {
  readonly loc: Tensor;
}
const modelOfTheta = gen(function* (y: Tensor) {
  const theta = yield* call("group", prior(1));
  yield* observe("y", normal(theta, 1), y);
});
const guideOfTheta = gen(function* (q: Parameters) {
  yield* call(
    "group",
    gen(function* () {
      yield* sample("theta", normal(q.loc, 1));
    })(),
  );
});
expectTypeOf(elbo(modelOfTheta, guideOfTheta)).toEqualTypeOf<Objective<Parameters, [y: Tensor]>>();

// ——— guides that do not: the sentence stands in the type ———

const misses = gen(function* (q: Phi) {
  yield* sample("mu", normal(q.mu, 1));
  yield* sample("eta", normal(q.eta, 1));
});
expectTypeOf<Covers<EightSchools, ChoicesOf<typeof misses>>>().toEqualTypeOf<{
  "the guide does not sample the model's address": "tau";
}>();
// @ts-expect-error the guide does not sample the model's address "tau"
elbo(eightSchools, misses);
// @ts-expect-error the guide does not sample the model's address "tau"
iwelbo(eightSchools, misses, 5);

const invents = gen(function* (q: Phi) {
  yield* sample("mu", normal(q.mu, 1));
  yield* sample("tau", exponential(q.tau));
  yield* sample("eta", normal(q.eta, 1));
  yield* sample("nu", normal(q.eta, 1));
});
expectTypeOf<Covers<EightSchools, ChoicesOf<typeof invents>>>().toEqualTypeOf<{
  "the guide samples an address that the model does not have": "nu";
}>();
// @ts-expect-error the guide samples an address that the model does not have: "nu"
elbo(eightSchools, invents);
// @ts-expect-error the guide samples an address that the model does not have: "nu"
iwelbo(eightSchools, invents, 5);

const differs = gen(function* (q: Phi) {
  yield* sample("mu", normal(q.mu, 1));
  yield* sample("tau", normal(q.tau, 1));
  yield* sample("eta", normal(q.eta, 1));
});
expectTypeOf<Covers<EightSchools, ChoicesOf<typeof differs>>>().toEqualTypeOf<{
  "the supports of model and guide differ": { tau: { model: "positive"; guide: "real" } };
}>();
// @ts-expect-error the supports of model and guide differ: tau is positive in the model and real in the guide
elbo(eightSchools, differs);
// @ts-expect-error the supports of model and guide differ
iwelbo(eightSchools, differs, 5);

// nested programs are compared as well
const nestedModel = gen(function* () {
  yield* call("group", modelOfPair());
});
const modelOfPair = gen(function* () {
  yield* sample("a", normal(0, 1));
  yield* sample("b", exponential(1));
});
const nestedGuide = gen(function* (q: Phi) {
  yield* call("group", guideOfPair(q));
});
const guideOfPair = gen(function* (q: Phi) {
  yield* sample("a", normal(q.mu, 1));
  yield* sample("b", normal(q.tau, 1));
});
expectTypeOf<Covers<ChoicesOf<typeof nestedModel>, ChoicesOf<typeof nestedGuide>>>().toEqualTypeOf<{
  "the supports of model and guide differ": {
    group: { "the supports of model and guide differ": { b: { model: "positive"; guide: "real" } } };
  };
}>();
// @ts-expect-error the supports of model and guide differ at group/b
elbo(nestedModel, nestedGuide);
const nestedMisses = gen(function* (q: Phi) {
  yield* call("group", prior(1));
  yield* sample("mu", normal(q.mu, 1));
});
// @ts-expect-error the guide samples an address that the model does not have: "mu"
elbo(nestedModel, nestedMisses);
const flatGuide = gen(function* (q: Phi) {
  yield* sample("group", normal(q.mu, 1));
});
// @ts-expect-error the model has nested choices there
elbo(nestedModel, flatGuide);
// loops and branches, too
const loopGuide = gen(function* (q: Phi) {
  yield* scan("walk", (x: Tensor, _t: Tensor) => prior2(x), q.mu, 3);
  yield* cond("c", q.mu.greater(0), prior(1), prior(2));
});
const prior2 = gen(function* (x: Tensor) {
  return { carry: yield* sample("x", normal(x, 1)) };
});
elbo(controlled, loopGuide);
const otherLoop = gen(function* (q: Phi) {
  yield* scan("walk", (x: Tensor, _t: Tensor) => prior3(x), q.mu, 3);
  yield* cond("c", q.mu.greater(0), prior(1), prior(2));
});
const prior3 = gen(function* (x: Tensor) {
  return { carry: yield* sample("y", normal(x, 1)) };
});
// @ts-expect-error the loops choose at different addresses
elbo(controlled, otherLoop);

// an illegal strategy is refused where it is written, so that no guide with one can be built
gen(function* (q: Phi) {
  // @ts-expect-error a half-Cauchy has no measure-valued derivative
  yield* sample("tau", measureValued(halfCauchy(q.tau)));
});

// ——— objectives ———

const custom = objective(function* ({ p }: { p: Tensor }, y: Tensor) {
  const b = yield* sample("b", enumerate(flip(p)));
  expectTypeOf(b).toEqualTypeOf<Bool>();
  return b.mul(y);
});
expectTypeOf(custom).toEqualTypeOf<Objective<{ p: Tensor }, [y: Tensor]>>();
expectTypeOf(custom.gradEstimate(0, { p: tf.scalar(0.5) }, tf.scalar(1))).toEqualTypeOf<Promise<{ p: Tensor }>>();
// @ts-expect-error an objective returns a tensor
objective(function* (_: { p: Tensor }) {
  return 1;
});
