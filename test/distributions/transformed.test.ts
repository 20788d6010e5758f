// Transformed distributions: against families known in closed form, outside their support, and as estimators.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import {
  bijectors,
  bijectorTo,
  cauchy,
  type Distribution,
  dirichlet,
  ElbowError,
  exponential,
  flip,
  gamma,
  halfNormal,
  iid,
  independent,
  kl,
  lkjCholesky,
  logistic,
  logNormal,
  multivariateNormal,
  normal,
  objective,
  pareto,
  poisson,
  quadrature,
  reinforce,
  reparam,
  sample,
  transformed,
  truncatedNormal,
  uniform,
  vonMises,
  vonMisesFisher,
  weibull,
  wishart,
} from "elbow";
import { beforeAll, describe, expect, it } from "vitest";
import { drawValue } from "../../src/dsl/site.js";
import { toTensor } from "../../src/ir/lifted.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { findDependence } from "../../src/transforms/estimate/dependence.js";
import { findFlow } from "../../src/transforms/estimate/smoothness.js";
import { captureSource } from "../../src/util/location.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { gradientInDoubles, inDoubles, tables, toArray } from "./arrays.js";
import { vector } from "./bijectors/jacobians.js";
import { stirred } from "./bijectors/stirred.js";
import { families } from "./families.js";
import { kolmogorovSmirnov } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;

const { affine, exp, interval, inverse, pipe, power, sigmoid, softplus, stickBreaking, trilAffine } = bijectors;

/** The same law twice: transformed, and as a family of its own, both from two parameters; and where it is looked at. */
const twins: Readonly<
  Record<
    string,
    readonly [(a: tf.Tensor, b: tf.Tensor) => Anything, (a: tf.Tensor, b: tf.Tensor) => Anything, readonly number[]]
  >
> = {
  "exp of normal is log-normal": [
    (a, b) => transformed(normal(a, b), exp),
    (a, b) => logNormal(a, b),
    [-1, 0.01, 0.5, 3, 40],
  ],
  "affine of standard normal is normal": [
    (a, b) => transformed(normal(0, 1), affine(a, b)),
    (a, b) => normal(a, b),
    [-2, 0.1, 5],
  ],
  "a decreasing affine map of standard normal is normal": [
    (a, b) => transformed(normal(0, 1), affine(a, tf.neg(b))),
    (a, b) => normal(a, b),
    [-2, 0.1, 5],
  ],
  "a power of exponential is Weibull": [
    (a, b) => transformed(exponential(1), pipe(power(tf.reciprocal(tf.add(a, 1))), affine(0, b))),
    (a, b) => weibull(tf.add(a, 1), b),
    [-1, 0.2, 3],
  ],
  "sigmoid of logistic is uniform": [
    () => transformed(logistic(0, 1), sigmoid),
    () => uniform(0, 1),
    [-0.5, 0.01, 0.3, 0.99, 1.5],
  ],
  "an interval of logistic is uniform": [
    (a, b) => transformed(logistic(0, 1), interval(a, tf.add(a, b))),
    (a, b) => uniform(a, tf.add(a, b)),
    [-0.5, 0.71, 0.9, 1.2, 3],
  ],
  "the exponential of exponential is Pareto": [
    (a, b) => transformed(exponential(b), pipe(exp, affine(0, a))),
    (a, b) => pareto(a, b),
    [-0.5, 0.1, 0.8, 1.2, 30],
  ],
  "the logarithm of log-normal is normal": [
    (a, b) => transformed(logNormal(a, b), inverse(exp)),
    (a, b) => normal(a, b),
    [-2, 0.1, 5],
  ],
  "softplus and back": [
    (a, b) => transformed(normal(a, b), pipe(softplus, inverse(softplus))),
    (a, b) => normal(a, b),
    [-2, 0.1, 5],
  ],
};

const parameters = [vector([0.7], []), vector([0.4], [])];

describe.each(Object.entries(twins))("%s", (_, [build, truth, points]) => {
  it.each(points)("its density and distribution function at %s", (at) => {
    const x = vector([at], []);
    const of =
      (make: typeof build, what: "logDensity" | "cdf") => (value?: tf.Tensor, a?: tf.Tensor, b?: tf.Tensor) => {
        const { family, parameters: all } = make(a!, b!);
        return family[what]!(all, value!);
      };
    for (const what of ["logDensity", "cdf"] as const) {
      const received = gradientInDoubles(of(build, what), [x, ...parameters]);
      const expected = gradientInDoubles(of(truth, what), [x, ...parameters]);
      if (!Number.isFinite(expected.value)) expect(received.value).toBe(expected.value);
      else expect(received.value).toBeCloseTo(expected.value, 10);
      const isInside = Number.isFinite(expected.value);
      for (const [i, [partial]] of received.gradient.entries()) {
        expect(partial).not.toBeNaN();
        if (isInside) expect(partial).toBeCloseTo(expected.gradient[i]![0]!, 7);
      }
    }
  });

  it("its quantiles, mean, variance and entropy", () => {
    const of = (make: typeof build, pick: (d: Anything) => tf.Tensor | undefined) => {
      const results = inDoubles((a, b) => pick(make(a!, b!)) ?? tf.scalar(Number.NaN), parameters);
      return results.elements[0]!;
    };
    for (const p of [0.001, 0.3, 0.5, 0.97]) {
      const quantile = (d: Anything) => d.family.quantile!(d.parameters, tf.scalar(p));
      expect(of(build, quantile)).toBeCloseTo(of(truth, quantile), 6);
    }
    for (const what of ["mean", "variance", "entropy"] as const) {
      const received = of(build, ({ family, parameters: all }) => family[what]?.(all));
      if (!Number.isNaN(received))
        expect(received).toBeCloseTo(
          of(truth, ({ family, parameters: all }) => family[what]!(all)),
          9,
        );
    }
  });

  it("its draws", () => {
    const draws = inDoubles(
      (key, a, b) => {
        const { family, parameters: all } = build(a!, b!);
        return family.draw(all, key!, [20_000]);
      },
      [{ shape: [2], dtype: "int32", elements: Float64Array.from([0, 3]) }, ...parameters],
    ).elements;
    const cdf = inDoubles(
      (x, a, b) => {
        const { family, parameters: all } = truth(a!, b!);
        return family.cdf!(all, x!);
      },
      [vector([...draws]), ...parameters],
    ).elements;
    expect(kolmogorovSmirnov(cdf, (u) => u)).toBeLessThan(2.5);
    expect(kolmogorovSmirnov(cdf, (u) => u ** 1.1)).toBeGreaterThan(2.5);
  });
});

it("entropies follow from the mean of the log determinant", () => {
  const entropy = ({ family, parameters: all }: Anything) => family.entropy?.(all).dataSync()[0];
  expect(entropy(transformed(normal(0.3, 2), exp))).toBeCloseTo(entropy(logNormal(0.3, 2))!, 5);
  expect(entropy(transformed(normal(0, 1), pipe(affine(0.3, 2), exp)))).toBeCloseTo(entropy(logNormal(0.3, 2))!, 5);
  expect(entropy(transformed(cauchy(0, 1), affine(0, 3)))).toBeCloseTo(entropy(cauchy(0, 3))!, 5);
  expect(entropy(transformed(normal(0, 1), sigmoid))).toBeUndefined();
  const tril = [
    [2, 0],
    [1, 3],
  ];
  const vectorEntropy = entropy(transformed(independent(normal([0, 0], 1)), trilAffine([0, 1], tril)));
  expect(vectorEntropy).toBeCloseTo(entropy(multivariateNormal([0, 1], { scaleTril: tril }))!, 5);
});

describe("shapes", () => {
  it("parameters of the bijector widen the batch", () => {
    const d = transformed(normal(0, 1), affine([0, 1, 2], [[1], [2]]));
    expect([d.batch, d.event]).toEqual([[2, 3], []]);
    expect(d.family.draw(d.parameters, seedKey(0), [4, ...d.batch]).shape).toEqual([4, 2, 3]);
    expect(d.family.logDensity(d.parameters, tf.zeros([4, 2, 3])).shape).toEqual([4, 2, 3]);
    expect(d.family.mean!(d.parameters).shape).toEqual([2, 3]);
  });
  it("elements of events are transformed one by one, and vectors become longer", () => {
    const d = transformed(independent(normal(tf.zeros([2, 3]), 1)), pipe(affine([0, 1, 2], 1), stickBreaking));
    expect([d.batch, d.event]).toEqual([[2], [4]]);
    expect(d.family.draw(d.parameters, seedKey(0), [5, 2]).shape).toEqual([5, 2, 4]);
    expect(d.family.logDensity(d.parameters, tf.fill([5, 2, 4], 0.25)).shape).toEqual([5, 2]);
    const both = transformed(independent(normal(tf.zeros([2, 3]), 1), 2), affine([0, 1, 2], 1));
    expect(both.family.logDensity(both.parameters, tf.zeros([2, 3])).shape).toEqual([]);
  });
  it("what does not fit is refused", () => {
    expect(() => transformed(normal([0, 0], 1), stickBreaking)).toThrow("independent(d)");
    expect(() => transformed(independent(normal([0, 0], 1)), affine([0, 1, 2], 1))).toThrow("do not fit");
    // @ts-expect-error real numbers have no logarithm
    expect(() => transformed(normal(0, 1), inverse(exp))).toThrow("expected: positive");
    // @ts-expect-error counts have no density
    expect(() => transformed(poisson(1), affine(0, 1))).toThrow("received: nonNegativeInteger");
  });
  it("a strategy chosen for the base is kept, unless it cannot be", () => {
    expect(transformed(reinforce(normal(0, 1)), exp).strategy?.name).toBe("reinforce");
    expect(() => transformed(reinforce(exponential(1)), affine(1, 2))).toThrow("cannot stand inside transformed");
  });
});

describe("supports that move", () => {
  const jumps = (density: (x: tf.Tensor) => tf.Tensor): boolean => {
    const program = trace([{ shape: [2], dtype: "int32" }], (key) => [
      density(drawValue("x", normal(1, 1), key!, captureSource())),
    ]);
    return [...findFlow(program)[0]!.values()].some((jump) => jump !== undefined);
  };
  const at = (d: Anything) => d.family.logDensity(d.parameters, tf.scalar(0.5));
  it("are seen where a random parameter moves them", () => {
    expect(jumps((x) => at(transformed(exponential(1), affine(x, 2))))).toBe(true);
    expect(jumps((x) => at(transformed(normal(0, 1), interval(x, 3))))).toBe(true);
    expect(jumps((x) => at(transformed(normal(0, 1), pipe(exp, affine(x, 2)))))).toBe(true);
    expect(jumps((x) => at(transformed(normal(0, 1), affine(x, 2))))).toBe(false);
    expect(jumps((x) => at(transformed(gamma(2, 1), pipe(inverse(exp), affine(x, 2)))))).toBe(false);
    expect(jumps((x) => at(transformed(normal(0, 1), pipe(affine(x, 2), exp))))).toBe(false);
  });
  it("a draw may be scored by its own density", () => {
    const own = (x: tf.Tensor) => {
      const d = transformed(exponential(1), affine(1, 2));
      return d.family.logDensity(d.parameters, x);
    };
    expect(jumps(own)).toBe(false);
    expect(jumps((x) => own(tf.floor(x)))).toBe(true);
  });
  it("have no score function", () => {
    // @ts-expect-error the end of the support moves
    expect(() => reinforce(transformed(exponential(1), affine(1, 2)))).toThrow(ElbowError);
    // @ts-expect-error the end of the support moves
    expect(() => reinforce(transformed(normal(0, 1), interval(tf.scalar(0), 1)))).toThrow(ElbowError);
    reinforce(transformed(normal(0, 1), interval(0, 1)));
  });
});

describe("densities are never NaN, nor are their derivatives where y is finite", () => {
  const scalars: Readonly<Record<string, (t: tf.Tensor) => Anything>> = {
    exp: (t) => transformed(normal(t, 1), exp),
    softplus: (t) => transformed(normal(t, 1), softplus),
    sigmoid: (t) => transformed(normal(t, 1), sigmoid),
    interval: (t) => transformed(normal(0, 1), interval(t, 2)),
    power: (t) => transformed(exponential(t), power(-0.5)),
    "inverse(exp)": (t) => transformed(gamma(2, t), inverse(exp)),
    pipe: (t) => transformed(normal(0, 1), pipe(exp, affine(t, -2))),
    "part of a domain": (t) => transformed(uniform(0, t), affine(t, 2)),
    spline: (t) =>
      transformed(
        normal(t, 1),
        bijectors.rationalQuadraticSpline(bijectors.initRationalQuadraticSpline(0, { bins: 3 })),
      ),
  };
  const places = [-1e30, -50, -1, -1e-30, 0, 1e-40, 1e-30, 0.3, 0.7, 1, 2, 3, 50, 1e30];
  it.each(Object.entries(scalars))("%s", (_, build) => {
    const density = (y?: tf.Tensor, t?: tf.Tensor) => {
      const { family, parameters: all } = build(t!);
      return family.logDensity(all, y!);
    };
    for (const y of [...places, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
      expect(inDoubles(density, [vector([y], []), vector([0.7], [])]).elements[0], `at ${y}`).not.toBeNaN();
    for (const y of places) {
      const { gradient } = gradientInDoubles(density, [vector([y], []), vector([0.7], [])]);
      for (const [partial] of gradient) expect(partial, `at ${y}`).not.toBeNaN();
    }
  });
  it("of vectors and matrices", () => {
    const gaussian = (n: number) => independent(normal(tf.zeros([n]), 1));
    const events: readonly (readonly [Anything, number[], number[]])[] = [
      [transformed(gaussian(2), stickBreaking), [1, 0, 0], [3]],
      [transformed(gaussian(2), stickBreaking), [-1, 1, 1], [3]],
      [transformed(gaussian(2), stickBreaking), [5, 5, 5], [3]],
      [transformed(gaussian(3), bijectors.ordered), [1, 1, 0], [3]],
      [transformed(gaussian(3), bijectors.correlationCholesky), [1, 0, 0, 1, 0, 0, 0, 0, 1], [3, 3]],
      [transformed(gaussian(3), bijectors.correlationCholesky), [0, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3]],
      [transformed(gaussian(3), bijectors.lowerCholesky()), [1, 5, 0, -1], [2, 2]],
      [transformed(gaussian(3), pipe(bijectors.lowerCholesky(), bijectors.choleskyProduct)), [1, 5, 5, 1], [2, 2]],
    ];
    for (const [d, elements, shape] of events) {
      const density = (y?: tf.Tensor) => d.family.logDensity(d.parameters, y!);
      const { value, gradient } = gradientInDoubles(density, [vector(elements, shape)]);
      expect(value).not.toBeNaN();
      for (const partial of gradient[0]!) expect(partial).not.toBeNaN();
    }
  });
});

it("draws stay off the ends of their interval, so that they can be scored", () => {
  for (const d of [transformed(normal(0, 60), sigmoid), transformed(normal(0, 60), interval(100, 101))]) {
    const draws = d.family.draw(d.parameters, seedKey(0), [1000]);
    expect(tf.all(tf.isFinite(d.family.logDensity(d.parameters, draws))).dataSync()[0]).toBe(1);
  }
});

it("elements of a batch stay apart", () => {
  const d = () => transformed(iid(5, normal(tf.zeros([3]), 1)), pipe(affine(tf.ones([3]), 2), exp));
  const program = trace([{ shape: [2], dtype: "int32" }], (key) => [
    d().family.logDensity(d().parameters, drawValue("x", d(), key!, captureSource())),
  ]);
  const [axes] = [...findDependence(program)(program.outputs[0]!).values()];
  expect(axes).toEqual([0, 1]);
});

describe("gradients are unbiased", () => {
  const flow = () => bijectors.coupling(stirred(bijectors.initCoupling(1, 2, { hidden: [4] }), 5, 0.3));
  const cases: readonly (readonly [string, (t: tf.Tensor) => Anything, readonly number[], number])[] = [
    ["reparam(affine)", (t) => reparam(transformed(gamma(2, 1), affine(0.3, t))), [0.7], 40_000],
    ["reparam(exp)", (t) => reparam(transformed(normal(t, 0.5), exp)), [0.2], 40_000],
    ["reinforce(exp)", (t) => reinforce(transformed(normal(t, 0.5), exp), { copies: 2 }), [0.2], 40_000],
    ["reinforce(sigmoid)", (t) => reinforce(transformed(normal(0.3, t), sigmoid), { copies: 2 }), [0.6], 40_000],
    [
      "reinforce, the bijector's",
      (t) => reinforce(transformed(normal(0.3, 0.5), affine(0, t)), { copies: 2 }),
      [0.6],
      40_000,
    ],
    ["quadrature(exp)", (t) => quadrature(transformed(normal(t, 0.5), exp), { points: 40 }), [0.2], 4],
  ];
  it.each(cases)("%s", (_, build, theta, draws) => {
    const L = objective(function* ({ t }: { t: tf.Tensor }) {
      return tf.square(yield* sample("x", build(t)));
    });
    // E f(X)² by the quantiles
    const n = 20_000;
    const u = vector(Array.from({ length: n }, (__, i) => (i + 0.5) / n));
    const ofMean = (t?: tf.Tensor, p?: tf.Tensor) => {
      const { family, parameters: all } = build(t!);
      return tf.mean(tf.square(family.quantile!(all, p!)));
    };
    const truth = gradientInDoubles(ofMean, [vector(theta, []), u]);
    const [value, gradient] = estimateMoments(L, { t: tf.scalar(theta[0]!) }, [], {
      draws,
      chunk: Math.min(draws, 4000),
    });
    expect(Math.abs(zScore(value![0]!, truth.value, 2e-3))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, truth.gradient[0]![0]!, 2e-3))).toBeLessThan(5);
  });

  it("of a flow's network, by both estimators", () => {
    const initial = stirred(bijectors.initCoupling(1, 2, { hidden: [4] }), 5, 0.3);
    const of = (choose: (d: Distribution<tf.Tensor, "reparam" | "reinforce">) => Anything) =>
      objective(function* (layers: typeof initial) {
        const base = independent(normal([0, 0.5], 1));
        const x = yield* sample("x", choose(transformed(base, bijectors.coupling(layers))));
        return tf.sin(tf.sum(x));
      });
    const moments = [of((d) => reparam(d)), of((d) => reinforce(d, { copies: 2 }))].map((L) =>
      estimateMoments(L, initial, [], { draws: 20_000, chunk: 4000 }).flat(),
    );
    moments[0]!.forEach((first, i) => {
      const second = moments[1]![i]!;
      const error = Math.hypot(first.error, second.error);
      expect(Math.abs(first.mean - second.mean)).toBeLessThan(5 * error + 1e-9);
    });
    // and not all of them are zero
    expect(Math.max(...moments[0]!.map(({ mean, error }) => Math.abs(mean / error)))).toBeGreaterThan(20);
  });

  it("of a flow whose network is random, in lanes of their own", () => {
    const of = (choose: (d: Distribution<tf.Tensor, "reparam" | "reinforce">) => Anything) =>
      objective(function* ({ t }: { t: tf.Tensor }) {
        const b = yield* sample("b", reinforce(normal(t, 1), { copies: 3 }));
        const { rule, parameters: tensors } = flow();
        const moved = tensors.map((each) => tf.add(each, tf.mul(0.5, b)));
        const own = transformed(independent(normal([0, 0.5], 1)), bijectors.bijector<"real", "real">(rule, moved));
        return tf.sin(tf.sum(yield* sample("x", choose(own))));
      });
    const [first, second] = [of((d) => reparam(d)), of((d) => reinforce(d, { copies: 2 }))].map((L) =>
      estimateMoments(L, { t: tf.scalar(0.3) }, [], { draws: 20_000, chunk: 4000 }).flat(),
    );
    for (const [i, { mean, error }] of first!.entries())
      expect(Math.abs(mean - second![i]!.mean)).toBeLessThan(5 * Math.hypot(error, second![i]!.error));
    expect(Math.abs(first![1]!.mean / first![1]!.error)).toBeGreaterThan(5);
  });
});

it("parameters that no bijector has are named", () => {
  const { constraints, parameterNames, relations } = transformed(
    normal(0, 1),
    pipe(affine(0, 1), interval(0, 1)),
  ).family;
  const named = parameterNames.map((name, i) => [name, constraints![i]?.name]);
  expect(Object.fromEntries(named)).toMatchObject({ scale: "> 0", "pipe(affine, interval).0.affine.scale": "≠ 0" });
  expect(relations!.map(({ name, parameters: at }) => [name, ...at.map((i) => parameterNames[i])])).toEqual([
    ["low < high", "pipe(affine, interval).1.interval.low", "pipe(affine, interval).1.interval.high"],
  ]);
});

it("divergences see through the same bijector", () => {
  const [p, q] = [normal(0, 1), normal(1, 2)];
  const expected = kl(p, q).dataSync()[0]!;
  expect(kl(transformed(p, exp), transformed(q, exp)).dataSync()[0]).toBeCloseTo(expected, 6);
  expect(() => kl(transformed(p, exp), transformed(q, softplus))).toThrow("no closed form");
});

describe("bijectorTo", () => {
  /** A draw of the distribution, taken to the real numbers and back. */
  const roundTrip = (of: Anything): void => {
    const value = of.family.draw(of.parameters, seedKey(1), [6, ...of.batch]);
    const b = bijectorTo(of);
    const x = b.inverse(value);
    expect(x.shape.slice(of.batch.length + 1)).toEqual(b.inverseShape(of.event));
    const difference = tf.max(tf.abs(tf.sub(b.forward(x), value))).dataSync()[0]!;
    expect(difference).toBeLessThan(1e-3 * (1 + tf.max(tf.abs(value)).dataSync()[0]!));
    // a normal variable becomes one that the distribution can take
    const zero = b.forward(tf.fill(x.shape, 0.3));
    expect(tf.all(tf.isFinite(of.family.logDensity(of.parameters, zero))).dataSync()[0]).toBe(1);
  };
  it.each<readonly [string, () => Anything]>([
    ["normal", () => normal(0, 1)],
    ["halfNormal", () => halfNormal(2)],
    ["uniform", () => uniform([1, 2], [4, 3])],
    ["iid(uniform)", () => iid(3, uniform([1, 2], [4, 3]))],
    ["independent(uniform)", () => independent(uniform([1, 2], [4, 3]))],
    ["truncatedNormal on one side", () => truncatedNormal(0, 1, { low: 1 })],
    ["truncatedNormal on both", () => truncatedNormal(0, 1, { low: 1, high: 2 })],
    ["truncatedNormal on neither", () => truncatedNormal(0, 1, {})],
    ["pareto", () => pareto(2, 3)],
    ["vonMises", () => vonMises(1, 2)],
    [
      "dirichlet",
      () =>
        dirichlet([
          [1, 2, 3],
          [2, 2, 2],
        ]),
    ],
    ["lkjCholesky", () => lkjCholesky(3, 2)],
    [
      "wishart",
      () =>
        wishart(5, {
          scaleTril: [
            [1, 0],
            [0.5, 2],
          ],
        }),
    ],
    ["multivariateNormal", () => multivariateNormal([0, 1], { scaleDiag: [1, 2] })],
    ["transformed to an interval", () => transformed(normal(0, 1), interval(2, 5))],
    ["transformed half-line", () => transformed(exponential(1), affine(1, -2))],
    ["transformed vector", () => transformed(independent(uniform([0, 1], 2)), affine([1, 2], -3))],
    ["transformed interval", () => transformed(uniform(0, 2), pipe(affine(0, -1), exp))],
    ["transformed to a simplex", () => transformed(independent(normal([0, 1], 1)), stickBreaking)],
  ])("%s", (_, build) => roundTrip(build()));

  it.each(Object.entries(families))("is there for %s, or refused", (name, build) => {
    const of = build(...Object.values(tables[name]![0]!.params).map((each) => toTensor(toArray(each))));
    try {
      const b = bijectorTo(of);
      const y = b.forward(tf.fill([...of.batch, ...b.inverseShape(of.event)], 0.3));
      expect(tf.all(tf.isFinite(of.family.logDensity(of.parameters, y))).dataSync()[0]).toBe(1);
    } catch (error) {
      expect(error).toMatchObject({ code: "unconstrained" });
    }
  });

  it("is refused where nobody knows the support", () => {
    const positive = independent(exponential([1, 1]));
    expect(() => bijectorTo(transformed(positive, bijectors.permute([1, 0])))).toThrow("nothing is known");
    expect(bijectorTo(transformed(positive, bijectors.permute([1, 0], "positive"))).rule.name).toBe("exp");
    expect(() => bijectorTo(vonMisesFisher([1, 0, 0], 2))).toThrow("whole sphere");
  });

  it("refuses discrete distributions", () => {
    expect(() => bijectorTo(poisson(1))).toThrow("its values are discrete");
    expect(() => bijectorTo(flip(0.5))).toThrow(ElbowError);
  });
});
