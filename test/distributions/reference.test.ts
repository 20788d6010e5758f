// Log densities, their derivatives, and moments against the tables, in double precision and on tfjs.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { lifted, toNDArray, toTensor } from "../../src/ir/lifted.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { sub } from "../../src/ir/primitives/arithmetic.js";
import { vonMisesCdf } from "../../src/ir/primitives/vonMises.js";
import {
  type Case,
  flatten,
  gradientInDoubles,
  inDoubles,
  type Nested,
  type Point,
  tables,
  toArray,
} from "./arrays.js";
import { type Build, families } from "./families.js";

beforeAll(() => tf.setBackend("cpu"));

/** |received − expected| ≤ relative·|expected| + absolute, element by element; equal where infinite. */
function expectClose(
  received: ArrayLike<number>,
  expected: readonly number[],
  relative: number,
  absolute: number,
): void {
  expect(received.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    if (!Number.isFinite(value)) expect(received[i]).toBe(value);
    else expect(Math.abs(received[i]! - value)).toBeLessThanOrEqual(relative * Math.abs(value) + absolute);
  });
}

const describePoint = ({ params }: Case, { x, tag = "" }: Point) =>
  `${JSON.stringify(params)} at ${JSON.stringify(x)} ${tag}`;

/** Derivatives that the table has, in the order [value, ...parameters]. */
const derivatives = ({ params }: Case, { d_x, d }: Point): (Nested | undefined)[] => [
  d_x ?? undefined,
  ...Object.keys(params).map((name) => d?.[name]),
];

/** What float32 may lose: the function's own condition number Σ|x·∂f/∂x|. */
function looseness(inputs: readonly NDArray[], gradient: readonly (readonly number[])[]): number {
  const condition = inputs.flatMap(({ elements }, i) =>
    [...elements].map((x, k) => (Number.isFinite(x) ? Math.abs(x * (gradient[i]![k] ?? 0)) : 0)),
  );
  return 2e-7 * condition.reduce((sum, each) => sum + each, 0);
}

function checkPoint(build: Build, each: Case, point: Point): void {
  const logDensity = (x: tf.Tensor, ...parameters: tf.Tensor[]) => {
    const { family, parameters: converted } = build(...parameters);
    return family.logDensity(converted, x);
  };
  const inputs = [point.x, ...Object.values(each.params)].map(toArray);
  const { value, gradient } = gradientInDoubles(logDensity, inputs);
  const expected = flatten(point.logp);
  expectClose([value], expected, 1e-9, 1e-12);
  for (const partials of gradient) expect(partials.filter(Number.isNaN)).toEqual([]);
  derivatives(each, point).forEach((truth, i) => {
    if (truth !== undefined && truth !== null) expectClose(gradient[i]!, flatten(truth), 1e-9, 1e-11);
  });
  const eager = logDensity(...(inputs.map(toTensor) as [tf.Tensor]));
  const bound = 1e-5 + (Number.isFinite(value) ? looseness(inputs, gradient) : 0);
  expectClose(eager.dataSync(), expected, 1e-5, bound);
}

function checkMoments(build: Build, each: Case): void {
  const inputs = Object.values(each.params).map(toArray);
  for (const moment of ["mean", "variance"] as const) {
    const truth = flatten(each[moment]);
    const { family } = build(...inputs.map(toTensor));
    // the table has the circular variance of angles
    if (family.name === "vonMises" && moment === "variance") continue;
    const compute = (...tensors: tf.Tensor[]) => {
      const built = build(...tensors);
      return built.family[moment]!(built.parameters);
    };
    if (!truth.every(Number.isFinite)) {
      for (const each of family[moment] ? inDoubles(compute, inputs).elements : [])
        expect(Number.isFinite(each)).toBe(false);
      continue;
    }
    expectClose(inDoubles(compute, inputs).elements, truth, 1e-9, 1e-12);
    expectClose(toNDArray(compute(...inputs.map(toTensor))).elements, truth, 1e-5, 1e-7);
  }
}

/** Angles: the table's distribution function counts from −π, that of draws from the mean less π. */
const fromMinusPi = lifted((x, loc, kappa) =>
  sub(vonMisesCdf(kappa!, sub(x!, loc!)), vonMisesCdf(kappa!, sub(-Math.PI, loc!))),
);

function checkCdf(name: string, build: Build, each: Case, point: Point): void {
  const probability = (x: tf.Tensor, ...parameters: tf.Tensor[]) => {
    if (name === "VonMises") return fromMinusPi(x, ...parameters);
    const { family, parameters: converted } = build(...parameters);
    return family.cdf!(converted, x);
  };
  const inputs = [point.x, ...Object.values(each.params)].map(toArray);
  const { value, gradient } = gradientInDoubles(probability, inputs);
  expectClose([value], [point.cdf!], 1e-10, 1e-300);
  for (const partials of gradient) expect(partials.filter(Number.isNaN)).toEqual([]);
  const truths = Object.keys(each.params).map((parameter) => point.dcdf?.[parameter]);
  truths.forEach((truth, i) => {
    if (truth !== undefined && truth !== null) expectClose(gradient[i + 1]!, flatten(truth), 1e-9, 1e-13);
  });
  const eager = probability(...(inputs.map(toTensor) as [tf.Tensor]));
  expectClose(eager.dataSync(), [point.cdf!], 1e-5, looseness(inputs, gradient) + 1e-37);
}

function checkEntropy(build: Build, each: Case): void {
  const inputs = Object.values(each.params).map(toArray);
  const compute = (...tensors: tf.Tensor[]) => {
    const { family, parameters } = build(...tensors);
    return tf.sum(family.entropy!(parameters));
  };
  const { value, gradient } = gradientInDoubles(compute, inputs);
  expectClose([value], flatten(each.entropy), 1e-10, 1e-13);
  for (const partials of gradient) expect(partials.filter(Number.isNaN)).toEqual([]);
  expectClose(
    compute(...inputs.map(toTensor)).dataSync(),
    flatten(each.entropy),
    1e-5,
    1e-6 + looseness(inputs, gradient),
  );
}

for (const [name, build] of Object.entries(families))
  describe(name, () => {
    for (const each of tables[name]!) {
      for (const point of each.points)
        it(`log density ${describePoint(each, point)}`, () => checkPoint(build, each, point));
      it(`moments ${JSON.stringify(each.params)}`, () => checkMoments(build, each));
      const { family } = build(...Object.values(each.params).map((value) => toTensor(toArray(value))));
      for (const point of each.points)
        if (family.cdf && typeof point.cdf === "number")
          it(`distribution function ${describePoint(each, point)}`, () => checkCdf(name, build, each, point));
      if (family.entropy) it(`entropy ${JSON.stringify(each.params)}`, () => checkEntropy(build, each));
    }
  });

describe("negative control", () => {
  it("a normal whose scale is off by 10⁻⁶ fails", () => {
    const [each] = tables.Normal!;
    const shifted: Build = (loc, scale) => families.Normal!(loc!, tf.mul(scale!, 1.000001));
    expect(() => checkPoint(shifted, each!, each!.points[0]!)).toThrow();
  });
});
