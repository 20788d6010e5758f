// Variational simulation-based calibration: of an exact guide, of one that is too narrow, and of biased ones.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  ElbowError,
  elbo,
  gen,
  halfNormal,
  iid,
  logNormal,
  meanField,
  normal,
  observe,
  piecewise,
  sample,
  variationalCalibration,
} from "elbow";
import { describe, expect, it } from "vitest";

const learningRate = piecewise({ boundaries: [400], rates: [0.05, 0.005] });
const fitting = { steps: 600, draws: 8, optimizer: adam({ learningRate }) };

// mu ~ N(0, 1), three y ~ N(mu, 1)
const model = gen(function* (y: Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", iid(3, normal(mu, 1)), y);
});
const args: [Tensor] = [tf.zeros([3])];
const data = ({ y }: { y: Tensor }): [Tensor] => [y];

/** sup |F(p) − p| of numbers that should be uniform. */
const fromUniform = (p: Float64Array): number => {
  const sorted = Array.from(p).sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((x, i) => Math.max(Math.abs(x - i / sorted.length), Math.abs((i + 1) / sorted.length - x))),
  );
};

describe("a normal model", () => {
  it("the exact family: symmetric, and uniform", async () => {
    const { guide, parameters } = meanField(model, args);
    const [mu] = await variationalCalibration(model, guide, args, { data, parameters, fit: fitting });
    expect(mu!.name).toBe("mu");
    expect(mu!.pValues.length).toBe(100);
    expect(mu!.isSymmetric).toBe(true);
    expect(Math.abs(mu!.mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * 100));
    // Kolmogorov's bound of one in ten thousand
    expect(fromUniform(mu!.pValues)).toBeLessThan(2.2 / 10);
  });
  it("one that is too narrow is symmetric all the same, and not uniform", async () => {
    const guide = gen(function* (q: { loc: Tensor }) {
      yield* sample("mu", normal(q.loc, 0.1));
    });
    const parameters = { loc: tf.scalar(0) };
    const [mu] = await variationalCalibration(model, guide, args, { data, parameters, fit: fitting });
    expect(mu!.isSymmetric).toBe(true);
    expect(fromUniform(mu!.pValues)).toBeGreaterThan(0.25);
  });
  it.each([
    ["high", 0.4],
    ["low", -0.4],
  ] as const)("negative control: a guide that lies too %s", async (bias, shift) => {
    const guide = gen(function* (q: { loc: Tensor }) {
      yield* sample("mu", normal(q.loc.add(shift), 0.5));
    });
    // the location is trained without the shift
    const plain = gen(function* (q: { loc: Tensor }) {
      yield* sample("mu", normal(q.loc, 0.5));
    });
    const [mu] = await variationalCalibration(model, guide, args, {
      data,
      parameters: { loc: tf.scalar(0) },
      fit: fitting,
      objective: elbo(model, plain) as never,
    });
    expect(mu!.isSymmetric).toBe(false);
    expect(mu!.bias).toBe(bias);
  });
});

it("a hierarchy: one row per element, and the scale that a mean field takes for too large", async () => {
  const hierarchy = gen(function* (y: Tensor) {
    const tau = yield* sample("tau", halfNormal(2));
    const theta = yield* sample("theta", iid(4, normal(0, tau)));
    yield* observe("y", normal(theta, 1), y);
  });
  const guide = gen(function* (q: { tau: Tensor; tauScale: Tensor; theta: Tensor; thetaScale: Tensor }) {
    yield* sample("tau", logNormal(q.tau, tf.exp(q.tauScale)));
    yield* sample("theta", normal(q.theta, tf.exp(q.thetaScale)));
  });
  const rows = await variationalCalibration(hierarchy, guide, [tf.zeros([4])], {
    data,
    parameters: { tau: tf.scalar(0), tauScale: tf.scalar(-1), theta: tf.zeros([4]), thetaScale: tf.fill([4], -1) },
    fit: fitting,
    dataSets: 120,
  });
  expect(rows.map(({ name }) => name)).toEqual(["tau", "theta[0]", "theta[1]", "theta[2]", "theta[3]"]);
  for (const { pValues } of rows) expect(pValues.every((p) => p > 0 && p < 1)).toBe(true);
  // the best independent normals take the scale for too large: the effects do not get any smaller with it
  expect([rows[0]!.isSymmetric, rows[0]!.bias]).toEqual([false, "high"]);
  // the effects are symmetric by the model's own symmetry
  for (const { isSymmetric } of rows.slice(1)) expect(isSymmetric).toBe(true);
});

it("refuses options", async () => {
  const { guide, parameters } = meanField(model, args);
  const wrong = variationalCalibration(model, guide, args, { data, parameters, fit: fitting, dataSets: 1 });
  await expect(wrong).rejects.toBeInstanceOf(ElbowError);
});
