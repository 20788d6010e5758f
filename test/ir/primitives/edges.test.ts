// Values and derivatives at the places that random inputs miss: zeros, ties, infinities.
import { describe, expect, test } from "vitest";
import { abs, clip, floorDiv, maximum, minimum, mod, neg, sign } from "../../../src/ir/primitives/arithmetic.js";
import { select } from "../../../src/ir/primitives/comparison.js";
import { cumprod } from "../../../src/ir/primitives/cumulative.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { log, logAddExp, logSigmoid, softplus } from "../../../src/ir/primitives/exponential.js";
import { logSoftmax, logSumExp, softmax } from "../../../src/ir/primitives/logSumExp.js";
import { pow } from "../../../src/ir/primitives/power.js";
import { mean, reduceMax, reduceMin, reduceProd } from "../../../src/ir/primitives/reductions.js";
import { round } from "../../../src/ir/primitives/rounding.js";
import { polygamma } from "../../../src/ir/primitives/special.js";
import type { Variable } from "../../../src/ir/program.js";
import { array, derivative, integers, run, scalar, vector } from "./running.js";

const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;

describe("pow", () => {
  test.each([
    // x, y, d/dx, d²/dx², d³/dx³
    [0, 0, [0, 0, 0]],
    [0, 1, [1, 0, 0]],
    [0, 2, [0, 2, 0]],
    [0, 3, [0, 0, 6]],
    [-2, 2, [-4, 2, 0]],
    [-2, 3, [12, -12, 6]],
    [-2, -1, [-0.25, -0.25, -0.375]],
    [4, 0.5, [0.25, -0.03125, 0.01171875]],
  ])("derivatives of %f^%f in the base", (x, y, expected) => {
    const found = [1, 2, 3].map((order) => derivative([scalar(x), scalar(y)], (a, b) => pow(a, b), order)[0]! + 0);
    found.forEach((each, i) => {
      expect(each).toBeCloseTo(expected[i]!, 12);
    });
  });

  test("derivative in the exponent: xʸ·log x, and 0 where x ≤ 0", () => {
    const inExponent = (x: number, y: number) => derivative([scalar(x), scalar(y)], (a, b) => pow(a, b), 1, 1)[0]!;
    expect(inExponent(2, 3)).toBeCloseTo(8 * Math.log(2), 12);
    expect(inExponent(0, 3)).toBe(0);
    expect(inExponent(0, -1)).toBe(0);
    expect(inExponent(-2, 3)).toBe(0);
  });

  test("mixed derivative at exponent 0: ∂²xʸ/∂x∂y = 1/x", () => {
    const mixed = (x: Variable, y: Variable) => pow(x, y);
    const inBase = (a: number, b: number) => derivative([scalar(a), scalar(b)], mixed)[0]!;
    const h = 1e-5;
    expect((inBase(4, h) - inBase(4, -h)) / (2 * h)).toBeCloseTo(0.25, 8);
  });

  test("1^∞ is 1", () =>
    expect(run([scalar(1), scalar(POSITIVE_INFINITY)], (x, y) => pow(x, y)).elements).toEqual([1]));
});

describe("ties", () => {
  test("maximum and minimum share the derivative half and half", () => {
    expect(derivative([vector(1, 2, 3), vector(2, 2, 2)], (x, y) => maximum(x, y))).toEqual([0, 0.5, 1]);
    expect(derivative([vector(1, 2, 3), vector(2, 2, 2)], (x, y) => maximum(x, y), 1, 1)).toEqual([1, 0.5, 0]);
    expect(derivative([vector(1, 2, 3), vector(2, 2, 2)], (x, y) => minimum(x, y))).toEqual([1, 0.5, 0]);
  });

  test("reduceMax and reduceMin share it equally", () => {
    expect(derivative([vector(3, 1, 3, 3)], (x) => reduceMax(x))).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
    expect(derivative([array([2, 2], 1, 1, 0, 2)], (x) => reduceMin(x, [1]))).toEqual([0.5, 0.5, 1, 0]);
  });

  test("abs and sign are 0 at 0, and so is the derivative", () => {
    expect(derivative([vector(-2, 0, 2)], (x) => abs(x))).toEqual([-1, 0, 1]);
    expect(run([vector(-2, 0, 2)], (x) => sign(x)).elements).toEqual([-1, 0, 1]);
  });
});

describe("products with zeros", () => {
  const product = (x: Variable) => reduceProd(x);
  test("one zero", () => expect(derivative([vector(2, 0, 3)], product)).toEqual([0, 6, 0]));
  test("two zeros: the gradient is zero, the second derivative is not", () => {
    expect(derivative([vector(2, 0, 0)], product)).toEqual([0, 0, 0]);
    // Σᵢ ∂/∂xᵢ of the gradient's sum: each ∂ⱼ Σᵢ ∂ᵢ xyz = Σ_{i≠j} x_k
    expect(derivative([vector(2, 0, 0)], product, 2)).toEqual([0, 2, 2]);
    expect(derivative([vector(2, 0, 0)], product, 3)).toEqual([2, 2, 2]);
  });
  test("cumprod", () => {
    // y = (x₀, x₀x₁, x₀x₁x₂): Σy has the gradient (1 + x₁ + x₁x₂, x₀ + x₀x₂, x₀x₁)
    expect(derivative([vector(0, 2, 3)], (x) => cumprod(x))).toEqual([9, 0, 0]);
    expect(derivative([vector(2, 0, 3)], (x) => cumprod(x))).toEqual([1, 8, 0]);
  });
});

describe("logSumExp", () => {
  test("a group of −∞ has value −∞ and derivative 0", () => {
    const x = array([2, 2], NEGATIVE_INFINITY, NEGATIVE_INFINITY, 0, 0);
    expect(run([x], (v) => logSumExp(v, [1])).elements).toEqual([NEGATIVE_INFINITY, Math.log(2)]);
    expect(derivative([x], (v) => logSumExp(v, [1]))).toEqual([0, 0, 0.5, 0.5]);
    expect(derivative([x], (v) => logSumExp(v, [1]), 2)).toEqual([0, 0, 0, 0]);
  });
  test("+∞ wins", () =>
    expect(run([vector(POSITIVE_INFINITY, 0)], (v) => logSumExp(v)).elements).toEqual([POSITIVE_INFINITY]));
  test("large numbers do not overflow", () => {
    expect(run([vector(1000, 1000)], (v) => logSumExp(v)).elements[0]).toBeCloseTo(1000 + Math.log(2), 12);
    expect(run([vector(-1e5, -1e5)], (v) => softmax(v)).elements).toEqual([0.5, 0.5]);
    expect(run([vector(1000, 0)], (v) => logSoftmax(v)).elements).toEqual([0, -1000]);
  });
  test("softmax and logSoftmax over any axes", () => {
    const x = array([2, 2], 1, 2, 3, 4);
    const total = [1, 2, 3, 4].reduce((sum, each) => sum + Math.exp(each), 0);
    run([x], (v) => softmax(v, [0, 1])).elements.forEach((each, i) => {
      expect(each).toBeCloseTo(Math.exp(i + 1) / total, 14);
    });
    run([x], (v) => logSoftmax(v, [0])).elements.forEach((each, i) => {
      expect(each).toBeCloseTo((i < 2 ? -2 : 0) - Math.log1p(Math.exp(-2)), 14);
    });
    // the derivative of Σ w·softmax, against s·(w − Σ w·s)
    const w = [0.5, -1, 2, 0.25];
    const s = [1, 2, 3, 4].map((each) => Math.exp(each) / total);
    const dot = w.reduce((sum, each, i) => sum + each * s[i]!, 0);
    derivative([x, array([2, 2], ...w)], (v, weights) => mul(softmax(v, [0, 1]), weights)).forEach((each, i) => {
      expect(each).toBeCloseTo(s[i]! * (w[i]! - dot), 13);
    });
  });
});

describe("exponential functions", () => {
  test("logSigmoid and softplus in the tails", () => {
    expect(run([vector(-1000, 1000)], (x) => logSigmoid(x)).elements.map((each) => each + 0)).toEqual([-1000, 0]);
    expect(run([vector(-1000, 1000)], (x) => softplus(x)).elements).toEqual([0, 1000]);
  });
  test("logAddExp", () =>
    expect(run([scalar(1000), scalar(1000)], (x, y) => logAddExp(x, y)).elements[0]).toBeCloseTo(
      1000 + Math.log(2),
      12,
    ));
  test.each([
    [NEGATIVE_INFINITY, NEGATIVE_INFINITY, NEGATIVE_INFINITY, [1, 0]],
    [NEGATIVE_INFINITY, 3, 3, [0, 1]],
    [3, NEGATIVE_INFINITY, 3, [1, 0]],
    [2, 2, 2 + Math.LN2, [0.5, 0.5]],
  ])("logAddExp(%f, %f)", (x, y, value, gradient) => {
    const inputs = [scalar(x), scalar(y)];
    expect(run(inputs, (a, b) => logAddExp(a, b)).elements).toEqual([value]);
    expect([0, 1].map((wrt) => derivative(inputs, (a, b) => logAddExp(a, b), 1, wrt)[0])).toEqual(gradient);
  });
});

test("select keeps the branch that is not chosen out of the derivative", () => {
  const guarded = (condition: Variable, x: Variable) => select(condition, log(x), 0);
  const condition = { ...array([2], 1, 0), dtype: "bool" as const };
  const vjpOfZero = derivative([vector(2, 3), condition], (x, c) => guarded(c, select(c, x, 1)));
  expect(vjpOfZero).toEqual([0.5, 0]);
});

test("mod has the sign of the divisor, floorDiv rounds down", () => {
  const [x, y] = [integers([4], 7, -7, 7, -7), integers([4], 3, 3, -3, -3)];
  expect(run([x, y], (a, b) => mod(a, b)).elements).toEqual([1, 2, -2, -1]);
  expect(run([x, y], (a, b) => floorDiv(a, b)).elements).toEqual([2, -3, -3, 2]);
});

test("round goes half to even", () =>
  expect(run([vector(0.5, 1.5, 2.5, -0.5, -1.5)], (x) => round(x)).elements.map((each) => each + 0)).toEqual([
    0, 2, 2, 0, -2,
  ]));

test("clip and mean", () => {
  expect(run([vector(-2, 0.5, 9)], (x) => clip(x, -1, 1)).elements).toEqual([-1, 0.5, 1]);
  expect(run([array([2, 2], 1, 2, 3, 6)], (x) => mean(x, [0])).elements).toEqual([2, 4]);
  expect(run([integers([2], 1, 2)], (x) => mean(x)).elements).toEqual([1.5]);
});

test("polygamma(0, x) is digamma, polygamma differentiates on", () => {
  // ψ(1) = −γ, ψ′(1) = π²/6, ψ″(1) = −2ζ(3), ψ‴(1) = π⁴/15
  const expected = [Math.PI ** 2 / 6, -2 * 1.2020569031595942, Math.PI ** 4 / 15];
  expected.forEach((each, i) => {
    expect(derivative([scalar(1)], (x) => polygamma(0, x), i + 1)[0]).toBeCloseTo(each, 12);
  });
});

test("a number among the operands is lifted", () =>
  expect(run([vector(1, 2)], (x) => add(1, neg(x))).elements).toEqual([0, -1]));
