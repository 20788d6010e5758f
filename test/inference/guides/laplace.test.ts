// Laplace's approximation: exact for normal posteriors, with closed forms elsewhere, and refused where there is none.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  ElbowError,
  elbo,
  fit,
  flat,
  gamma,
  gen,
  guideQuality,
  iid,
  importanceDraws,
  laplaceGuide,
  normal,
  observe,
  poisson,
  sample,
} from "elbow";
import { expect, it } from "vitest";
import { centredModel, data as schools } from "../../../models/eightSchools.js";
import { climb, factorOf } from "../../../src/inference/guides/newton.js";

const thrown = (body: () => unknown): ElbowError => {
  try {
    body();
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const numbers = (x: Tensor) => Array.from(x.dataSync());

// a, b ~ N(0, 1), y | a, b ~ N(a + b, ½) at y = 1.5: precision [[5, 4], [4, 5]]
const model = gen(function* (y: Tensor) {
  const a = yield* sample("a", normal(0, 1));
  const b = yield* sample("b", normal(0, 1));
  yield* observe("y", normal(a.add(b), 0.5), y);
});
const data: [Tensor] = [tf.scalar(1.5)];
const logEvidence = -0.5 * (1.5 ** 2 / 2.25) - 0.5 * Math.log(2 * Math.PI * 2.25);

it("is a normal posterior, to 1e-6", async () => {
  const { guide, parameters, mode, covariance, ...rest } = laplaceGuide(model, data);
  for (const x of [mode.a, mode.b, parameters.loc.a]) expect(Math.abs(numbers(x)[0]! - 6 / 9)).toBeLessThan(1e-6);
  numbers(covariance).forEach((x, i) => {
    expect(Math.abs(x - [5, -4, -4, 5][i]! / 9)).toBeLessThan(1e-6);
  });
  expect(Math.abs(rest.logEvidence - logEvidence)).toBeLessThan(1e-9);
  const { logWeights } = await importanceDraws(model, guide, parameters, data, { draws: 500 });
  for (const w of numbers(logWeights)) expect(Math.abs(w - logEvidence)).toBeLessThan(1e-5);
});

it("the same for eight correlated coordinates: precision I + XᵀX/s²", () => {
  const rows = tf.randomNormal([12, 8], 0, 1, "float32", 2);
  const regression = gen(function* (x: Tensor, y: Tensor) {
    const beta = yield* sample("beta", iid(8, normal(0, 1)));
    yield* observe("y", normal(tf.sum(tf.mul(x, beta), 1), 0.3), y);
  });
  const { covariance } = laplaceGuide(regression, [rows, tf.linspace(-1, 1, 12)]);
  const [x, found] = [numbers(rows), numbers(covariance)];
  const noise = Math.fround(0.3) ** 2;
  for (let i = 0; i < 8; i++)
    for (let j = 0; j < 8; j++) {
      // (I + XᵀX/s²)·Σ = I
      let product = 0;
      for (let k = 0; k < 8; k++) {
        let precision = i === k ? 1 : 0;
        for (let row = 0; row < 12; row++) precision += (x[row * 8 + i]! * x[row * 8 + k]!) / noise;
        product += precision * found[k * 8 + j]!;
      }
      // entries of the precision are in the hundreds
      expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(2e-5);
    }
});

it("a gamma posterior in log coordinates: mode log(a/b), variance 1/a", () => {
  // rate ~ Γ(2, 1), three counts with sum 12: Γ(14, 4), in u = log rate ∝ exp(14 u − 4 eᵘ)
  const counts = gen(function* (y: Tensor) {
    const rate = yield* sample("rate", gamma(2, 1));
    yield* observe("y", poisson(rate.mul(tf.onesLike(y))), y);
  });
  const { mode, covariance, parameters } = laplaceGuide(counts, [tf.tensor1d([3, 5, 4])]);
  expect(Math.abs(numbers(mode.rate)[0]! - 14 / 4)).toBeLessThan(1e-6);
  expect(Math.abs(numbers(covariance)[0]! - 1 / 14)).toBeLessThan(1e-6);
  expect(Math.abs(numbers(parameters.logScale.rate)[0]! + Math.log(14) / 2)).toBeLessThan(1e-6);
});

it("a fit may go on from it", async () => {
  const { guide, parameters } = laplaceGuide(model, data);
  const fitted = await fit(elbo(model, guide), {
    parameters,
    data,
    steps: 100,
    optimizer: adam({ learningRate: 0.001 }),
  });
  expect(Math.abs(fitted.objective - logEvidence)).toBeLessThan(0.01);
  expect((await guideQuality(model, guide, fitted.parameters, data)).band).toBe("good");
});

it("refuses a density that is flat in a direction, and says which", () => {
  const twins = gen(function* (y: Tensor) {
    const a = yield* sample("a", flat());
    const b = yield* sample("b", flat());
    yield* observe("y", normal(a.add(b), 1), y);
  });
  const error = thrown(() => laplaceGuide(twins, [tf.scalar(1)]));
  expect(error.code).toBe("guide");
  expect(error.message).toContain("not positive definite");
  expect(error.at.address).toBe("b");
  expect(error.hint).toContain("proper prior");
});

it("refuses a density without a highest point: the funnel of the centred eight schools", () => {
  const error = thrown(() => laplaceGuide(centredModel, schools));
  expect(error.code).toBe("guide");
  expect(error.message).toContain("no mode");
  expect(error.hint).toContain("no highest point");
});

it("climbs where the function curves the wrong way at first, and stops at a saddle", () => {
  // f = −(x² − 1)² − y²
  const evaluate = ([x, y]: Float64Array) => ({
    value: -((x! * x! - 1) ** 2) - y! * y!,
    gradient: [-4 * x! * (x! * x! - 1), -2 * y!],
    hessian: [-12 * x! * x! + 4, 0, 0, -2],
  });
  const top = climb(evaluate, [0.1, 3], 100);
  expect(top.hasConverged).toBe(true);
  expect(Math.abs(top.at[0]! - 1) + Math.abs(top.at[1]!)).toBeLessThan(1e-7);
  const saddle = climb(evaluate, [0, 0], 100);
  expect(
    typeof factorOf(
      Array.from(saddle.hessian, (h) => -h),
      2,
    ),
  ).toBe("number");
  expect(thrown(() => laplaceGuide(model, data, { steps: 0 })).code).toBe("option");
});
