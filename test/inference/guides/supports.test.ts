// Automatic guides of models with choices on every support: they cover the model, with finite densities on either side.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  beta,
  bijectors,
  call,
  deltaGuide,
  dirichlet,
  elbo,
  exponential,
  flat,
  flowGuide,
  fullRank,
  type GenerativeFunction,
  gamma,
  gen,
  halfCauchy,
  hierarchicalGuide,
  iid,
  independent,
  lkjCholesky,
  lowRank,
  meanField,
  multivariateNormal,
  normal,
  plate,
  run,
  sample,
  scan,
  simulate,
  transformed,
  truncated,
  uniform,
  wishart,
} from "elbow";
import { describe, expect, it } from "vitest";

const eye = tf.eye(3) as tf.Tensor2D;
/** One choice. */
const of = (d: () => any) =>
  gen(function* one() {
    yield* sample("x", d());
  });

const inner = gen(function* () {
  const scale = yield* sample("scale", halfCauchy(1));
  yield* sample("shares", dirichlet([1, 2, 3]));
  return scale;
});

const models: Record<string, () => GenerativeFunction<[], object, unknown>> = {
  real: () => of(() => normal([0, 1], 2)),
  "a vector of reals": () => of(() => iid(4, normal(1, 1))),
  "correlated reals": () => of(() => multivariateNormal([1, 2], { scaleDiag: [1, 2] })),
  positive: () => of(() => gamma([2, 3], 1)),
  "non-negative": () => of(() => exponential(2)),
  "improper and positive": () => of(() => flat({ support: "positive" })),
  "unit interval": () => of(() => beta(2, 3)),
  interval: () => of(() => uniform(-2, 5)),
  "intervals with ends of their own": () => of(() => uniform([0, 10], [1, 20])),
  "half a line": () => of(() => truncated(normal(0, 1), { low: 1 })),
  simplex: () => of(() => dirichlet([1, 2, 3])),
  "rows of simplices": () =>
    of(() =>
      dirichlet([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  ordered: () => of(() => transformed(independent(normal([0, 0, 0], 1)), bijectors.ordered)),
  "correlation Cholesky factor": () => of(() => lkjCholesky(3, 2)),
  "positive definite": () => of(() => wishart(5, { scaleTril: eye })),
  "nested programs": () =>
    gen(function* () {
      const scale = yield* call("group", inner());
      yield* sample("z", normal(0, scale));
    }),
  plates: () =>
    gen(function* () {
      const scale = yield* sample("scale", gamma(2, 1));
      const row = (x: Tensor) =>
        gen(function* () {
          yield* sample("w", normal(x, scale));
          yield* sample("u", uniform(0, 3));
        })();
      yield* plate("rows", row, tf.tensor1d([1, 2, 3]));
    }) as never,
  loops: () =>
    gen(function* () {
      const step = (before: Tensor) =>
        gen(function* () {
          const x = yield* sample("x", normal(before, 1));
          yield* sample("s", gamma(2, 1));
          return { carry: x };
        })();
      yield* scan("steps", step as never, tf.scalar(0), 4);
    }) as never,
};

/** Every point of these has the same density. */
const isFlat = ["improper and positive", "interval", "intervals with ends of their own"];

const makers = {
  meanField: (model: GenerativeFunction<[], object, unknown>) => meanField(model, []),
  fullRank: (model: GenerativeFunction<[], object, unknown>) => fullRank(model, []),
  lowRank: (model: GenerativeFunction<[], object, unknown>) => lowRank(model, [], { rank: 2 }),
  hierarchicalGuide: (model: GenerativeFunction<[], object, unknown>) => hierarchicalGuide(model, []),
  flowGuide: (model: GenerativeFunction<[], object, unknown>) =>
    flowGuide(model, [], { flow: "inverseAutoregressive", hidden: [4], scale: 0.5 }),
  deltaGuide: (model: GenerativeFunction<[], object, unknown>) => deltaGuide(model, [], { start: "sample", seed: 4 }),
};

/** Guides whose densities unbiased.slow.test.ts sees on every support: here, on what is nested. */
const some = ["simplex", "nested programs", "plates", "loops"];
const namesFor = (maker: keyof typeof makers): string[] =>
  maker === "hierarchicalGuide" || maker === "flowGuide" ? some : Object.keys(models);

describe.each(Object.keys(makers) as (keyof typeof makers)[])("%s", (maker) => {
  it.each(namesFor(maker))("%s", async (name) => {
    const model = models[name]!();
    const { guide, parameters } = makers[maker](model) as unknown as ReturnType<typeof meanField>;
    const program = () => guide(parameters);
    for (const seed of [1, 2]) {
      const { choices, logDensity } = run(seed, simulate(program()));
      const [drawn] = logDensity.dataSync();
      expect(drawn).toSatisfy(Number.isFinite);
      // what it draws is where the model can be
      expect(run(seed, assess(model(), choices as never)).dataSync()[0]).toSatisfy(Number.isFinite);
      // given back, it has the same density
      const [given] = run(seed, assess(program(), choices as never)).dataSync();
      expect(Math.abs(given! - drawn!)).toBeLessThan(2e-3 * (1 + Math.abs(drawn!)));
    }
    const objective = elbo(model, guide as never);
    const { value, gradient } = await objective.valueAndGradEstimate(3, parameters as never);
    expect(value.dataSync()[0]).toSatisfy(Number.isFinite);
    const leaves = JSON.stringify(gradient, (_, leaf) =>
      leaf instanceof tf.Tensor ? Array.from(leaf.dataSync()) : leaf,
    );
    expect(leaves).not.toContain("null");
    if (maker !== "deltaGuide" || !isFlat.includes(name)) expect(leaves).toMatch(/[1-9]/);
  });
});
