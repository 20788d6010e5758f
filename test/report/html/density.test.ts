import { expect, test } from "vitest";
import { densityOf, quantileOf } from "../../../src/report/html/density.js";
import { normalQuantile } from "../../../src/util/normalQuantile.js";

/** Values whose empirical distribution is the law's. */
const spread = (quantile: (p: number) => number, n = 2000): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => quantile((i + 0.5) / n));
const integral = ({ x, y }: ReturnType<typeof densityOf>): number =>
  y.reduce((sum, each, i) => (i === 0 ? 0 : sum + 0.5 * (each + y[i - 1]!) * (x[i]! - x[i - 1]!)), 0);

test("the density of a normal law, to a few per cent", () => {
  const estimate = densityOf(spread(normalQuantile), -5, 5, 201);
  expect(integral(estimate)).toBeCloseTo(1, 2);
  estimate.x.forEach((x, i) => {
    expect(Math.abs(estimate.y[i]! - Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI))).toBeLessThan(0.02);
  });
});

test("an exponential law keeps its mass and its height at the bound", () => {
  const estimate = densityOf(
    spread((p) => -Math.log1p(-p)),
    -1,
    8,
    201,
  );
  expect(estimate.x[0]).toBe(0);
  expect(integral(estimate)).toBeCloseTo(1, 2);
  expect(estimate.y[0]).toBeGreaterThan(0.85);
});

test("a uniform law is flat up to both bounds", () => {
  const { y } = densityOf(
    spread((p) => p),
    -1,
    2,
  );
  for (const each of y) expect(each).toBeCloseTo(1, 1);
});

test("values that are all the same, and quantiles", () => {
  expect([...densityOf(new Float64Array(50).fill(3), 2, 4).y].every(Number.isFinite)).toBe(true);
  expect(quantileOf(Float64Array.of(1, 2, 4), 0.75)).toBe(3);
});
