// Hidden Markov models against the sum over all paths of states.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { categorical } from "../../src/distributions/categorical.js";
import { hmm } from "../../src/distributions/hmm.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { seedKey } from "../../src/ops/random.js";
import { reparam } from "../../src/strategies/reparam.js";
import { range } from "../../src/util/shapes.js";
import { gradientInDoubles, inDoubles } from "./arrays.js";
import { array, type Build, expectNear, logDensityOf, matrix, quantityOf } from "./joint.js";

beforeAll(() => tf.setBackend("cpu"));

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
