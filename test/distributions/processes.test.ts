// Stochastic processes: densities against joint distributions, moments, derivatives of draws, axes.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { autoregressive } from "../../src/distributions/autoregressive.js";
import { dirichletProcess, stickLogWeights } from "../../src/distributions/dirichletProcess.js";
import { gaussianProcess, squaredExponential } from "../../src/distributions/gaussianProcess.js";
import { gaussianRandomWalk } from "../../src/distributions/gaussianRandomWalk.js";
import { hmm } from "../../src/distributions/hmm.js";
import { iid } from "../../src/distributions/iid.js";
import { linearGaussianStateSpace } from "../../src/distributions/linearGaussianStateSpace.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { stickBreakingWeights } from "../../src/distributions/stickBreakingWeights.js";
import { drawValue } from "../../src/dsl/site.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { findDependence } from "../../src/transforms/estimate/dependence.js";
import { captureSource } from "../../src/util/location.js";
import { gaussLegendre } from "../../src/util/quadrature/gaussLegendre.js";
import { range } from "../../src/util/shapes.js";
import { gradientInDoubles, inDoubles } from "./arrays.js";
import {
  type Anything,
  array,
  type Build,
  expectJointNormal,
  expectNear,
  logDensityOf,
  quantityOf,
  square,
} from "./joint.js";

beforeAll(() => tf.setBackend("cpu"));

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
        logDensityOf((a) => stickBreakingWeights(a!, 4)),
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
      logDensityOf((a) => stickBreakingWeights(a!, 3)),
      [values, array([], [alpha])],
    ).elements;
    const over = (f: (w: number[], score: number) => number) =>
      points.reduce((all, { w, weight }, k) => all + weight * Math.exp(scores[k]!) * f(w, scores[k]!), 0);
    const inputs = [array([], [alpha])];
    const means = quantityOf((a) => stickBreakingWeights(a!, 3), "mean", inputs);
    const variances = quantityOf((a) => stickBreakingWeights(a!, 3), "variance", inputs);
    for (const k of range(3)) {
      expect(over((w) => w[k]!)).toBeCloseTo(means[k]!, 4);
      expect(over((w) => w[k]! ** 2) - means[k]! ** 2).toBeCloseTo(variances[k]!, 4);
    }
    expect(over((_, score) => -score)).toBeCloseTo(
      quantityOf((a) => stickBreakingWeights(a!, 3), "entropy", inputs)[0]!,
      3,
    );
  });
  it("has no density outside the simplex, nor NaN at its edges", () => {
    const at = (w: number[]) =>
      gradientInDoubles(
        logDensityOf((a) => stickBreakingWeights(a!, 3)),
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
  ["stickBreakingWeights", (t) => stickBreakingWeights(t, 4)],
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
