import { describe, expect, test } from "vitest";
import {
  fitGeneralizedPareto,
  generalizedParetoQuantile,
} from "../../../src/inference/diagnostics/generalizedPareto.js";

/** From the distribution function F(x) = 1 − (1 + k x / sigma)^(−1/k), solved for x. */
const quantile = (k: number, sigma: number, p: number) => (sigma * ((1 - p) ** -k - 1)) / k;

const exact = (k: number, sigma: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => quantile(k, sigma, (i + 0.5) / n));

describe.each([-0.3, 0.2, 0.7, 1.2])("shape %d", (k) => {
  // the grid and the prior vanish as 1/n
  test.each([
    [200, 0.02],
    [1000, 0.005],
    [3000, 0.002],
  ])("of %d exact quantiles is recovered", (n, tolerance) => {
    for (const sigma of [1e-9, 2, 1e6]) {
      const fitted = fitGeneralizedPareto(exact(k, sigma, n));
      expect(Math.abs(fitted.k - k)).toBeLessThan(tolerance);
      expect(Math.abs(fitted.sigma / sigma - 1)).toBeLessThan(tolerance);
      // negative control: a neighbouring shape is told apart
      expect(Math.abs(fitGeneralizedPareto(exact(k + 0.05, sigma, n)).k - k)).toBeGreaterThan(tolerance);
    }
  });

  test("its quantiles invert the distribution function", () => {
    for (const p of [0.01, 0.5, 0.999])
      expect(generalizedParetoQuantile({ k, sigma: 3 }, p)).toBeCloseTo(quantile(k, 3, p), 9);
  });
});

test("the exponential law is the limit of small shapes", () => {
  expect(generalizedParetoQuantile({ k: 0, sigma: 2 }, 0.9)).toBeCloseTo(2 * Math.log(10), 12);
  expect(generalizedParetoQuantile({ k: 1e-9, sigma: 2 }, 0.9)).toBeCloseTo(2 * Math.log(10), 7);
});
