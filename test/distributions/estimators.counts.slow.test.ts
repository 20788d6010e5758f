// Counts, one-hot vectors, relaxations and mixtures under every strategy that they offer: derivatives of expectations of a
// cost that is not linear, against sums and integrals in double precision of densities, which the tables vouch for.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  betaBinomial,
  binomial,
  type Distribution,
  dirichletMultinomial,
  enumerate,
  gamma,
  gumbelSoftmax,
  localExpectation,
  logNormal,
  measureValued,
  mixture,
  multinomial,
  muProp,
  negativeBinomial,
  normal,
  objective,
  oneHotCategorical,
  orderedLogistic,
  poisson,
  rebar,
  reinforce,
  relax,
  relaxedBernoulli,
  relaxedOneHot,
  reparam,
  sample,
  topK,
  unorderedSet,
  zeroInflated,
} from "elbow";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import type { Program } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { range } from "../../src/util/shapes.js";
import { erfc } from "../../src/util/special/erf.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { gradientInDoubles } from "./arrays.js";

type Anything = Distribution<Tensor, never>;
/** A distribution whose two parameters are the elements of θ. */
type Build = (a: Tensor, b: Tensor) => Anything;

/** Points and their weights: E f ≈ Σ w·p(x)·f(x). */
interface Rule {
  readonly points: readonly (number | readonly number[])[];
  readonly weights: readonly number[];
}

const counting = (points: Rule["points"]): Rule => ({ points, weights: points.map(() => 1) });
const upTo = (last: number): Rule => counting(range(last + 1));
/** The trapezoidal rule in t for x = g(t): exact to all digits for densities that vanish at the ends. */
const line = (g: (t: number) => number, slope: (t: number) => number, reach: number, n = 400): Rule => {
  const at = range(n + 1).map((i) => (2 * i * reach) / n - reach);
  return { points: at.map(g), weights: at.map((t) => (slope(t) * 2 * reach) / n) };
};
const sigmoid = (t: number) => 1 / (1 + Math.exp(-t));
const real = line(
  (t) => t,
  () => 1,
  16,
  1600,
);
const positive = line(Math.exp, Math.exp, 12, 1600);
const unit = line(sigmoid, (t) => sigmoid(t) * sigmoid(-t), 30, 3000);
const pairs: Rule = { ...unit, points: unit.points.map((x) => [x as number, 1 - (x as number)]) };
const compositions = (n: number, k: number): number[][] =>
  k === 1 ? [[n]] : range(n + 1).flatMap((first) => compositions(n - first, k - 1).map((rest) => [first, ...rest]));

/** sin x + x²/8, with a parameter of its own; for vectors, of x·(1, −2, 0.5). */
function cost(x: Tensor, b: Tensor, isVector: boolean): Tensor {
  const y = isVector ? tf.sum(tf.mul(x, tf.slice(tf.tensor1d([1, -2, 0.5]), 0, x.shape.at(-1)!)), -1) : x;
  return tf.add(tf.sin(tf.add(y, tf.mul(0.1, b))), tf.mul(0.125, tf.square(y)));
}

const split = (theta: Tensor): [Tensor, Tensor] => tf.unstack(theta) as [Tensor, Tensor];

/** E cost and its gradient. */
function truthOf(build: Build, { points, weights }: Rule, theta: readonly number[], rounded = Math.fround) {
  const isVector = Array.isArray(points[0]);
  const shape = isVector ? [points.length, (points[0] as number[]).length] : [points.length];
  const expectation = (t: Tensor, x: Tensor, w: Tensor): Tensor => {
    const [a, b] = split(t);
    const { family, parameters } = build(a, b);
    return tf.sum(tf.mul(tf.mul(w, tf.exp(family.logDensity(parameters, x))), cost(x, b, isVector)));
  };
  const arrays = [[...theta], points.flat(), [...weights]].map((elements, i) => ({
    shape: i === 1 ? shape : [elements.length],
    dtype: "float32" as const,
    elements: Float64Array.from(elements, i === 0 ? rounded : Number),
  }));
  const { value, gradient } = gradientInDoubles(expectation, arrays);
  return { value, gradient: gradient[0]! };
}

const objectiveOf = (build: Build) =>
  objective(function* ({ t }: { t: Tensor }) {
    const [a, b] = split(t);
    const d = build(a, b);
    return cost(yield* sample("x", d), b, d.event.length > 0);
  });

const draws = 20_000;

function scores(
  build: Build,
  truth: { value: number; gradient: readonly number[] },
  theta: readonly number[],
  n = draws,
) {
  const moments = estimateMoments(objectiveOf(build), { t: tf.tensor1d([...theta]) }, [], {
    draws: n,
    chunk: Math.min(n, 4000),
  });
  const [value, gradient] = moments;
  return [zScore(value![0]!, truth.value), ...gradient!.map((each, i) => zScore(each, truth.gradient[i]!))];
}

type Strategies<D> = Readonly<Record<string, (d: D) => Anything>>;
type Offering<O extends string> = Distribution<Tensor, O>;

const exact = { enumerate: (d: Offering<"enumerate">) => enumerate(d) };
const scored = { reinforce: (d: Offering<"reinforce">) => reinforce(d, { copies: 2 }) };
const expanded = { ...scored, muProp: (d: Offering<"muProp">) => muProp(d) };
const weak = { measureValued: (d: Offering<"measureValued">) => measureValued(d) };
const pathwise = { ...scored, reparam: (d: Offering<"reparam">) => reparam(d) };
/** For finite supports. */
const finite = {
  ...exact,
  ...scored,
  localExpectation: (d: Offering<"localExpectation">) => localExpectation(d),
  topK: (d: Offering<"topK">) => topK(d, { k: 2 }),
  unorderedSet: (d: Offering<"unorderedSet">) => unorderedSet(d, { k: 2 }),
  rebar: (d: Offering<"rebar">) => rebar(d),
  relax: (d: Offering<"relax">) => relax(d, { surrogate: (z) => tf.mul(0.25, tf.sum(z, -1)) }),
};

interface Case {
  readonly name: string;
  readonly build: Build;
  readonly strategies: Strategies<never>;
  readonly rule: Rule;
  readonly theta: readonly [number, number];
  /** What is drawn in place of `build`. */
  readonly substitute?: Build;
}

/** Whether a distribution offers them is tested at the type level. */
const of = (
  name: string,
  build: Build,
  strategies: Strategies<never>,
  rule: Rule,
  theta: readonly [number, number],
): Case => ({ name, build, strategies, rule, theta });

const simplex = (a: Tensor, b: Tensor): Tensor => tf.softmax(tf.stack([a, b, tf.scalar(0)]));

const cases: readonly Case[] = [
  of("betaBinomial", (a, b) => betaBinomial(4, a, b), { ...finite, ...expanded }, upTo(4), [1.5, 2]),
  of("betaBinomial, an unknown count", (a, b) => betaBinomial(tf.scalar(4), a, b), expanded, upTo(4), [1.5, 2]),
  of(
    "binomial",
    (a, b) => binomial(4, { logits: tf.add(a, b) }),
    { ...finite, ...expanded, ...weak },
    upTo(4),
    [0.5, -1],
  ),
  of(
    "negativeBinomial(probs)",
    (a, b) => negativeBinomial(a, { probs: b }),
    { ...expanded, ...weak },
    upTo(150),
    [2.5, 0.4],
  ),
  of(
    "negativeBinomial(logits)",
    (a, b) => negativeBinomial(a, { logits: b }),
    { ...expanded, ...weak },
    upTo(150),
    [0.75, 0.25],
  ),
  of("zeroInflated(poisson)", (a, b) => zeroInflated(poisson(a), b), { ...expanded, ...weak }, upTo(60), [2.5, 0.25]),
  of(
    "zeroInflated(binomial)",
    (a, b) => zeroInflated(binomial(3, { probs: a }), b),
    { ...exact, ...expanded, ...weak },
    upTo(3),
    [0.4, 0.25],
  ),
  of(
    "orderedLogistic",
    (a, b) => orderedLogistic(a, tf.stack([tf.neg(b), tf.scalar(0), b])),
    { ...finite, ...weak },
    upTo(3),
    [0.5, 1.5],
  ),
  of(
    "multinomial",
    (a, b) => multinomial(3, { probs: simplex(a, b) }),
    expanded,
    counting(compositions(3, 3)),
    [0.5, -0.5],
  ),
  of(
    "dirichletMultinomial",
    (a, b) => dirichletMultinomial(3, tf.stack([a, b, tf.scalar(1)])),
    expanded,
    counting(compositions(3, 3)),
    [1.5, 0.75],
  ),
  ...["probs", "logits"].map((option) =>
    of(
      `oneHotCategorical(${option})`,
      (a, b) =>
        oneHotCategorical(option === "probs" ? { probs: simplex(a, b) } : { logits: tf.stack([a, b, tf.scalar(0)]) }),
      { ...exact, ...expanded },
      counting(compositions(1, 3)),
      [0.5, -0.5],
    ),
  ),
  of(
    "relaxedOneHot",
    (a, b) => relaxedOneHot(a, { logits: tf.stack([b, tf.scalar(0)]) }),
    pathwise,
    pairs,
    [1.25, 0.5],
  ),
  // its expectation is that of the relaxed variable
  {
    ...of(
      "relaxedOneHot",
      (a, b) => relaxedOneHot(a, { probs: tf.softmax(tf.stack([b, tf.scalar(0)])) }),
      pathwise,
      pairs,
      [0.75, 0.5],
    ),
    name: "gumbelSoftmax(oneHotCategorical), as relaxedOneHot",
    strategies: {},
    substitute: (a, b) => gumbelSoftmax(oneHotCategorical({ logits: tf.stack([b, tf.scalar(0)]) }), { temperature: a }),
  },
  of("relaxedBernoulli", (a, b) => relaxedBernoulli(a, { logits: b }), pathwise, unit, [1.25, 0.5]),
  of(
    "mixture of normals",
    (a, b) =>
      mixture(
        { logits: tf.stack([a, tf.scalar(0)]) },
        normal(tf.stack([tf.scalar(-1), b]), tf.stack([tf.scalar(0.75), tf.exp(a)])),
      ),
    { ...pathwise, ...expanded },
    real,
    [0.25, 1],
  ),
  of(
    "mixture of a gamma and a log-normal variable",
    (a, b) => mixture(tf.stack([b, tf.sub(1, b)]), [gamma(a, 2), logNormal(tf.mul(0.25, a), 0.5)]),
    pathwise,
    positive,
    [2.5, 0.4],
  ),
  of(
    "mixture of counts",
    (a, b) => mixture(tf.stack([b, tf.sub(1, b)]), poisson(tf.stack([a, tf.scalar(4)]))),
    expanded,
    upTo(60),
    [1.5, 0.4],
  ),
  of(
    "mixture of binomial counts",
    (a, b) => mixture(tf.stack([b, tf.sub(1, b)]), binomial(3, { probs: tf.stack([a, tf.scalar(0.75)]) })),
    { ...exact, ...expanded },
    upTo(3),
    [0.3, 0.4],
  ),
];

describe.each(cases)("$name", ({ build, strategies, rule, theta, substitute }) => {
  const truth = () => truthOf(build, rule, theta);
  if (substitute)
    it("is unbiased for the relaxed variable", () => {
      for (const score of scores(substitute, truth(), theta)) expect(Math.abs(score)).toBeLessThan(5);
    });
  if (Object.keys(strategies).length === 0) return;
  it.each(Object.entries(strategies))("%s is unbiased", (name, strategy) => {
    const isExact = name === "enumerate";
    const received = scores((a, b) => strategy(build(a, b) as never), truth(), theta, isExact ? 4 : draws);
    for (const score of received) expect(Math.abs(score)).toBeLessThan(5);
  });
});

describe("draws of mixtures move with their parameters to third order", () => {
  const build: Build = (a, b) =>
    mixture({ logits: tf.stack([a, tf.scalar(0)]) }, normal(tf.stack([tf.scalar(-1), b]), tf.scalar(0.75)));
  it("second derivatives are unbiased", () => {
    const theta = [0.25, 1];
    const h = 1e-3;
    const moved = (i: number, step: number) => theta.map((each, j) => (i === j ? each + step : each));
    const L = objectiveOf((a, b) => reparam(build(a, b) as ReturnType<typeof normal>));
    const direction = tf.tensor1d([1, 0]);
    const [hvp] = estimateMoments(L, { t: tf.tensor1d(theta) }, [], { draws, chunk: 4000, derived: "hvp" }, [
      direction,
    ]).slice(-1);
    const gradients = [2, 1, -1, -2].map((k) => truthExactly(moved(0, k * h)));
    for (const [i, each] of hvp!.entries()) {
      const [far, near, back, farBack] = gradients.map((gradient) => gradient[i]!) as [number, number, number, number];
      expect(Math.abs(zScore(each, (8 * (near - back) - (far - farBack)) / (12 * h)))).toBeLessThan(5);
    }
  });
  it("third derivatives are those of the quantile, and leave the draw where it is", () => {
    const draw = trace([{ shape: [], dtype: "float32" }], (m) => {
      const { family, parameters } = mixture([0.25, 0.75], normal(tf.stack([tf.scalar(-1), m]), 0.75));
      return [family.draw(parameters, seedKey(3), [])];
    });
    const derivative = (program: Program): Program => {
      const both = valueAndGrad(program);
      return { ...both, outputs: both.outputs.slice(1) };
    };
    const at = (program: Program, m: number): number =>
      evaluate(program, [{ shape: [], dtype: "float32", elements: Float64Array.of(m) }])[0]!.elements[0]!;
    const first = derivative(draw);
    const second = derivative(first);
    const third = derivative(second);
    // the quantile at the u of the draw, by bisection, and its differences
    const phi = (x: number) => 0.5 * erfc(-x / Math.SQRT2);
    const cdf = (x: number, m: number) => 0.25 * phi((x + 1) / 0.75) + 0.75 * phi((x - m) / 0.75);
    const u = cdf(at(draw, 1), 1);
    const quantile = (m: number) => {
      let [low, high] = [-10, 10];
      for (let i = 0; i < 60; i++) {
        const middle = (low + high) / 2;
        [low, high] = cdf(middle, m) < u ? [middle, high] : [low, middle];
      }
      return (low + high) / 2;
    };
    const h = 0.02;
    const [a, b, c, d, e, f, g] = [-3, -2, -1, 0, 1, 2, 3].map((k) => quantile(1 + k * h)) as number[];
    expect(at(first, 1)).toBeCloseTo((8 * (e! - c!) - (f! - b!)) / (12 * h), 6);
    expect(at(second, 1)).toBeCloseTo((16 * (e! + c!) - (f! + b!) - 30 * d!) / (12 * h * h), 5);
    expect(at(third, 1)).toBeCloseTo((-g! + a! + 8 * (f! - b!) - 13 * (e! - c!)) / (8 * h ** 3), 4);
    expect(quantile(1)).toBeCloseTo(at(draw, 1), 12);
  });
  const truthExactly = (theta: readonly number[]) => truthOf(build, real, theta, Number).gradient;
});

it("negative control: a cost that is off by 6 % is told apart", () => {
  const [{ build, rule, theta }] = cases.filter(({ name }) => name === "negativeBinomial(probs)") as [Case];
  const { value, gradient } = truthOf(build, rule, theta);
  const wrong = { value: 1.06 * value, gradient: gradient.map((each) => 1.06 * each) };
  const received = scores((a, b) => measureValued(build(a, b) as ReturnType<typeof poisson>), wrong, theta);
  expect(Math.max(...received.map(Math.abs))).toBeGreaterThan(5);
});
