// What tests of processes share: quantities in double precision, and a joint normal distribution as truth.
import type * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { Distribution } from "../../src/distributions/distribution.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { gradientInDoubles, inDoubles } from "./arrays.js";

export type Anything = Distribution<tf.Tensor, never>;
export type Build = (...parameters: tf.Tensor[]) => Anything;
export type Matrix = readonly (readonly number[])[];

export const array = (shape: number[], elements: readonly number[]): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from(elements),
});
export const matrix = (rows: Matrix): NDArray => array([rows.length, rows[0]!.length], rows.flat());

export const logDensityOf =
  (build: Build) =>
  (x: tf.Tensor, ...parameters: tf.Tensor[]): tf.Tensor => {
    const { family, parameters: converted } = build(...parameters);
    return family.logDensity(converted, x);
  };
export const quantityOf = (
  build: Build,
  quantity: "entropy" | "mean" | "variance",
  inputs: readonly NDArray[],
): number[] => [
  ...inDoubles((...parameters) => {
    const { family, parameters: converted } = build(...parameters);
    return family[quantity]!(converted);
  }, inputs).elements,
];

export const expectNear = (received: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-10): void => {
  expect(received.length).toBe(expected.length);
  Array.from(expected).forEach((truth, i) => {
    expect(Math.abs(received[i]! - truth)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(truth)));
  });
};

/** Density, derivatives in the value, mean, variance and entropy are those of a joint normal distribution. */
export function expectJointNormal(
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

export const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
export const transpose = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));
export const sum = (a: Matrix, b: Matrix): number[][] => a.map((row, i) => row.map((x, j) => x + b[i]![j]!));
export const square = (a: Matrix): number[][] => product(a, transpose(a));
