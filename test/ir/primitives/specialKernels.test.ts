// The compositions of tfjs kernels that graphics processors run, on the cpu backend, against double precision.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import * as gammaKernels from "../../../src/ir/primitives/gammaKernels.js";
import * as kernels from "../../../src/ir/primitives/specialKernels.js";
import * as trigonometric from "../../../src/ir/primitives/trigonometricKernels.js";
import { erfc } from "../../../src/util/special/erf.js";
import { lgamma } from "../../../src/util/special/lgamma.js";
import { inverseMills, logNdtr } from "../../../src/util/special/logNdtr.js";
import { millsCumulant } from "../../../src/util/special/millsCumulant.js";
import { digamma } from "../../../src/util/special/polygamma.js";

beforeAll(() => tf.setBackend("cpu"));

const grid = (low: number, high: number): Float32Array =>
  Float32Array.from({ length: 2001 }, (_, k) => low + ((high - low) * k) / 2000);

/** |received − expected| over the larger of 1 and |expected|. */
function worst(f: (x: tf.Tensor) => tf.Tensor, truth: (x: number) => number, x: Float32Array): number {
  const received = f(tf.tensor1d(x)).dataSync();
  return Math.max(
    ...Array.from(x, (each, k) => Math.abs(received[k]! - truth(each)) / Math.max(1, Math.abs(truth(each)))),
  );
}

test.each<[string, (x: tf.Tensor) => tf.Tensor, (x: number) => number, Float32Array]>([
  ["lgamma", gammaKernels.lgamma, lgamma, grid(-8.3, 60)],
  ["digamma", gammaKernels.digamma, digamma, grid(-8.3, 60)],
  ["erfc", kernels.erfc, erfc, grid(-5, 5)],
  ["logNdtr", kernels.logNdtr, logNdtr, grid(-30, 8)],
  ["inverseMills", kernels.inverseMills, inverseMills, grid(-30, 8)],
  ["millsExcess", kernels.millsExcess, (x) => millsCumulant(1, x), grid(-30, 8)],
  ["sin", trigonometric.sin, Math.sin, grid(-2000, 1500)],
  ["cos", trigonometric.cos, Math.cos, grid(-2000, 1500)],
  ["tan", trigonometric.tan, Math.tan, grid(-1.5, 4.5)],
  ["asin", trigonometric.asin, Math.asin, grid(-1, 1)],
  ["acos", trigonometric.acos, Math.acos, grid(-1, 1)],
  ["atan", trigonometric.atan, Math.atan, grid(-50, 50)],
])("%s as a composition is exact to 3e−6", (_, f, truth, x) => {
  expect(worst(f, truth, x)).toBeLessThan(3e-6);
});

test("log Γ as a composition keeps its digits near its zeros", () => {
  const x = grid(0.9, 2.1);
  const received = gammaKernels.lgamma(tf.tensor1d(x)).dataSync();
  const errors = Array.from(x, (each, k) => Math.abs(received[k]! - lgamma(each)) / (1e-9 + Math.abs(lgamma(each))));
  expect(Math.max(...errors)).toBeLessThan(2e-6);
});

test("the angle of a point as a composition, in all quadrants and on the axes", () => {
  const points = [-Infinity, -3, -1, -1e-20, 0, 1e-20, 0.5, 1, Infinity].flatMap((y, _, all) => all.map((x) => [y, x]));
  const [y, x] = [0, 1].map((i) => tf.tensor1d(points.map((each) => each[i]!)));
  const received = trigonometric.atan2(y!, x!).dataSync();
  points.forEach(([y, x], k) => {
    expect(received[k], `atan2(${y}, ${x})`).toBeCloseTo(Math.atan2(y!, x!), 6);
  });
});

test("x + φ/Φ as a composition keeps its digits below 0", () => {
  const x = grid(-3000, -1);
  const received = kernels.millsExcess(tf.tensor1d(x)).dataSync();
  const errors = Array.from(x, (each, k) => Math.abs(received[k]! / millsCumulant(1, each) - 1));
  expect(Math.max(...errors)).toBeLessThan(1e-6);
});

test("a composition that is off by 1e−5 is seen", () => {
  expect(worst((x) => tf.add(kernels.erfc(x), 1e-5), erfc, grid(-5, 5))).toBeGreaterThan(3e-6);
});
