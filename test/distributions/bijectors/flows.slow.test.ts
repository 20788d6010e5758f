// All bijectors: log determinants against numeric Jacobians, round trips, batches; flows as densities.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";
import * as bijectors from "../../../src/distributions/bijectors/bijectors.js";
import { independent } from "../../../src/distributions/independent.js";
import { normal } from "../../../src/distributions/normal.js";
import { transformed } from "../../../src/distributions/transformed.js";
import { inDoubles } from "../arrays.js";
import { numericLogDet, vector } from "./jacobians.js";
import { stirred } from "./stirred.js";

beforeAll(() => tf.setBackend("cpu"));

const {
  affine,
  bounded,
  choleskyProduct,
  correlationCholesky,
  coupling,
  exp,
  identity,
  initAutoregressive,
  initCoupling,
  initPlanar,
  initRationalQuadraticSpline,
  interval,
  inverse,
  inverseAutoregressive,
  lowerCholesky,
  maskedAutoregressive,
  ordered,
  permute,
  pipe,
  planar,
  power,
  rationalQuadraticSpline,
  sigmoid,
  softplus,
  splineTransformer,
  stickBreaking,
  trilAffine,
} = bijectors;

const hidden = [7, 5];
const spline = splineTransformer({ bins: 4, bound: 3 });
const built: Readonly<Record<string, () => Bijector<"real", "real">>> = {
  planar: () => planar(stirred(initPlanar(1, 3))),
  "planar, almost not invertible": () =>
    planar({ u: tf.tensor1d([-40, 0, 0]), w: tf.tensor1d([2, 1, -1]), b: tf.scalar(0.3) }),
  coupling: () => coupling(stirred(initCoupling(1, 3, { hidden }))),
  "coupling, reversed": () => coupling(stirred(initCoupling(1, 3, { hidden, kept: 2 })), { kept: 2, reverse: true }),
  "coupling of splines": () =>
    coupling(stirred(initCoupling(2, 3, { hidden, transformer: spline })), { transformer: spline }),
  maskedAutoregressive: () => maskedAutoregressive(stirred(initAutoregressive(3, 3, { hidden }))),
  "maskedAutoregressive of splines": () =>
    maskedAutoregressive(stirred(initAutoregressive(3, 3, { hidden, transformer: spline })), { transformer: spline }),
  inverseAutoregressive: () => inverseAutoregressive(stirred(initAutoregressive(4, 3, { hidden }))),
  trilAffine: () =>
    trilAffine(
      [1, 2, 3],
      [
        [2, 9, 9],
        [1, -0.5, 9],
        [0.3, 0.2, 1],
      ],
    ),
  permute: () => permute([2, 0, 1]),
  "a pipe of all": () =>
    pipe(
      coupling(stirred(initCoupling(1, 3, { hidden }))),
      permute([1, 2, 0]),
      affine([1, 2, 3], [2, -1, 0.5]),
      planar(stirred(initPlanar(2, 3))),
      maskedAutoregressive(stirred(initAutoregressive(3, 3, { hidden }))),
    ),
};

describe.each(Object.entries(built))("%s", (_, build) => {
  let flow: Bijector;
  // outside of traces, where tensors are of single precision
  beforeAll(() => {
    flow = build();
  });
  const points = [
    [0.3, -0.7, 1.1],
    [-2.1, 0.4, 0.2],
    [4.5, -3.5, 0],
  ];

  it.each(points)("has the determinant of its Jacobian at %s, %s, %s", (...point) => {
    const x = vector(point);
    const logDet = inDoubles((each) => flow.logDet(each!), [x]);
    expect(logDet.shape).toEqual([]);
    expect(logDet.elements[0]).toBeCloseTo(numericLogDet(flow, x), 6);
  });

  it.each(points)("comes back from %s, %s, %s", (...point) => {
    const back = inDoubles((x) => flow.inverse(flow.forward(x!)), [vector(point)]).elements;
    const ahead = inDoubles((y) => flow.forward(flow.inverse(y!)), [vector(point)]).elements;
    for (const [i, each] of point.entries()) {
      expect(back[i]).toBeCloseTo(each, 9);
      expect(ahead[i]).toBeCloseTo(each, 9);
    }
    const sum = inDoubles((x) => tf.add(flow.logDet(x!), flow.inverseLogDet(flow.forward(x!))), [vector(point)]);
    expect(sum.elements[0]).toBeCloseTo(0, 9);
  });

  it("maps the rows of a batch each by itself, eagerly too", () => {
    const rows = tf.tensor2d(points);
    const all = flow.forward(rows);
    expect(all.shape).toEqual([3, 3]);
    expect(flow.logDet(rows).shape).toEqual([3]);
    const apart = points.map((point) => flow.forward(point));
    const difference = tf.max(tf.abs(tf.sub(all, tf.stack(apart)))).dataSync()[0]!;
    expect(difference).toBeLessThan(1e-4);
  });
});

describe("densities of flows integrate to 1", () => {
  const flows: Readonly<Record<string, () => Bijector<"real", "real", false>>> = {
    planar: () => planar(stirred(initPlanar(1, 2))),
    coupling: () => coupling(stirred(initCoupling(1, 2, { hidden }), 5, 0.3)),
    "coupling of splines": () =>
      coupling(stirred(initCoupling(2, 2, { hidden, transformer: spline }), 5, 0.3), { transformer: spline }),
    maskedAutoregressive: () => maskedAutoregressive(stirred(initAutoregressive(3, 2, { hidden }), 5, 0.3)),
    inverseAutoregressive: () => inverseAutoregressive(stirred(initAutoregressive(4, 2, { hidden }), 5, 0.3)),
  };
  it.each(Object.entries(flows))("%s", (_, build) => {
    const [n, width] = [160, 20];
    const axis = Array.from({ length: n }, (__, i) => ((i + 0.5) / n - 0.5) * width);
    const grid = vector(
      axis.flatMap((x) => axis.flatMap((y) => [x, y])),
      [n * n, 2],
    );
    const density = (y: tf.Tensor, extra = 0) => {
      const { family, parameters } = transformed(independent(normal([0, 0], 1)), build());
      return tf.sum(tf.exp(tf.add(family.logDensity(parameters, y), extra)));
    };
    const mass = (extra: number) => inDoubles((y) => density(y!, extra), [grid]).elements[0]! * (width / n) ** 2;
    expect(Math.abs(mass(0) - 1)).toBeLessThan(2e-3);
    expect(Math.abs(mass(0.01) - 1)).toBeGreaterThan(2e-3);
  });
});

describe("elements and matrices", () => {
  const scalars: Readonly<Record<string, readonly [() => Bijector, readonly number[]]>> = {
    identity: [() => identity(), [-1, 0.5]],
    power: [() => power(2.5), [0.3, 2]],
    "power of a negative exponent": [() => power(-0.5), [0.3, 2]],
    "inverse(softplus)": [() => inverse(softplus), [0.01, 0.3, 5]],
    "inverse(exp)": [() => inverse(exp), [0.3, 5]],
    "inverse(interval)": [() => inverse(interval(-1, 2)), [-0.5, 1.9]],
    "bounded on both sides": [() => bounded(-1, 2), [-3, 0.4]],
    "bounded from below": [() => bounded(-1, Number.POSITIVE_INFINITY), [-3, 0.4]],
    "bounded from above": [() => bounded(Number.NEGATIVE_INFINITY, 2), [-3, 0.4]],
    "not bounded": [() => bounded(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), [-3, 0.4]],
    rationalQuadraticSpline: [
      () => rationalQuadraticSpline(stirred(initRationalQuadraticSpline(0, { bins: 5 })), { bound: 2 }),
      [-7, -1.9, -0.3, 0.01, 1.2, 2.5],
    ],
    "a pipe": [() => pipe(pipe(affine(1, -2), sigmoid, inverse(sigmoid)), exp, power(0.5)), [-1, 0.3]],
  };
  it.each(Object.entries(scalars))("%s", (_, [build, points]) => {
    const of = build();
    for (const point of points) {
      const x = vector([point], []);
      const numeric = numericLogDet(of, x, [0]);
      expect(inDoubles((each) => of.logDet(each!), [x]).elements[0]).toBeCloseTo(numeric, 6);
      const y = inDoubles((each) => of.forward(each!), [x]);
      expect(inDoubles((each) => of.inverse(each!), [y]).elements[0]).toBeCloseTo(point, 9);
      expect(inDoubles((each) => of.inverseLogDet(each!), [y]).elements[0]).toBeCloseTo(-numeric, 6);
    }
  });

  it.each([
    ["stickBreaking", () => stickBreaking, [0, 1, 2]],
    ["ordered", () => ordered, [0, 1, 2]],
    ["correlationCholesky", () => correlationCholesky, [3, 6, 7]],
    ["lowerCholesky", () => pipe(affine([1, 2, 3], 0.5), lowerCholesky({ diagonal: "softplus" })), [0, 2, 3]],
    ["positive definite", () => pipe(lowerCholesky(), choleskyProduct), [0, 2, 3]],
  ] as const)("%s", (_, build: () => Bijector, free) => {
    const of = build();
    const x = vector([0.4, -0.7, 0.2]);
    const numeric = numericLogDet(of, x, free);
    expect(inDoubles((each) => of.logDet(each!), [x]).elements[0]).toBeCloseTo(numeric, 6);
    const y = inDoubles((each) => of.forward(each!), [x]);
    expect(y.shape).toEqual(of.forwardShape([3]));
    expect(of.inverseShape(y.shape)).toEqual([3]);
    const back = inDoubles((each) => of.inverse(each!), [y]).elements;
    for (const [i, each] of x.elements.entries()) expect(back[i]).toBeCloseTo(each, 9);
    expect(inDoubles((each) => of.inverseLogDet(each!), [y]).elements[0]).toBeCloseTo(-numeric, 6);
  });

  it("say NaN of what is not in their domain", () => {
    expect([...exp.inverse([-1, 0, 1]).dataSync()]).toEqual([Number.NaN, Number.NaN, 0]);
    expect([...power(2).forward([-1, 2]).dataSync()]).toEqual([Number.NaN, 4]);
    expect([...stickBreaking.inverse([0.5, 0.7]).dataSync()]).toEqual([Number.NaN]);
    expect([...pipe(exp, affine(1, 2)).inverse([0.5, 3]).dataSync()]).toEqual([Number.NaN, 0]);
  });

  it("refuse what does not fit", () => {
    expect(() => permute([0, 2])).toThrow("every index");
    expect(() => permute([0, 1]).forwardShape([3])).toThrow("as many elements");
    expect(() => stickBreaking.inverseShape([1])).toThrow("k − 1 numbers");
    expect(() => lowerCholesky().forwardShape([4])).toThrow("n(n + 1)/2");
    expect(() => trilAffine([0, 1], [[1]])).toThrow("do not fit");
    expect(() => coupling(initCoupling(0, 2), { kept: 2 }).forward([1, 2])).toThrow("some must be kept");
    // @ts-expect-error a network needs sizes, and pipes their supports
    expect(() => pipe(stickBreaking, exp)).toThrow("cannot follow");
  });
});

it("a coupling takes a network of one's own", () => {
  const conditioner = ({ slope }: { slope: tf.Tensor }, x: tf.Tensor) =>
    tf.concat([tf.mul(slope, x), tf.zerosLike(x)], -1);
  const shear = coupling({ slope: tf.scalar(3) }, { conditioner });
  expect([...shear.forward([2, 1]).dataSync()]).toEqual([2, 7]);
  expect([...shear.inverse([2, 7]).dataSync()]).toEqual([2, 1]);
});
