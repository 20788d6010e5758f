// What the effects mean under each verb, and that eager runs and compiled objectives draw the same.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  bernoulli,
  call,
  categorical,
  cauchy,
  cond,
  type Distribution,
  delta,
  type Effect,
  type Effects,
  exponential,
  factor,
  flip,
  gen,
  generate,
  geometric,
  halfCauchy,
  halfNormal,
  iid,
  independent,
  logDensity,
  logNormal,
  multivariateNormal,
  normal,
  objective,
  observe,
  poisson,
  reinforce,
  reparam,
  run,
  sample,
  scan,
  simulate,
  splice,
  uniform,
} from "elbow";
import { describe, expect, it } from "vitest";
import { addressesOf, at, type Choices } from "../../src/dsl/choices.js";
import { estimateMoments, zScore } from "../support/estimates.js";

const number = (x: Tensor): number => x.dataSync()[0]!;
const close = (x: Tensor | number, y: Tensor | number, tolerance = 1e-5) => {
  const [a, b] = [x, y].map((each) => (typeof each === "number" ? each : number(each)));
  expect(Math.abs(a! - b!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b!)));
};
const normalLog = (x: number, m: number, s: number) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

const inner = gen(function* (loc: Tensor) {
  const z = yield* sample("z", normal(loc, 0.5));
  return z.mul(2);
});
const outer = gen(function* (y: Tensor) {
  const x = yield* sample("x", normal(1, 2));
  const doubled = yield* call("nested", inner(x));
  const spliced = yield* splice(inner(x.neg()));
  yield* observe("y", normal(doubled, 1), y);
  yield* factor("penalty", x.mul(-0.5));
  return { x, doubled, spliced };
});
const y = tf.scalar(0.75);

describe("effects", () => {
  const { choices, logDensity: log, returnValue: result } = run(3, simulate(outer(y)));

  it("call nests the choices, splice joins them, results are passed on", () => {
    expect(addressesOf(choices)).toEqual(["x", "nested/z", "z"]);
    close(result.doubled, 2 * number(choices.nested.z));
    close(result.spliced, 2 * number(choices.z));
    expect(result.x).toBe(choices.x);
  });

  it("the log density is that of choices, observations and factors", () => {
    const [x, nested, z] = [choices.x, choices.nested.z, choices.z].map(number) as [number, number, number];
    const expected = normalLog(x, 1, 2) + normalLog(nested, x, 0.5) + normalLog(z, -x, 0.5);
    close(log, expected + normalLog(0.75, 2 * nested, 1) - 0.5 * x);
  });

  it("a factor and an observation of any shape are summed", () => {
    const program = gen(function* () {
      yield* observe("y", normal([0, 1], 1), [0.5, 0.5]);
      yield* factor("f", [1, 2, 3]);
    });
    close(run(0, simulate(program())).logDensity, 2 * normalLog(0.5, 0, 1) + 6);
  });

  it("the same seed gives the same draws, another one others; addresses have randomness of their own", () => {
    const draw = (seed: number) => run(seed, simulate(outer(y))).choices;
    expect(number(draw(3).x)).toBe(number(choices.x));
    expect(number(draw(4).x)).not.toBe(number(choices.x));
    const [nested, z, x] = [choices.nested.z, choices.z, choices.x].map(number) as [number, number, number];
    expect((nested - x) / 0.5).not.toBeCloseTo((z + x) / 0.5, 5);
  });

  it("a run may hold ordinary JavaScript control flow", () => {
    const program = gen(function* () {
      let steps = 0;
      while (steps < 100 && number(yield* sample(`coin${steps}`, flip(0.5))) === 0) steps++;
      return steps;
    });
    const { returnValue: steps, choices: drawn } = run(1, simulate(program()));
    expect(Object.keys(drawn)).toHaveLength(steps + 1);
  });
});

describe("laws of simulate, assess and generate", () => {
  const seeds = [0, 1, 2, 3, 4];
  it.each(seeds)("assess of what was simulated is its log density (seed %d)", (seed) => {
    const { choices, logDensity: log } = run(seed, simulate(outer(y)));
    close(run(99, assess(outer(y), choices)), log);
  });

  it.each(seeds)("generate without constraints weighs the data alone (seed %d)", (seed) => {
    const generated = run(seed, generate(outer(y), {}));
    const again = run(seed, generate(outer(y), {}));
    close(generated.choices.x, again.choices.x, 0);
    const [x, doubled] = [number(generated.choices.x), 2 * number(generated.choices.nested.z)];
    close(generated.logWeight, normalLog(0.75, doubled, 1) - 0.5 * x);
    close(generated.logDensity, run(0, assess(outer(y), generated.choices)));
  });

  it.each(seeds)("the weight is the ratio of the density and that of what was drawn (seed %d)", (seed) => {
    const given = { x: tf.scalar(0.25), nested: { z: tf.scalar(-0.5) } };
    const { choices, logDensity: log, logWeight } = run(seed, generate(outer(y), given));
    expect([choices.x, choices.nested.z]).toEqual([given.x, given.nested.z]);
    close(log, run(0, assess(outer(y), choices)));
    close(logWeight, number(log) - normalLog(number(choices.z), -0.25, 0.5));
  });

  it("generate with everything given is assess", () => {
    const { choices } = run(7, simulate(outer(y)));
    const generated = run(8, generate(outer(y), choices));
    close(generated.logWeight, run(0, assess(outer(y), choices)));
    close(generated.logWeight, generated.logDensity, 0);
  });

  it("the expected weight is the marginal density of what is given", () => {
    // k ~ categorical(¼, ¾), x ~ N(k, 1), y ~ N(x, 1) observed, x given: E weight = Σ_k p_k N(x; k, 1) N(y; x, 1)
    const model = gen(function* () {
      const k = yield* sample("k", reinforce(categorical({ probs: [0.25, 0.75] })));
      const x = yield* sample("x", reparam(normal(k, 1)));
      yield* observe("y", normal(x, 1), 1);
    });
    const L = objective(function* ({ x }: { x: Tensor }) {
      return tf.exp((yield* generate(model(), { x })).logWeight);
    });
    const density = (x: number, m: number) => Math.exp(normalLog(x, m, 1));
    const truth = (0.25 * density(0.5, 0) + 0.75 * density(0.5, 1)) * density(1, 0.5);
    const [value] = estimateMoments(L, { x: tf.scalar(0.5) }, [], { draws: 20_000 });
    expect(Math.abs(zScore(value![0]!, truth))).toBeLessThan(5);
    // negative control
    expect(Math.abs(zScore(value![0]!, truth * 1.05))).toBeGreaterThan(5);
  });

  it("generate inside loops takes one slice of the constraints per step", () => {
    const step = gen(function* (x: Tensor) {
      const next = yield* sample("x", normal(x, 1));
      const b = yield* sample("b", flip(0.25));
      return { carry: next.add(b), output: next };
    });
    const walk = gen(function* () {
      return yield* scan("walk", (x: Tensor, _t: Tensor) => step(x), tf.scalar(0), 3);
    });
    const xs = [0.5, -1, 2];
    const {
      choices,
      logWeight,
      returnValue: result,
    } = run(5, generate(walk(), { walk: { x: tf.tensor1d(xs) } } as object));
    const drawn = choices.walk as { readonly x: Tensor; readonly b: Tensor };
    expect([...drawn.x.dataSync()]).toEqual(xs);
    const bs = [...drawn.b.dataSync()];
    const before = [0, xs[0]! + bs[0]!, xs[1]! + bs[1]!];
    close(
      logWeight,
      xs.reduce((sum, x, t) => sum + normalLog(x, before[t]!, 1), 0),
    );
    expect([...result.outputs.dataSync()]).toEqual(xs);
    close(
      run(0, assess(walk(), choices)),
      number(logWeight) + bs.reduce((sum, b) => sum + Math.log(b ? 0.25 : 0.75), 0),
    );
  });

  it("a branch has the choices of the side that runs; values may be given for either", () => {
    const whenTrue = gen(function* () {
      return yield* sample("a", normal(0, 1));
    });
    const whenFalse = gen(function* () {
      return yield* sample("b", normal(5, 1));
    });
    const program = gen(function* (isTrue: boolean) {
      return yield* cond("c", tf.scalar(isTrue, "bool"), whenTrue(), whenFalse());
    });
    expect(addressesOf(run(1, simulate(program(true))).choices)).toEqual(["c/a"]);
    expect(addressesOf(run(1, simulate(program(false))).choices)).toEqual(["c/b"]);
    const given = { c: { a: tf.scalar(0.5), b: tf.scalar(4) } };
    close(run(0, assess(program(true), given as object as never)), normalLog(0.5, 0, 1));
    close(run(0, assess(program(false), given as object as never)), normalLog(4, 5, 1));
  });
});

describe("an eager run and a compiled objective draw the same from the same seed", () => {
  type P = { th: Tensor };
  type Body = (p: P) => Effects<Effect, Tensor>;
  const th = tf.scalar(0.375);
  const agree = async (body: Body) => {
    const L = objective(body);
    for (const seed of [0, 1, 12345]) close(await L.estimate(seed, { th }), run(seed, body({ th })));
  };
  const weighted = (x: Tensor) => x.mul(tf.linspace(1, 2, x.size).reshape(x.shape)).sum();

  const families: readonly [string, (t: Tensor) => Distribution<Tensor, never>][] = [
    ["normal", (t) => reparam(iid(5, normal(t, 2)))],
    ["logNormal", (t) => reparam(iid(5, logNormal(t, 0.5)))],
    ["halfNormal", (t) => reparam(iid(5, halfNormal(t)))],
    ["halfCauchy", (t) => reparam(iid(5, halfCauchy(t)))],
    ["cauchy", (t) => reparam(iid(5, cauchy(t, 1)))],
    ["uniform", (t) => reparam(iid(5, uniform(t, 2)))],
    ["exponential", (t) => reparam(iid(5, exponential(t)))],
    ["delta", (t) => reparam(iid(5, delta(t)))],
    [
      "multivariateNormal",
      (t) =>
        reparam(
          iid(
            3,
            multivariateNormal(tf.stack([t, t]), {
              scaleTril: [
                [1, 0],
                [0.5, 2],
              ],
            }),
          ),
        ),
    ],
    ["independent", (t) => reparam(independent(normal(tf.stack([t, t]), 1)))],
    ["flip", (t) => reinforce(iid(9, flip(t)))],
    ["bernoulli", (t) => reinforce(iid(9, bernoulli({ logits: t })))],
    ["categorical, probs", (t) => reinforce(iid(9, categorical({ probs: tf.stack([t, tf.sub(1, t)]) })))],
    ["categorical, logits", (t) => reinforce(iid(9, categorical({ logits: tf.stack([t, t.neg(), t.mul(2)]) })))],
    ["geometric", (t) => reinforce(iid(9, geometric({ probs: t })))],
    ["poisson", (t) => reinforce(iid(9, poisson(t.mul(10))))],
  ];
  it.each(families)("%s", (_, d) =>
    agree(function* ({ th: theta }) {
      return weighted(yield* sample("x", d(theta)));
    }),
  );

  it("simulate, generate and assess, one after the other", () =>
    agree(function* ({ th: theta }) {
      const first = yield* simulate(outer(theta));
      const second = yield* generate(outer(theta), { nested: { z: theta } });
      const third = yield* simulate(outer(theta));
      const log = yield* assess(outer(theta), first.choices);
      return first.logDensity
        .add(second.logWeight.mul(2))
        .add(third.choices.z.mul(3))
        .add(log.mul(5))
        .add(second.choices.x);
    }));

  it("nested and spliced programs", () =>
    agree(function* ({ th: theta }) {
      const z = yield* call("c", inner(theta));
      return z.add((yield* splice(inner(theta))).mul(2)).add((yield* sample("w", reparam(normal(0, 1)))).mul(3));
    }));

  const step = gen(function* (x: Tensor, theta: Tensor) {
    const next = yield* sample("x", reparam(normal(x, theta)));
    const b = yield* sample("b", reinforce(flip(tf.sigmoid(next))));
    return { carry: next.add(b), output: next.mul(b) };
  });
  it("loops, also with sites that are unrolled", () =>
    agree(function* ({ th: theta }) {
      const { carry, outputs } = yield* scan("loop", (x: Tensor, _t: Tensor) => step(x, theta), tf.scalar(0), 6);
      return carry.add(weighted(outputs));
    }));

  it("loops of pathwise sites, over a sequence", () =>
    agree(function* ({ th: theta }) {
      const walk = gen(function* (x: Tensor, e: Tensor) {
        const next = yield* sample("x", reparam(normal(x.add(e), theta)));
        return { carry: next, output: next };
      });
      const { outputs } = yield* scan(
        "walk",
        (x: Tensor, e: Tensor) => walk(x, e),
        tf.scalar(0),
        tf.tensor1d([1, -2, 3]),
      );
      return weighted(outputs);
    }));

  it("branches, with equal addresses on both sides", () =>
    agree(function* ({ th: theta }) {
      const side = gen(function* (mean: Tensor) {
        return yield* sample("x", reparam(normal(mean, 1)));
      });
      const coin = yield* sample("coin", reinforce(flip(0.5)));
      const x = yield* cond("c", coin.equal(1), side(theta), side(theta.mul(100)));
      return x.add(coin.mul(7));
    }));

  it("simulated loops and branches in one program, with their log densities", () => {
    const side = gen(function* (mean: Tensor) {
      return yield* sample("x", reparam(normal(mean, 1)));
    });
    const model = gen(function* (theta: Tensor) {
      const { carry } = yield* scan("loop", (x: Tensor, _t: Tensor) => step(x, theta), tf.scalar(0), 3);
      return yield* cond("c", theta.greater(1), side(theta), side(carry));
    });
    return agree(function* ({ th: theta }) {
      const { logDensity: log, returnValue: result } = yield* simulate(model(tf.add(theta, tf.scalar(0))));
      return log.add(result);
    });
  });
});

it("the log density of a distribution keeps the batch shape", () => {
  expect(logDensity(normal([0, 1, 2], 1), tf.tensor1d([0, 0, 0])).shape).toEqual([3]);
  expect(at({} as Choices, "nothing")).toBeUndefined();
});
