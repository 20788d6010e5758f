// Multivariate families: entropies, low-rank covariances, the sphere, factors of correlation matrices.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Distribution } from "../../src/distributions/distribution.js";
import { lkjCholesky } from "../../src/distributions/lkjCholesky.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { vonMises } from "../../src/distributions/vonMises.js";
import { vonMisesFisher } from "../../src/distributions/vonMisesFisher.js";
import { wishart } from "../../src/distributions/wishart.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { diagonalMatrix, matrixProduct } from "../../src/ops/linearAlgebra.js";
import { seedKey } from "../../src/ops/random.js";
import { integrate } from "../../src/util/quadrature/gaussLegendre.js";
import { flatten, gradientInDoubles, inDoubles, tables, toArray } from "./arrays.js";
import { families } from "./families.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;

const array = (shape: number[], elements: readonly number[]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});

/** A quantity of a distribution in double precision. */
const ofFamily = (
  build: (...parameters: tf.Tensor[]) => Anything,
  quantity: "entropy" | "mean" | "variance",
  inputs: readonly NDArray[],
): number[] => [
  ...inDoubles((...parameters) => {
    const { family, parameters: converted } = build(...parameters);
    return family[quantity]!(converted);
  }, inputs).elements,
];

const logDensityOf =
  (build: (...parameters: tf.Tensor[]) => Anything) =>
  (x: tf.Tensor, ...parameters: tf.Tensor[]) => {
    const { family, parameters: converted } = build(...parameters);
    return family.logDensity(converted, x);
  };

const expectNear = (received: readonly number[], expected: readonly number[], tolerance = 1e-10): void => {
  expect(received.length).toBe(expected.length);
  for (const [i, truth] of expected.entries())
    expect(Math.abs(received[i]! - truth)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(truth)));
};

const multivariate = Object.entries(families).filter(([name]) =>
  /^(Multivariate|LKJ|Wishart|GaussianRandomWalk|Dirichlet$)/.test(name),
);

describe("entropies of the table", () => {
  it.each(multivariate)("%s", (name, build) => {
    for (const each of tables[name]!)
      expectNear(ofFamily(build, "entropy", Object.values(each.params).map(toArray)), flatten(each.entropy));
  });
  it("has them all", () => expect(multivariate).toHaveLength(12));
});

describe("LKJ", () => {
  it("has the table's derivatives in the free entries", () => {
    for (const { params, points } of tables["LKJCholesky, dim = 3"]!)
      for (const { x, d_x_free } of points) {
        if (!d_x_free) continue;
        // entries below the diagonal, from which those on it follow
        const density = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, concentration: tf.Tensor) => {
          const root = (...parts: tf.Tensor[]) =>
            tf.sqrt(parts.reduce((rest, part) => tf.sub(rest, tf.square(part)), tf.scalar(1)));
          const zero = tf.scalar(0);
          const rows = [tf.scalar(1), zero, zero, a, root(a), zero, b, c, root(b, c)];
          return logDensityOf((eta) => lkjCholesky(3, eta!))(tf.reshape(tf.stack(rows), [3, 3]), concentration);
        };
        const all = flatten(x);
        const inputs = [...[3, 6, 7].map((at) => array([], [all[at]!])), toArray(params.concentration!)];
        const { gradient } = gradientInDoubles(density as (...inputs: tf.Tensor[]) => tf.Tensor, inputs);
        const truth = flatten(d_x_free);
        expectNear(gradient.slice(0, 3).flat(), [truth[3]!, truth[6]!, truth[7]!], 1e-7);
      }
  });
  it("integrates to one in two dimensions", () => {
    const density = (r: number) =>
      inDoubles(
        logDensityOf((eta) => lkjCholesky(2, eta!)),
        [array([2, 2], [1, 0, r, Math.sqrt(1 - r * r)]), array([], [2.25])],
      ).elements[0]!;
    expect(integrate((t) => Math.exp(density(Math.sin(t))) * Math.cos(t), -Math.PI / 2, Math.PI / 2, 8)).toBeCloseTo(
      1,
      10,
    );
  });
  it("is a point mass in one dimension, and refuses none", () => {
    const { family, parameters } = lkjCholesky(1, 2);
    const draw = family.draw(parameters, seedKey(1), [4]);
    expect([...draw.dataSync()]).toEqual([1, 1, 1, 1]);
    expect([...family.logDensity(parameters, draw).dataSync()]).toEqual([0, 0, 0, 0]);
    expect(() => lkjCholesky(0, 1)).toThrow(/positive integer/);
  });
  it("gives draws the density of the support, in single precision", () => {
    const { family, parameters } = lkjCholesky(6, [0.5, 1, 50]);
    const scores = family.logDensity(parameters, family.draw(parameters, seedKey(2), [1000, 3])).dataSync();
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

describe("low-rank covariances", () => {
  const [loc, factor, diag] = [
    array([4], [1, -1, 0.5, 2]),
    array([4, 2], [1, 0.5, -0.25, 2, 0, 1, 3, -1]),
    array([4], [0.5, 1, 2, 0.25]),
  ];
  const lowRank = (m: tf.Tensor, w: tf.Tensor, d: tf.Tensor) => multivariateNormal(m, { covFactor: w, covDiag: d });
  const full = (m: tf.Tensor, w: tf.Tensor, d: tf.Tensor) =>
    multivariateNormal(m, { covariance: tf.add(matrixProduct(w, w, { transposeB: true }), diagonalMatrix(d)) });
  const inputs = [loc, factor, diag];
  const builds = [lowRank, full] as unknown as ((...parameters: tf.Tensor[]) => Anything)[];

  it("have the density and the derivatives of the full matrix", () => {
    const x = array([4], [0, 1.5, -2, 1]);
    const [own, truth] = builds.map((build) => gradientInDoubles(logDensityOf(build), [x, ...inputs]));
    expectNear([own!.value, ...own!.gradient.flat()], [truth!.value, ...truth!.gradient.flat()]);
  });
  it("have its moments and entropy", () => {
    for (const quantity of ["mean", "variance", "entropy"] as const) {
      const [own, truth] = builds.map((build) => ofFamily(build, quantity, inputs));
      expectNear(own!, truth!);
    }
  });
  it("score batches of parameters elementwise", () => {
    const parameters = tf.tidy(() => [tf.randomNormal([3, 1, 4]), tf.randomNormal([2, 4, 2]), tf.ones([4])] as const);
    const {
      family,
      parameters: own,
      batch,
      event,
    } = multivariateNormal(parameters[0], {
      covFactor: parameters[1],
      covDiag: parameters[2],
    });
    expect([batch, event]).toEqual([[3, 2], [4]]);
    const x = family.draw(own, seedKey(1), [5, ...batch]);
    expect(x.shape).toEqual([5, 3, 2, 4]);
    const other = full(...parameters);
    const truth = other.family.logDensity(other.parameters, x).dataSync();
    for (const [i, each] of family.logDensity(own, x).dataSync().entries()) expect(each).toBeCloseTo(truth[i]!, 3);
  });
  it("are refused beside another scale, by halves, and in shapes that do not fit", () => {
    // @ts-expect-error one half
    expect(() => multivariateNormal([0, 0], { covFactor: [[1], [1]] })).toThrow(/covFactor with covDiag/);
    // @ts-expect-error two scales
    expect(() => multivariateNormal([0], { covFactor: [[1]], covDiag: [1], scaleDiag: [1] })).toThrow(/received/);
    expect(() => multivariateNormal([0, 0], { covFactor: [[1]], covDiag: [1] })).toThrow(/do not fit/);
  });
});

describe("the sphere", () => {
  const density = (n: number, x: readonly number[], mean: readonly number[], kappa: number) =>
    gradientInDoubles(
      logDensityOf((m, k) => vonMisesFisher(m!, k!)),
      [array([n], x), array([n], mean), array([], [kappa])],
    );
  const [mean3, x3] = [
    [0, 0.6, 0.8],
    [0.8, 0, 0.6],
  ];
  const dot = 0.48;

  it.each([1e-3, 0.5, 4, 60, 1e4, 1e6])("three dimensions in closed form, κ = %d", (kappa) => {
    const { value, gradient } = density(3, x3!, mean3!, kappa);
    const logNormalizer = Math.log((2 * Math.PI * -Math.expm1(-2 * kappa)) / kappa);
    expectNear([value], [kappa * (dot - 1) - logNormalizer], 1e-12);
    // E μ·x = coth κ − 1/κ, by its series for small κ
    const length = kappa < 0.01 ? kappa / 3 - kappa ** 3 / 45 : 1 / Math.tanh(kappa) - 1 / kappa;
    expectNear(gradient[2]!, [dot - length], 1e-11);
  });
  it.each([0.3, 5, 200])("the circle is von Mises, κ = %d", (kappa) => {
    const angle = 0.7;
    const { value } = density(2, [Math.cos(angle), Math.sin(angle)], [0, 1], kappa);
    const truth = inDoubles(
      logDensityOf((k) => vonMises(Math.PI / 2, k!)),
      [array([], [angle]), array([], [kappa])],
    );
    expectNear([value], [...truth.elements], 1e-11);
  });
  it.each([
    [4, 2],
    [5, 0.5],
    [8, 30],
    [50, 100],
    [300, 10],
  ])("%d dimensions by the series of the Bessel function, κ = %d", (n, kappa) => {
    const order = n / 2 - 1;
    // log I_ν(κ) by its series, all of whose terms are positive
    const lgammas = (z: number): number => {
      let shift = 0;
      let at = z;
      for (; at < 30; at++) shift -= Math.log(at);
      return (
        shift +
        (at - 0.5) * Math.log(at) -
        at +
        0.5 * Math.log(2 * Math.PI) +
        1 / (12 * at) -
        1 / (360 * at ** 3) +
        1 / (1260 * at ** 5)
      );
    };
    let sum = 0;
    let largest = Number.NEGATIVE_INFINITY;
    const terms = Array.from(
      { length: 400 },
      (_, k) => (2 * k + order) * Math.log(kappa / 2) - lgammas(k + 1) - lgammas(k + order + 1),
    );
    largest = Math.max(...terms);
    for (const term of terms) sum += Math.exp(term - largest);
    const logBessel = largest + Math.log(sum);
    const truth = order * Math.log(kappa) - (n / 2) * Math.log(2 * Math.PI) - logBessel + kappa;
    const pole = Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0));
    expectNear([density(n, pole, pole, kappa).value], [truth], 1e-11);
  });
  it("is uniform without concentration", () => {
    expectNear([density(3, x3!, mean3!, 0).value], [-Math.log(4 * Math.PI)]);
    expectNear(
      ofFamily((m, k) => vonMisesFisher(m!, k!), "variance", [array([3], mean3!), array([], [0])]),
      [1 / 3, 1 / 3, 1 / 3],
    );
  });
  it("has the entropy of its density", () => {
    const kappa = 2.5;
    const logC = Math.log(kappa / (4 * Math.PI * Math.sinh(kappa)));
    const truth = -logC - kappa * (1 / Math.tanh(kappa) - 1 / kappa);
    expectNear(
      ofFamily((m, k) => vonMisesFisher(m!, k!), "entropy", [array([3], mean3!), array([], [kappa])]),
      [truth],
    );
  });
  it("has no density off the sphere, and no NaN derivative", () => {
    const { value, gradient } = density(3, [1, 1, 0], mean3!, 2);
    expect(value).toBe(Number.NEGATIVE_INFINITY);
    expect(gradient.flat().every((each) => !Number.isNaN(each))).toBe(true);
  });
  it("needs two dimensions", () => expect(() => vonMisesFisher([1], 1)).toThrow(/n ≥ 2/));
});

describe("Wishart", () => {
  it("refuses no scale, two, and what is not square", () => {
    // @ts-expect-error none
    expect(() => wishart(3, {})).toThrow(/neither/);
    // @ts-expect-error both
    expect(() => wishart(3, { scaleMatrix: [[1]], scaleTril: [[1]] })).toThrow(/both/);
    expect(() => wishart(3, { scaleTril: [[1, 0]] })).toThrow(/square/);
  });
  it("is a gamma distribution in one dimension", () => {
    const value = inDoubles(
      logDensityOf((df, v) => wishart(df!, { scaleMatrix: v! })),
      [array([1, 1], [1.5]), array([], [3]), array([1, 1], [2])],
    ).elements[0]!;
    // Gamma(ν/2, rate 1/(2v)): Γ(3/2) = ½√π
    const truth = 1.5 * Math.log(1 / 4) + 0.5 * Math.log(1.5) - 1.5 / 4 - Math.log(0.5 * Math.sqrt(Math.PI));
    expectNear([value], [truth]);
  });
});
