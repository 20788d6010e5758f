// What a person reads who makes a mistake: the whole text. Lines of this file are shown as :L1, :L2, … in order of the file.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  bernoulli,
  call,
  categorical,
  cond,
  type Distribution,
  ElbowError,
  elbo,
  enumerate,
  exponential,
  flip,
  gen,
  generate,
  normal,
  type Objective,
  objective,
  observe,
  reparam,
  run,
  sample,
  scan,
  simulate,
  trace,
  uniform,
} from "elbow";
import { describe, expect, it } from "vitest";

/** The text of the error that a function throws, with the lines of this file numbered from its first line on. */
async function textOf(f: () => unknown): Promise<string> {
  try {
    await f();
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    const lines = [...error.message.matchAll(/test\/dsl\/errors\.test\.ts:(\d+)/g)].map((match) => Number(match[1]));
    const inOrder = [...new Set(lines)].toSorted((a, b) => a - b);
    const text = error.message.replace(
      /test\/dsl\/errors\.test\.ts:(\d+)/g,
      (_, line) => `:L${inOrder.indexOf(Number(line)) + 1}`,
    );
    return `${error.code}: ${text}`;
  }
  throw new Error("nothing was thrown");
}

type P = { th: Tensor };
const at = { th: tf.scalar(0.5) };
const model = gen(function* model(y: Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  const tau = yield* sample("tau", exponential(1));
  yield* observe("y", normal(mu, tau), y);
});

/** The bound of a guide that the compiler would not take. */
const overruled = (guide: unknown) => elbo(model, guide as never) as unknown as Objective<P, [Tensor]>;

describe("addresses", () => {
  it("used twice", async () => {
    const twice = gen(function* () {
      yield* sample("x", normal(0, 1));
      yield* sample("x", normal(0, 1));
    });
    expect(await textOf(() => run(0, simulate(twice())))).toMatchInlineSnapshot(`
      "repeated-address: the address "x" is used twice
        first:  :L1
        second: :L2
        hint: Give every choice its own address, for example with a template literal (\`x\${i}\`).
        at address "x", :L2"
    `);
  });

  it("used twice, by a nested program's name", async () => {
    const inner = gen(function* () {
      yield* sample("z", normal(0, 1));
    });
    const twice = gen(function* () {
      yield* sample("x", normal(0, 1));
      yield* call("x", inner());
    });
    expect(await textOf(() => run(0, simulate(twice())))).toMatchInlineSnapshot(`
      "repeated-address: the address "x" is used twice
        first:  :L1
        second: :L2
        hint: Give every choice its own address, for example with a template literal (\`x\${i}\`).
        at address "x", :L2"
    `);
  });

  it("constrained, but unknown", async () => {
    const given = { tua: tf.scalar(1) } as object;
    expect(await textOf(() => run(0, generate(model(tf.scalar(0)), given)))).toMatchInlineSnapshot(`
      "unknown-address: address "tua" is not sampled by the program model
        given: tua
        has:   mu, tau
        hint: Did you mean "tau"?
        at address "tua", :L1"
    `);
  });

  it("constrained, but unknown, in a nested program", async () => {
    const outer = gen(function* () {
      yield* call("group", model(tf.scalar(0)));
    });
    const given = { group: { sigma: tf.scalar(1) } } as object;
    expect(await textOf(() => run(0, generate(outer(), given)))).toMatchInlineSnapshot(`
      "unknown-address: address "group/sigma" is not sampled by the program model
        given: group/sigma
        has:   group/mu, group/tau
        hint: Leave it out, or sample it there.
        at address "group/sigma", :L1"
    `);
  });

  it("not given to assess", async () => {
    const given = { mu: tf.scalar(1) } as never;
    expect(await textOf(() => run(0, assess(model(tf.scalar(0)), given)))).toMatchInlineSnapshot(`
      "missing-choice: no value is given for the address "tau"
        given: mu
        hint: A guide must sample every address of its model, and assess needs a value for every one. If "tau" is data, the model observes it: observe("tau", …, value).
        at address "tau", :L1"
    `);
  });

  it("with data where they would be in other languages", async () => {
    const pyro = gen(function* () {
      // @ts-expect-error: sample takes two arguments
      yield* sample("y", normal(0, 1), { obs: 2 });
    });
    expect(await textOf(() => run(0, simulate(pyro())))).toMatchInlineSnapshot(`
      "data-in-sample: sample("y", …) takes an address and a distribution, and nothing else
        received: an object with obs
        hint: Data are observed: yield* observe("y", …, value).
        at address "y", :L1"
    `);
  });

  it("of a single choice given nested ones, and the reverse", async () => {
    const outer = gen(function* () {
      yield* call("group", model(tf.scalar(0)));
    });
    expect(
      await textOf(() => run(0, generate(model(tf.scalar(0)), { mu: { a: tf.scalar(0) } } as object))),
    ).toMatchInlineSnapshot(`
      "not-a-value: address "mu" is a single random choice, and needs a tensor
        received: an object with a
        hint: Give one tensor: { address: tf.scalar(1) }.
        at address "mu", :L1"
    `);
    expect(await textOf(() => run(0, generate(outer(), { group: tf.scalar(0) } as object)))).toMatchInlineSnapshot(`
      "not-a-value: address "group" holds a program, and needs nested choices
        received: a tensor float32[]
        hint: Give nested choices: { address: { inner: value } }.
        at address "group", :L1"
    `);
  });

  it("of a model that its guide forgets, when the compiler was overruled", async () => {
    const guide = gen(function* ({ th }: P, _y: Tensor) {
      yield* sample("mu", normal(th, 1));
    });
    const L = overruled(guide);
    expect(await textOf(() => L.estimate(0, at, tf.scalar(0)))).toMatchInlineSnapshot(`
      "missing-choice: no value is given for the address "tau"
        given: mu
        hint: A guide must sample every address of its model, and assess needs a value for every one. If "tau" is data, the model observes it: observe("tau", …, value).
        at address "tau", :L1"
    `);
  });

  it("of a guide that its model does not have", async () => {
    const guide = gen(function* ({ th }: P, _y: Tensor) {
      yield* sample("mu", normal(th, 1));
      yield* sample("tau", exponential(1));
      yield* sample("nu", exponential(1));
    });
    const L = overruled(guide);
    expect(await textOf(() => L.estimate(0, at, tf.scalar(0)))).toMatchInlineSnapshot(`
      "unknown-address: address "nu" is not sampled by the program model
        given: nu
        has:   mu, tau
        hint: Did you mean "mu"?
        at address "nu", :L1"
    `);
  });
});

describe("values", () => {
  it("of another support, found when the objective is traced", async () => {
    const guide = gen(function* ({ th }: P, _y: Tensor) {
      yield* sample("mu", normal(th, 1));
      yield* sample("tau", normal(th, 1));
    });
    const L = overruled(guide);
    expect(await textOf(() => L.estimate(0, at, tf.scalar(0)))).toMatchInlineSnapshot(`
      "support-mismatch: the value at "tau" comes from another support than its distribution has
        expected: positive (exponential)
        received: real
        sites so far:
          mu   latent  normal       batch []  event []  guide
          tau  latent  normal       batch []  event []  guide
          mu   latent  normal       batch []  event []  model
          tau  latent  exponential  batch []  event []  model
        hint: Let the guide sample from a distribution with the model's support.
        at address "tau", :L1"
    `);
  });

  it("[N, 1] observed under [N]", async () => {
    const regression = gen(function* () {
      yield* observe("y", normal(tf.zeros([3]), 1), tf.zeros([3, 1]));
    });
    expect(await textOf(() => run(0, simulate(regression())))).toMatchInlineSnapshot(`
      "value-shape: the value at "y" does not have the shape of its distribution
        expected: [3] (normal)
        received: [3, 1]
        hint: Nothing is broadcast here: reshape the value, or give the distribution parameters of this shape.
        at address "y", :L1"
    `);
  });

  it("of the wrong shape among the constraints", async () => {
    const given = { mu: tf.zeros([2]) } as object;
    expect(await textOf(() => run(0, generate(model(tf.scalar(0)), given)))).toMatchInlineSnapshot(`
      "value-shape: the value at "mu" does not have the shape of its distribution
        expected: [] (normal)
        received: [2]
        hint: Nothing is broadcast here: reshape the value, or give the distribution parameters of this shape.
        at address "mu", :L1"
    `);
  });

  it("parameters that do not broadcast", async () => {
    expect(await textOf(() => normal([0, 1], [1, 2, 3]))).toMatchInlineSnapshot(`
      "shape: the parameters of normal do not broadcast
        loc: [2]
        scale: [3]
        hint: Sizes are compared from the last axis on, and must be equal or 1: reshape one of them.
        at :L1"
    `);
  });
});

describe("strategies", () => {
  it("that the family forbids, when the compiler was overruled", async () => {
    expect(await textOf(() => reparam(flip(0.5) as never))).toMatchInlineSnapshot(`
      "illegal-strategy: reparam(bernoulli) is not possible: its draws are not a differentiable function of its parameters; use reinforce, enumerate or measureValued
        hint: What bernoulli allows: enumerate, reinforce, measureValued.
        at :L1"
    `);
    expect(await textOf(() => enumerate(normal(0, 1) as never))).toMatchInlineSnapshot(`
      "illegal-strategy: enumerate(normal) is not possible: enumerate needs a distribution with finite support
        hint: What normal allows: reparam, reinforce, measureValued.
        at :L1"
    `);
  });

  it("a joint support that is too large", async () => {
    const L = objective(function* ({ th }: P) {
      const b = yield* sample("b", enumerate(flip(th.mul(tf.ones([20])))));
      return b.sum().square();
    });
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "support-too-large: enumerate: a leaf of the objective mixes 20 elements of "b" (batch shape [20]), so their joint support of 2^20 values would have to be enumerated; the limit is 65536
        hint: Use reinforce with copies, or write the cost so that it stays separate along this axis.
        at address "b", :L1"
    `);
  });
});

describe("inside a trace", () => {
  const objectiveOf = (f: (x: Tensor, th: Tensor) => unknown) =>
    objective(function* ({ th }: P) {
      const x = yield* sample("x", reparam(normal(th, 1)));
      return f(x, th) as Tensor;
    });

  it("reading the value of a random choice", async () => {
    const L = objectiveOf((x) => x.mul(x.dataSync()[0]!));
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "read-traced: the value of a traced tensor was read (dataSync, array, print, or as a number: x > 0, x + 1), but it has none yet: it is the random choice "x" (:L1)
        hint: Compute with tf operations (where, cond, scan) instead of JavaScript values, or use run(seed, …) to execute eagerly.
        at address "x", :L2"
    `);
  });

  it("reading the value of a result and of an argument", async () => {
    const result = objectiveOf((x) => x.mul(x.square().arraySync() as number));
    expect(await textOf(() => result.estimate(0, at))).toMatchInlineSnapshot(`
      "read-traced: the value of a traced tensor was read (dataSync, array, print, or as a number: x > 0, x + 1), but it has none yet: it is the result of mul (:L1)
        hint: Compute with tf operations (where, cond, scan) instead of JavaScript values, or use run(seed, …) to execute eagerly.
        at :L1"
    `);
    const argument = objectiveOf((x, th) => x.mul(th.arraySync() as number));
    expect(await textOf(() => argument.estimate(0, at))).toMatchInlineSnapshot(`
      "read-traced: the value of a traced tensor was read (dataSync, array, print, or as a number: x > 0, x + 1), but it has none yet: it is an argument of the traced function
        hint: Compute with tf operations (where, cond, scan) instead of JavaScript values, or use run(seed, …) to execute eagerly.
        at :L1"
    `);
  });

  it("tf.randomNormal", async () => {
    const L = objectiveOf((x) => x.mul(tf.randomNormal([3])).sum());
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "frozen-random: tf.randomNormal inside a traced function would be drawn once and frozen to a constant
        hint: Draw with sample(address, distribution), or pass the random number as an argument.
        at :L1"
    `);
  });

  it("an operation without a meaning there", async () => {
    const L = objectiveOf((x) =>
      tf.image.nonMaxSuppression(tf.tensor2d([[0, 0, 1, 1]]), x.reshape([1]) as tf.Tensor1D, 1),
    );
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "unsupported-op: the tfjs operation NonMaxSuppressionV3 cannot stand in a program
        hint: Write it with supported operations, or compute it outside and pass it as an argument.
        at :L1"
    `);
  });

  it("strings", async () => {
    const L = objectiveOf((x) => x.add(tf.tensor1d(["a"]).size));
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "dtype: a program cannot hold a string tensor
        hint: Use float32, int32 or bool.
        at :L1"
    `);
  });

  it("a tensor that escaped from an earlier trace", async () => {
    let escaped: Tensor | undefined;
    const first = objectiveOf((x) => {
      escaped = x.square();
      return x;
    });
    await first.estimate(0, at);
    const second = objectiveOf((x) => x.add(escaped!));
    expect(await textOf(() => second.estimate(0, at))).toMatchInlineSnapshot(`
      "escaped-tensor: a tensor of a traced function that has already returned is used in another one
        hint: Return the tensor from the function, or recompute it where it is used.
        at :L1"
    `);
  });

  it("a tensor that escaped from a loop", async () => {
    let escaped: Tensor | undefined;
    const step = gen(function* (c: Tensor) {
      const x = yield* sample("x", reparam(normal(c, 1)));
      escaped = x;
      return { carry: x };
    });
    const L = objective(function* ({ th }: P) {
      const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c), th, 3);
      return carry.add(escaped!);
    });
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "escaped-tensor: a tensor of a traced function that has already returned is used in another one
        hint: Return the tensor from the function, or recompute it where it is used.
        at :L1"
    `);
  });

  it("branches and loops whose types do not fit", async () => {
    const short = gen(function* () {
      return tf.zeros([2]);
    });
    const long = gen(function* () {
      return tf.zeros([3]);
    });
    const branch = objective(function* ({ th }: P) {
      return (yield* cond("c", th.greater(0), short(), long())).sum();
    });
    expect(await textOf(() => branch.estimate(0, at))).toMatchInlineSnapshot(`
      "cond-branches: the branches of cond return different types
        when true:  float32[], float32[], float32[2]
        when false: float32[], float32[], float32[3]
        hint: Return the same structure, shapes and dtypes from both branches.
        at :L1"
    `);
    const grow = gen(function* (c: Tensor) {
      return { carry: tf.concat([c, c]) };
    });
    const loop = objective(function* ({ th }: P) {
      return (yield* scan("loop", (c: Tensor, _t: Tensor) => grow(c), th.reshape([1]), 3)).carry.sum();
    });
    expect(await textOf(() => loop.estimate(0, at))).toMatchInlineSnapshot(`
      "scan-carry: scan: carry 0 changes its type from step to step
        initial:  float32[1]
        returned: float32[2]
        hint: Return the carry with the shape and dtype of the initial one.
        at :L1"
    `);
  });

  it("shapes that do not fit, with the user's line", async () => {
    expect(
      await textOf(() => trace([{ shape: [2], dtype: "float32" }], (x) => [x.add(tf.ones([3]))])),
    ).toMatchInlineSnapshot(`
      "shape: add: shapes [2] and [3] do not broadcast
        at :L1"
    `);
  });
});

describe("objectives", () => {
  it("observe outside a program", async () => {
    const L = objective(function* ({ th }: P) {
      yield* observe("y", normal(th, 1), 0);
      return th;
    });
    expect(await textOf(() => L.estimate(0, at))).toMatchInlineSnapshot(`
      "observe-outside-program: observe("y") stands outside any program, where nothing takes up its log density
        hint: Put it into a gen(…) program, and assess, simulate or generate that.
        at address "y", :L1"
    `);
  });

  it("a verb inside a program", async () => {
    const inner = gen(function* () {
      yield* sample("x", normal(0, 1));
    });
    const confused = gen(function* () {
      yield* simulate(inner());
    });
    expect(await textOf(() => run(0, simulate(confused() as never)))).toMatchInlineSnapshot(`
      "unknown-effect: a program cannot ask for "simulate"
        hint: Verbs (simulate, assess, generate) and costs belong into an objective or into run(seed, …).
        at :L1"
    `);
  });

  it("that return no real scalar", async () => {
    const vector = objective(function* ({ th }: P) {
      return yield* sample("x", reparam(normal(th.mul(tf.ones([3])), 1)));
    });
    expect(await textOf(() => vector.estimate(0, at))).toMatchInlineSnapshot(`
      "objective-value: an objective must return a real scalar, and this one returned float32[3]
        hint: Sum or average the costs.
        at :L1"
    `);
    const integer = objective(function* ({ th }: P) {
      return th.toInt();
    });
    expect(await textOf(() => integer.estimate(0, at))).toMatchInlineSnapshot(`
      "objective-value: an objective must return a real scalar, and this one returned int32[]
        hint: Sum or average the costs.
        at :L1"
    `);
    const nothing = objective(function* (_: P) {
      return undefined as unknown as Tensor;
    });
    expect(await textOf(() => nothing.estimate(0, at))).toMatchInlineSnapshot(`
      "objective-value: an objective must return a real scalar, and this one returned undefined
        hint: Sum or average the costs.
        at :L1"
    `);
  });

  it("parameters that are no tensors of reals", async () => {
    const L = objective(function* ({ th }: P) {
      return th;
    });
    expect(await textOf(() => L.estimate(0, { th: 0.5 as unknown as Tensor }))).toMatchInlineSnapshot(`
      "parameters: the parameter th is no tensor but number
        hint: Parameters are nested objects of float32 tensors: tf.scalar(0), tf.zeros([8]), …
        at :L1"
    `);
    expect(await textOf(() => L.estimate(0, { th: tf.scalar(1, "int32") }))).toMatchInlineSnapshot(`
      "parameters: the parameter th is a tensor of int32
        hint: Parameters are nested objects of float32 tensors: tf.scalar(0), tf.zeros([8]), …
        at :L1"
    `);
  });

  it("seeds and numbers of draws that are none", async () => {
    const L = objective(function* ({ th }: P) {
      return th;
    });
    expect(await textOf(() => L.estimate(-1, at))).toMatchInlineSnapshot(`
      "seed: a seed is a non-negative integer below 2^53
        received: -1
        hint: pass something like 42
        at :L1"
    `);
    expect(await textOf(() => L.estimate({ seed: 0, draws: 0 }, at))).toMatchInlineSnapshot(
      `
      "option: draws must be a positive integer, and is 0
        at :L1"
    `,
    );
  });

  it("tangents of another structure", async () => {
    const L = objective(function* ({ th }: P) {
      return th;
    });
    expect(await textOf(() => L.jvpEstimate(0, at, { th: tf.zeros([2]) }))).toMatchInlineSnapshot(`
      "parameters: the tangents do not have the structure of the parameters
        expected: th[]
        received: th[2]
        at :L1"
    `);
  });
});

it("distributions of probs or logits: exactly one", async () => {
  expect(await textOf(() => bernoulli({ probs: 0.5, logits: 0 } as never))).toMatchInlineSnapshot(`
    "options: bernoulli takes probs or logits
      received: both
      hint: Write bernoulli({ probs }) for probabilities, bernoulli({ logits }) for log odds or unnormalised logarithms.
      at :L1"
  `);
  expect(await textOf(() => categorical({} as never))).toMatchInlineSnapshot(`
    "options: categorical takes probs or logits
      received: neither
      hint: Write categorical({ probs }) for probabilities, categorical({ logits }) for log odds or unnormalised logarithms.
      at :L1"
  `);
  expect(await textOf(() => categorical({ probs: 1 } as never))).toMatchInlineSnapshot(`
    "shape: categorical needs an axis of categories
      expected: [..., categories]
      received: []
      at :L1"
  `);
});

it("a uniform under reinforce, behind the compiler's back", async () => {
  const { reinforce } = await import("elbow");
  expect(await textOf(() => reinforce(uniform(0, 1) as Distribution<Tensor, never> as never))).toMatchInlineSnapshot(`
    "illegal-strategy: reinforce(uniform) is not possible: its support moves with its parameters, which the score function misses; use reparam
      hint: What uniform allows: reparam.
      at :L1"
  `);
});
