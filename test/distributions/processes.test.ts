// Stochastic processes: densities against joint distributions and enumeration, moments, derivatives of draws, axes.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { autoregressive } from "../../src/distributions/autoregressive.js";
import { categorical } from "../../src/distributions/categorical.js";
import { dirichletProcess, stickLogWeights } from "../../src/distributions/dirichletProcess.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { gaussianProcess, squaredExponential } from "../../src/distributions/gaussianProcess.js";
import { gaussianRandomWalk } from "../../src/distributions/gaussianRandomWalk.js";
import { hmm } from "../../src/distributions/hmm.js";
import { iid } from "../../src/distributions/iid.js";
import { linearGaussianStateSpace, smoothedStates } from "../../src/distributions/linearGaussianStateSpace.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { stickBreaking } from "../../src/distributions/stickBreaking.js";
import { drawValue } from "../../src/dsl/site.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { reparam } from "../../src/strategies/reparam.js";
import { findDependence } from "../../src/transforms/estimate/dependence.js";
import { captureSource } from "../../src/util/location.js";
import { gaussLegendre } from "../../src/util/quadrature/gaussLegendre.js";
import { range } from "../../src/util/shapes.js";
import { gradientInDoubles, inDoubles } from "./arrays.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;
type Build = (...parameters: tf.Tensor[]) => Anything;
type Matrix = readonly (readonly number[])[];

const array = (shape: number[], elements: readonly number[]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});
const matrix = (rows: Matrix): NDArray => array([rows.length, rows[0]!.length], rows.flat());

const logDensityOf =
  (build: Build) =>
  (x: tf.Tensor, ...parameters: tf.Tensor[]): tf.Tensor => {
    const { family, parameters: converted } = build(...parameters);
    return family.logDensity(converted, x);
  };
const quantityOf = (build: Build, quantity: "entropy" | "mean" | "variance", inputs: readonly NDArray[]): number[] => [
  ...inDoubles((...parameters) => {
    const { family, parameters: converted } = build(...parameters);
    return family[quantity]!(converted);
  }, inputs).elements,
];

const expectNear = (received: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-10): void => {
  expect(received.length).toBe(expected.length);
  Array.from(expected).forEach((truth, i) => {
    expect(Math.abs(received[i]! - truth)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(truth)));
  });
};

/** Density, derivatives in the value, mean, variance and entropy are those of a joint normal distribution. */
function expectJointNormal(
  build: Build,
  inputs: readonly NDArray[],
  x: NDArray,
  loc: number[],
  covariance: Matrix,
): void {
  const n = loc.length;
  const joint: Build = (m, v) => multivariateNormal(m!, { covariance: v! });
  const own = gradientInDoubles(logDensityOf(build), [x, ...inputs]);
  const truth = gradientInDoubles(logDensityOf(joint), [
    array([n], [...x.elements]),
    array([n], loc),
    matrix(covariance),
  ]);
  expectNear([own.value, ...own.gradient[0]!], [truth.value, ...truth.gradient[0]!]);
  for (const partials of own.gradient) expect(partials.every(Number.isFinite)).toBe(true);
  expectNear(quantityOf(build, "mean", inputs), loc);
  expectNear(
    quantityOf(build, "variance", inputs),
    covariance.map((row, i) => row[i]!),
  );
  expectNear(quantityOf(build, "entropy", inputs), quantityOf(joint, "entropy", [array([n], loc), matrix(covariance)]));
}

const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
const transpose = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));
const sum = (a: Matrix, b: Matrix): number[][] => a.map((row, i) => row.map((x, j) => x + b[i]![j]!));
const square = (a: Matrix): number[][] => product(a, transpose(a));

describe("autoregressive", () => {
  const [coefficients, scale, before, intercept, steps] = [[0.5, -0.25, 0.125], 0.75, [1, -2, 0.5], 0.25, 6];
  const build: Build = (phi, sigma, initial, c) =>
    autoregressive({ coefficients: phi!, scale: sigma!, initial: initial!, intercept: c!, numSteps: steps });
  const inputs = [array([3], coefficients), array([], [scale]), array([3], before), array([], [intercept])];

  it("is the joint normal distribution of its recursion", () => {
    // values as means and rows of weights of the noises
    const means = [...before];
    const rows: number[][] = before.map(() => range(steps).map(() => 0));
    for (const t of range(steps)) {
      const at = means.length;
      means.push(coefficients.reduce((total, phi, j) => total + phi * means[at - 1 - j]!, intercept));
      rows.push(
        range(steps).map((k) =>
          coefficients.reduce((total, phi, j) => total + phi * rows[at - 1 - j]![k]!, k === t ? scale : 0),
        ),
      );
    }
    expectJointNormal(build, inputs, array([steps], [0.5, 1, -1, 0.25, 2, 0]), means.slice(3), square(rows.slice(3)));
  });
  it("is a random walk for one coefficient of 1", () => {
    const x = array([5], [0.1, 0.4, -0.3, 1, 0.5]);
    const walk = inDoubles(
      logDensityOf((s) => gaussianRandomWalk({ scale: s!, numSteps: 5 })),
      [x, array([], [0.5])],
    );
    const own = inDoubles(
      logDensityOf((s) => autoregressive({ coefficients: [1], scale: s!, numSteps: 5 })),
      [x, array([], [0.5])],
    );
    expectNear(own.elements, walk.elements);
  });
  it("refuses what does not fit", () => {
    expect(() => autoregressive({ coefficients: [0.5], scale: 1, numSteps: 0 })).toThrow(/positive integer/);
    expect(() => autoregressive({ coefficients: [0.5], scale: 1, initial: [0, 0], numSteps: 2 })).toThrow(/do not fit/);
  });
});

describe("linearGaussianStateSpace", () => {
  const [F, Q]: Matrix[] = [
    [
      [0.75, 0.5],
      [-0.25, 1],
    ],
    [
      [0.5, 0],
      [0.25, 1],
    ],
  ];
  const [H, R]: Matrix[] = [
    [
      [1, 0.5],
      [0, 2],
      [-1, 1],
    ],
    [
      [1, 0, 0],
      [0.5, 0.75, 0],
      [0, 0.25, 0.5],
    ],
  ];
  const [m0, S0]: [number[], Matrix] = [
    [1, -0.5],
    [
      [2, 0],
      [1, 0.5],
    ],
  ];
  const steps = 4;
  const build: Build = (transition, transitionScale, observation, observationScale, initialLoc, initialScale) =>
    linearGaussianStateSpace({
      transition: transition!,
      transitionScale: transitionScale!,
      observation: observation!,
      observationScale: observationScale!,
      initialLoc: initialLoc!,
      initialScale: initialScale!,
      numSteps: steps,
    });
  const inputs = [matrix(F!), matrix(Q!), matrix(H!), matrix(R!), array([2], m0), matrix(S0)];
  const x = array(
    [steps, 3],
    range(12).map((i) => Math.sin(3 * i) * 2),
  );

  /** The joint covariance of the states z₁ … z_T, and their means. */
  function states() {
    const means = [m0.map((each) => [each])];
    const own = [square(S0)];
    for (const t of range(steps - 1)) {
      means.push(product(F!, means[t]!));
      own.push(sum(product(product(F!, own[t]!), transpose(F!)), square(Q!)));
    }
    /** Cov(z_s, z_t) = P_s·(Fᵀ)^{t − s} for s ≤ t */
    const between = (s: number, t: number): number[][] =>
      s > t ? transpose(between(t, s)) : s === t ? own[s]! : product(between(s, t - 1), transpose(F!));
    return { means, between };
  }
  const { means, between } = states();
  const loc = means.flatMap((mean) => product(H!, mean).flat());
  const covariance = range(steps * 3).map((i) =>
    range(steps * 3).map((j) => {
      const [s, t] = [Math.floor(i / 3), Math.floor(j / 3)];
      const seen = product(product(H!, between(s, t)), transpose(H!))[i % 3]![j % 3]!;
      return seen + (s === t ? square(R!)[i % 3]![j % 3]! : 0);
    }),
  );

  it("is the joint normal distribution of its observations", () =>
    expectJointNormal(build, inputs, x, loc, covariance));

  it("smooths as conditioning the joint distribution does", () => {
    // E z | x = E z + Cov(z, x) Cov(x)⁻¹ (x − E x): the derivative of log p(x) in x is −Cov(x)⁻¹(x − E x)
    const { gradient } = gradientInDoubles(logDensityOf(build), [x, ...inputs]);
    const received = inDoubles(
      (value, ...parameters) => smoothedStates(build(...parameters), value).means,
      [x, ...inputs],
    );
    const truth = range(steps).flatMap((t) =>
      range(2).map((i) =>
        range(steps * 3).reduce((total, j) => {
          const across = product(between(t, Math.floor(j / 3)), transpose(H!))[i]![j % 3]!;
          return total - across * gradient[0]![j]!;
        }, means[t]![i]![0]!),
      ),
    );
    expectNear(received.elements, truth);
    // the last state's covariance is the filter's, the first one's by the total variance of a 2T-dimensional normal
    const spread = inDoubles(
      (value, ...parameters) => smoothedStates(build(...parameters), value).covariances,
      [x, ...inputs],
    );
    const inverse = inverseOf(covariance);
    const across = range(2).map((i) =>
      range(steps * 3).map((j) => product(between(0, Math.floor(j / 3)), transpose(H!))[i]![j % 3]!),
    );
    const explained = product(product(across, inverse), transpose(across));
    expectNear(
      spread.elements.slice(0, 4),
      between(0, 0).flatMap((row, i) => row.map((each, j) => each - explained[i]![j]!)),
    );
  });
  it("scores batches of parameters and observations elementwise", () => {
    const scales = tf.tensor([0.5, 1], [2, 1, 1, 1]);
    const model = linearGaussianStateSpace({
      transition: [[0.9]],
      transitionScale: [[1]],
      observation: [[1]],
      observationScale: scales,
      initialLoc: tf.zeros([3, 1]),
      initialScale: [[1]],
      numSteps: 5,
    });
    expect([model.batch, model.event]).toEqual([
      [2, 3],
      [5, 1],
    ]);
    const value = model.family.draw(model.parameters, seedKey(1), [4, 2, 3]);
    expect(value.shape).toEqual([4, 2, 3, 5, 1]);
    const received = model.family.logDensity(model.parameters, value);
    expect(received.shape).toEqual([4, 2, 3]);
    // every element by the distribution of its own parameters
    for (const [i, scale] of [0.5, 1].entries()) {
      const one = { transitionScale: [[1]], observationScale: [[scale]], initialScale: [[1]], initialLoc: [0] };
      const own = linearGaussianStateSpace({ transition: [[0.9]], observation: [[1]], numSteps: 5, ...one });
      const part = tf.slice(value, [0, i, 0, 0, 0], [4, 1, 3, 5, 1]);
      const truth = own.family.logDensity(own.parameters, part).dataSync();
      expectNear(tf.slice(received, [0, i, 0], [4, 1, 3]).dataSync(), truth, 1e-5);
    }
  });
  it("refuses what does not fit", () => {
    const one = [[1]];
    const rest = { transitionScale: one, observationScale: one, initialScale: one, initialLoc: [0], numSteps: 2 };
    expect(() => linearGaussianStateSpace({ transition: [[1, 0]], observation: one, ...rest })).toThrow(/do not fit/);
    expect(() => smoothedStates(normal(0, 1), [[1]])).toThrow(/takes a linearGaussianStateSpace/);
  });
});

/** By elimination. */
function inverseOf(a: Matrix): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...range(n).map((j) => (i === j ? 1 : 0))]);
  for (const k of range(n)) {
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((x) => x / pivot);
    for (const i of range(n)) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((x, j) => x - factor * rows[k]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

describe("hmm", () => {
  const initial = [0.5, 0.3, 0.2];
  const transition = [
    [0.7, 0.2, 0.1],
    [0, 0.5, 0.5],
    [0.25, 0.25, 0.5],
  ];
  const steps = 5;
  const values = [0.3, -1, 2, 0.5, 1.5];
  const locs = [-1, 0, 2];
  const density = (x: number, k: number) =>
    Math.exp(-0.5 * ((x - locs[k]!) / 0.75) ** 2) / (0.75 * Math.sqrt(2 * Math.PI));
  const build: Build = (start, rows, m) =>
    hmm({ initial: { probs: start! }, transition: { probs: rows! }, emission: normal(m!, 0.75), numSteps: steps });
  const inputs = [array([3], initial), matrix(transition), array([3], locs)];
  /** All paths of states with their probability. */
  const paths = range(3 ** steps).map((code) => {
    const path = range(steps).map((t) => Math.floor(code / 3 ** t) % 3);
    const probability = path.reduce((p, k, t) => p * (t === 0 ? initial[k]! : transition[path[t - 1]!]![k]!), 1);
    return { path, probability };
  });
  const total = (f: (path: number[]) => number) =>
    paths.reduce((s, { path, probability }) => s + probability * f(path), 0);

  it("sums over all paths, zero probabilities included", () => {
    const truth = Math.log(total((path) => path.reduce((p, k, t) => p * density(values[t]!, k), 1)));
    const { value, gradient } = gradientInDoubles(logDensityOf(build), [array([steps], values), ...inputs]);
    expectNear([value], [truth]);
    for (const partials of gradient) expect(partials.every(Number.isFinite)).toBe(true);
    // ∂/∂x₃ by enumeration
    const slope =
      total(
        (path) =>
          path.reduce((p, k, t) => p * density(values[t]!, k), 1) * (-(values[2]! - locs[path[2]!]!) / 0.75 ** 2),
      ) / Math.exp(truth);
    expectNear([gradient[0]![2]!], [slope]);
  });
  it("takes logits, up to a constant", () => {
    const logits: Build = (start, rows, m) =>
      hmm({ initial: { logits: start! }, transition: { logits: rows! }, emission: normal(m!, 0.75), numSteps: steps });
    const logs = [
      array(
        [3],
        initial.map((p) => Math.log(p) + 3),
      ),
      matrix(transition.map((row) => row.map((p) => Math.log(p)))),
      inputs[2]!,
    ];
    const x = array([steps], values);
    expectNear(
      inDoubles(logDensityOf(logits), [x, ...logs]).elements,
      inDoubles(logDensityOf(build), [x, ...inputs]).elements,
    );
  });
  it("has the mean and the variance of the mixtures at every time", () => {
    const at = (t: number, f: (k: number) => number) => total((path) => f(path[t]!));
    const means = range(steps).map((t) => at(t, (k) => locs[k]!));
    expectNear(quantityOf(build, "mean", inputs), means);
    const variances = range(steps).map((t) => at(t, (k) => 0.75 ** 2 + locs[k]! ** 2) - means[t]! ** 2);
    expectNear(quantityOf(build, "variance", inputs), variances);
  });
  it("is exact where emissions exclude states, and −∞ where they exclude all", () => {
    const coded: Build = (start, rows, probs) =>
      hmm({
        initial: { probs: start! },
        transition: { probs: rows! },
        emission: categorical({ probs: probs! }),
        numSteps: 3,
      });
    const emission = [
      [1, 0, 0],
      [0.5, 0.5, 0],
      [0, 1, 0],
    ];
    const parameters = [array([3], initial), matrix(transition), matrix(emission)];
    const at = (x: number[]) => gradientInDoubles(logDensityOf(coded), [array([3], x), ...parameters]);
    const truth = range(27).reduce((s, code) => {
      const path = range(3).map((t) => Math.floor(code / 3 ** t) % 3);
      const p = path.reduce((q, k, t) => q * (t === 0 ? initial[k]! : transition[path[t - 1]!]![k]!), 1);
      return s + p * path.reduce((q, k, t) => q * emission[k]![[0, 1, 0][t]!]!, 1);
    }, 0);
    expectNear([at([0, 1, 0]).value], [Math.log(truth)]);
    const outside = at([0, 2, 0]);
    expect(outside.value).toBe(Number.NEGATIVE_INFINITY);
    for (const { gradient } of [outside, at([0, 1, 0])])
      for (const partials of gradient) expect(partials.some(Number.isNaN)).toBe(false);
  });
  it("draws sequences of its own law", () => {
    const model = hmm({
      initial: { probs: [1, 0] },
      transition: {
        probs: [
          [0, 1],
          [1, 0],
        ],
      },
      emission: normal([-100, 100], 1),
      numSteps: 4,
    });
    const draws = model.family.draw(model.parameters, seedKey(3), [50]);
    expect(draws.shape).toEqual([50, 4]);
    expect(draws.dataSync().every((x, i) => Math.abs(x - (i % 2 === 0 ? -100 : 100)) < 10)).toBe(true);
  });
  it("has batches of chains, of vectors, and of counts", () => {
    const chains = hmm({
      initial: { probs: [0.5, 0.5] },
      transition: { logits: tf.zeros([4, 1, 2, 2]) },
      emission: multivariateNormal(tf.zeros([3, 2, 5]), { scaleDiag: tf.ones([5]) }),
      numSteps: 6,
    });
    expect([chains.batch, chains.event]).toEqual([
      [4, 3],
      [6, 5],
    ]);
    const x = chains.family.draw(chains.parameters, seedKey(1), [7, 4, 3]);
    expect(x.shape).toEqual([7, 4, 3, 6, 5]);
    const truth = tf.sum(normal(0, 1).family.logDensity([tf.scalar(0), tf.scalar(1)], x), [-1, -2]).dataSync();
    expectNear(chains.family.logDensity(chains.parameters, x).dataSync(), truth, 1e-5);
    const counts = hmm({ initial: { probs: [1] }, transition: { probs: [[1]] }, emission: poisson([2]), numSteps: 2 });
    expectNear(
      counts.family.logDensity(counts.parameters, tf.tensor([3, 0], [2], "int32")).dataSync(),
      [Math.log(8 / 6) - 4],
      1e-6,
    );
  });
  it("refuses what does not fit", () => {
    const parts = { initial: { probs: [0.5, 0.5] }, transition: { probs: transition }, numSteps: 2 };
    expect(() => hmm({ ...parts, emission: normal([0, 1], 1) })).toThrow(/do not fit/);
    expect(() => hmm({ ...parts, emission: reparam(normal([0, 1], 1)) })).toThrow(/was chosen/);
  });
});

describe("gaussianProcess", () => {
  const points = [0, 0.5, 2];
  it("is the multivariate normal of the kernel, noise and jitter", () => {
    const build: Build = (inputs, length, noise, mean) =>
      gaussianProcess({
        kernel: squaredExponential({ scale: 1.5, lengthScale: length! }),
        inputs: inputs!,
        noiseScale: noise!,
        mean: mean!,
        jitter: 1e-4,
      });
    const covariance = points.map((a) =>
      points.map((b) => 2.25 * Math.exp((-0.5 * (a - b) ** 2) / 0.75 ** 2) + (a === b ? 0.0625 + 1e-4 : 0)),
    );
    const inputs = [array([3], points), array([], [0.75]), array([], [0.25]), array([3], [1, 0, -1])];
    expectJointNormal(build, inputs, array([3], [0.5, 1, -2]), [1, 0, -1], covariance);
  });
  it("takes matrices, and says what is missing", () => {
    const { family, batch } = gaussianProcess({ kernel: tf.ones([4, 3, 3]), noiseScale: [[1], [2]] });
    expect([family.name, batch]).toEqual(["multivariateNormal", [2, 4]]);
    expect(() => gaussianProcess({ kernel: squaredExponential() })).toThrow(/needs inputs/);
    expect(() => gaussianProcess({ kernel: [[1, 0]] })).toThrow(/square/);
  });
  it("has kernels of points in space", () => {
    const k = squaredExponential({ lengthScale: 2 })(
      tf.tensor2d([
        [0, 0],
        [3, 4],
      ]),
      tf.tensor2d([[0, 0]]),
    );
    expectNear(k.dataSync(), [1, Math.exp(-25 / 8)], 1e-6);
  });
});

describe("stick breaking", () => {
  it("has the density of its sticks", () => {
    const alpha = 1.75;
    const v = [0.3, 0.6, 0.2];
    const weights = [0.3, 0.7 * 0.6, 0.7 * 0.4 * 0.2, 0.7 * 0.4 * 0.8];
    const ofSticks = v.reduce((total, each) => total + Math.log(alpha) + (alpha - 1) * Math.log1p(-each), 0);
    // |dw/dv| = Π of what is left before every break
    const truth = ofSticks - Math.log(0.7) - Math.log(0.7 * 0.4);
    expectNear(
      inDoubles(
        logDensityOf((a) => stickBreaking(a!, 4)),
        [array([4], weights), array([], [alpha])],
      ).elements,
      [truth],
    );
  });
  it("integrates to one, with its moments and entropy", () => {
    const alpha = 2.5;
    // all points of a product rule over the triangle at once
    const { nodes, weights } = gaussLegendre(40);
    const points = nodes.flatMap((x, k) => {
      const a = (1 + x) / 2;
      return nodes.map((y, l) => {
        const b = ((1 - a) * (1 + y)) / 2;
        return { w: [a, b, 1 - a - b], weight: (weights[k]! * weights[l]! * (1 - a)) / 4 };
      });
    });
    const values = array(
      [points.length, 3],
      points.flatMap(({ w }) => w),
    );
    const scores = inDoubles(
      logDensityOf((a) => stickBreaking(a!, 3)),
      [values, array([], [alpha])],
    ).elements;
    const over = (f: (w: number[], score: number) => number) =>
      points.reduce((all, { w, weight }, k) => all + weight * Math.exp(scores[k]!) * f(w, scores[k]!), 0);
    const inputs = [array([], [alpha])];
    const means = quantityOf((a) => stickBreaking(a!, 3), "mean", inputs);
    const variances = quantityOf((a) => stickBreaking(a!, 3), "variance", inputs);
    for (const k of range(3)) {
      expect(over((w) => w[k]!)).toBeCloseTo(means[k]!, 4);
      expect(over((w) => w[k]! ** 2) - means[k]! ** 2).toBeCloseTo(variances[k]!, 4);
    }
    expect(over((_, score) => -score)).toBeCloseTo(quantityOf((a) => stickBreaking(a!, 3), "entropy", inputs)[0]!, 3);
  });
  it("has no density outside the simplex, nor NaN at its edges", () => {
    const at = (w: number[]) =>
      gradientInDoubles(
        logDensityOf((a) => stickBreaking(a!, 3)),
        [array([3], w), array([], [0.5])],
      );
    for (const w of [
      [0.5, 0.5, 0.5],
      [1, 0, 0],
      [-0.5, 1, 0.5],
    ])
      expect(at(w).value).toBe(Number.NEGATIVE_INFINITY);
    expect(at([0.5, 0.5, 0]).value).toBe(Number.POSITIVE_INFINITY);
    for (const w of [
      [1, 0, 0],
      [0.5, 0, 0.5],
    ])
      expect(at(w).gradient.flat().some(Number.isNaN)).toBe(false);
  });
  it("makes a Dirichlet process of shares and atoms", () => {
    const { rests, atoms } = dirichletProcess(tf.tensor1d([1, 2]), normal([0, 1], 1), 5);
    expect([rests.batch, rests.event, atoms.batch]).toEqual([[2], [4], [5, 2]]);
    const shares = tf.tensor1d([0.7, 0.4, 0.8]);
    expectNear(tf.exp(stickLogWeights(shares)).dataSync(), [0.3, 0.42, 0.056, 0.224], 1e-6);
    expect(() => dirichletProcess(1, normal(0, 1), 1)).toThrow(/integer ≥ 2/);
  });
});

const keyType = { shape: [2], dtype: "int32" } as const;
const unit = (x: tf.Tensor, n: number) => tf.mul(tf.expandDims(tf.expandDims(x, -1), -1), tf.eye(n));

/** Each process as a function of one positive number (or a batch of them). */
const processes: readonly (readonly [string, (theta: tf.Tensor) => Anything])[] = [
  ["gaussianRandomWalk", (t) => gaussianRandomWalk({ scale: t, numSteps: 4 })],
  ["autoregressive", (t) => autoregressive({ coefficients: [0.5, 0.25], scale: t, numSteps: 4 })],
  [
    "linearGaussianStateSpace",
    (t) =>
      linearGaussianStateSpace({
        transition: [
          [0.5, 0.25],
          [0, 1],
        ],
        transitionScale: unit(t, 2),
        observation: [[1, 1]],
        observationScale: unit(t, 1),
        initialLoc: [0, 0],
        initialScale: unit(t, 2),
        numSteps: 4,
      }),
  ],
  ["gaussianProcess", (t) => gaussianProcess({ kernel: tf.eye(3), noiseScale: t })],
  ["stickBreaking", (t) => stickBreaking(t, 4)],
  [
    "low rank",
    (t) => multivariateNormal([0, 0], { covFactor: [[1], [2]], covDiag: tf.mul(tf.expandDims(t, -1), [1, 2]) }),
  ],
];
const discrete: typeof processes = [
  [
    "hmm",
    (t) =>
      hmm({
        initial: { probs: [0.5, 0.5] },
        transition: { logits: unit(t, 2) },
        emission: normal([-1, 1], 1),
        numSteps: 4,
      }),
  ],
];

describe.each([...processes, ...discrete])("%s", (_, build) => {
  const drawsOf = (theta: tf.Tensor): tf.Tensor => {
    const { family, parameters, batch } = build(tf.add(theta, 0));
    return family.draw(parameters, seedKey(3), [4, ...batch]);
  };
  const at = (x: number) => array([], [x]);

  it("draws the same traced and eager, and scores its draws", () => {
    const eager = drawsOf(tf.scalar(0.75)).dataSync();
    expectNear(eager, inDoubles(drawsOf, [at(0.75)]).elements, 2e-5);
    const { family, parameters } = build(tf.scalar(0.75));
    expect(
      family
        .logDensity(parameters, drawsOf(tf.scalar(0.75)))
        .dataSync()
        .every(Number.isFinite),
    ).toBe(true);
  });
  it("carries the derivative in the parameters, or none", () => {
    const { isPathwise } = build(tf.scalar(0.75)).family;
    const total = (theta: tf.Tensor) => tf.sum(tf.square(drawsOf(theta)));
    const { gradient } = gradientInDoubles(total, [at(0.75)]);
    const [up, down] = [1e-5, -1e-5].map((step) => inDoubles(total, [at(0.75 + step)]).elements[0]!);
    expectNear(gradient[0]!, [isPathwise ? (up! - down!) / 2e-5 : 0], 1e-6);
  });
  it("keeps the elements of a batch apart", () => {
    const axesOf = (make: () => Anything) => {
      const program = trace([keyType], (key) => {
        const { family, parameters } = make();
        return [family.logDensity(parameters, drawValue("x", make(), key, captureSource()))];
      });
      const [axes] = [...findDependence(program)(program.outputs[0]!).values()];
      return axes;
    };
    const batch = () => build(tf.tensor1d([0.5, 1, 2]));
    expect(axesOf(batch)).toEqual([0]);
    expect(axesOf(() => iid(5, batch()))).toEqual([0, 1]);
  });
});
