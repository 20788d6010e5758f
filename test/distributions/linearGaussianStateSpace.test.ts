// Linear Gaussian state spaces against the joint distribution of their observations.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { linearGaussianStateSpace, smoothedStates } from "../../src/distributions/linearGaussianStateSpace.js";
import { normal } from "../../src/distributions/normal.js";
import { seedKey } from "../../src/ops/random.js";
import { range } from "../../src/util/shapes.js";
import { gradientInDoubles, inDoubles } from "./arrays.js";
import {
  array,
  type Build,
  expectJointNormal,
  expectNear,
  logDensityOf,
  type Matrix,
  matrix,
  product,
  square,
  sum,
  transpose,
} from "./joint.js";

beforeAll(() => tf.setBackend("cpu"));

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
