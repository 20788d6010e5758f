// Automatic guides on every support, at parameters far from where they start: what a draw says of its density is what the guide
// says of the value; the density integrates to one; and the gradient estimates of the ELBO have its slope as their mean.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  beta,
  bijectors,
  dirichlet,
  elbo,
  flowGuide,
  fullRank,
  type GenerativeFunction,
  gamma,
  gen,
  hierarchicalGuide,
  iid,
  importanceDraws,
  independent,
  laplaceGuide,
  lkjCholesky,
  lowRank,
  meanField,
  normal,
  run,
  sample,
  simulate,
  splice,
  structuredGuide,
  transformed,
  truncated,
} from "elbow";
import { describe, expect, it } from "vitest";

const models = {
  "positive, unit interval, bounded": gen(function* numbers() {
    const x = yield* sample("x", gamma(3, 2));
    const y = yield* sample("y", beta(tf.add(2, x), 3));
    yield* sample("z", iid(2, truncated(normal(y, 1), { low: -1, high: 2 })));
  }),
  "simplex, ordered, Cholesky factor": gen(function* events() {
    yield* sample("x", dirichlet([3, 4, 5]));
    yield* sample("y", transformed(independent(normal([-1, 0], 0.7)), bijectors.ordered));
    yield* sample("z", lkjCholesky(3, 3));
  }),
} as unknown as Record<string, GenerativeFunction<[], { x: Tensor; y: Tensor; z: Tensor }, void>>;

const start = { scale: 0.6 };
type Maker = (model: (typeof models)[string]) => unknown;
const makers: Record<string, Maker> = {
  meanField: (model) => meanField(model, [], start),
  fullRank: (model) => fullRank(model, [], start),
  lowRank: (model) => lowRank(model, [], { rank: 2, ...start }),
  laplaceGuide: (model) => laplaceGuide(model, []),
  hierarchicalGuide: (model) => hierarchicalGuide(model, [], start),
  structuredGuide: (model) => structuredGuide(model, [], { joint: [["x", "z"]], given: { y: ["z"] }, ...start }),
  "flowGuide, affine couplings": (model) => flowGuide(model, [], { hidden: [6], ...start }),
  "flowGuide, spline couplings": (model) =>
    flowGuide(model, [], { transformer: "spline", bins: 4, layers: 2, hidden: [6], ...start }),
  "flowGuide, inverse autoregressive": (model) =>
    flowGuide(model, [], { flow: "inverseAutoregressive", hidden: [6], ...start }),
  "flowGuide, masked autoregressive": (model) =>
    flowGuide(model, [], { flow: "maskedAutoregressive", hidden: [6], layers: 1, ...start }),
};

type Of = ReturnType<typeof meanField<[], { x: Tensor; y: Tensor; z: Tensor }, void>>;
type Q = Of["parameters"];
type Tree = { readonly [name: string]: Tree } | Tensor;
const isTensor = (x: unknown): x is Tensor => x instanceof tf.Tensor;
const mapped = (tree: Tree, change: (x: Tensor) => Tensor): Tree =>
  isTensor(tree)
    ? change(tree)
    : Array.isArray(tree)
      ? (tree.map((each) => mapped(each, change)) as never)
      : Object.fromEntries(Object.entries(tree).map(([name, each]) => [name, mapped(each, change)]));
const leaves = (tree: Tree): Tensor[] => {
  const all: Tensor[] = [];
  mapped(tree, (x) => {
    all.push(x);
    return x;
  });
  return all;
};
const number = (x: Tensor) => x.dataSync()[0]!;
const add = (a: Q, b: Q, by: number): Q => {
  const others = leaves(b as unknown as Tree);
  return mapped(a as unknown as Tree, (x) => tf.add(x, tf.mul(by, others.shift()!))) as unknown as Q;
};
const randomLike = (q: Q, scale: number, seed: number): Q => {
  let i = 0;
  return mapped(q as unknown as Tree, (x) => tf.randomNormal(x.shape, 0, scale, "float32", seed + i++)) as unknown as Q;
};
const score = (xs: readonly number[], truth: number): number => {
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
  const variance = xs.reduce((a, b) => a + (b - mean) ** 2, 0) / (xs.length - 1);
  return (mean - truth) / Math.sqrt(variance / xs.length);
};

describe.each(Object.keys(makers))("%s", (maker) => {
  it.each(Object.keys(models))("%s", async (name) => {
    const model = models[name]!;
    const { guide, parameters } = makers[maker]!(model) as Of;
    // weights and factors start at zero: only elsewhere are they seen
    const q = add(parameters, randomLike(parameters, maker.startsWith("flow") ? 0.1 : 0.25, 5), 1);

    for (const seed of [1, 2, 3]) {
      const { choices, logDensity } = run(seed, simulate(guide(q)));
      const given = number(run(seed, assess(guide(q), choices)));
      expect(Math.abs(given - number(logDensity))).toBeLessThan(2e-3 * (1 + Math.abs(given)));
    }

    // ∫ q = 1, by draws of q weighted towards narrower independent normals: E r/q = 1
    const near = meanField(model, []) as Of;
    const narrow = { loc: q.loc, logScale: mapped(q.logScale as never, (x) => tf.sub(x, 0.4)) as never };
    const target = gen(function* () {
      yield* splice(near.guide(narrow));
    }) as unknown as typeof model;
    const { logWeights } = await importanceDraws(target, guide, q, [], { draws: 40_000, seed: 7 });
    const weights = Array.from(logWeights.dataSync(), Math.exp);
    expect(Math.abs(score(weights, 1))).toBeLessThan(5);
    // negative control: a density that is twice too high somewhere else is seen
    expect(Math.abs(score(weights.map((w) => 2 * w), 1))).toBeGreaterThan(5); // biome-ignore format: short

    // the slope along the steepest direction: central differences of the objective with the same draws on both sides, against the
    // mean of gradients from other draws
    const objective = elbo(model, guide);
    const steepest = await objective.gradEstimate({ seed: 99, draws: 400 }, q);
    const steepness = leaves(steepest as never).reduce((sum, x) => sum + number(tf.sum(tf.square(x))), 0);
    const direction = mapped(steepest as never, (x) => tf.div(x, Math.sqrt(steepness))) as unknown as Q;
    const h = 0.02;
    const runs = 12;
    const differences: number[] = [];
    const slopes: number[] = [];
    for (let i = 0; i < runs; i++) {
      const at = { seed: 100 + i, draws: 400 };
      const value = async (by: number) => number(await objective.estimate(at, add(q, direction, by)));
      differences.push(((await value(h)) - (await value(-h))) / (2 * h));
      const gradient = await objective.gradEstimate({ seed: 1000 + i, draws: 400 }, q);
      const tangents = leaves(direction as unknown as Tree);
      slopes.push(
        leaves(gradient as unknown as Tree).reduce((sum, g, j) => sum + number(tf.sum(tf.mul(g, tangents[j]!))), 0),
      );
    }
    const gaps = slopes.map((slope, i) => slope - differences[i]!);
    expect(Math.abs(score(gaps, 0))).toBeLessThan(5);
    // negative control: a quarter of the slope is not overlooked
    const mean = differences.reduce((a, b) => a + b, 0) / runs;
    expect(Math.abs(score(gaps.map((gap) => gap + 0.25 * mean), 0))).toBeGreaterThan(5); // biome-ignore format: short
  });
});
