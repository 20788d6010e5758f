// Deterministic quadrature over normal noise: exact moments, layouts of batches, higher derivatives, and what is refused.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  cond,
  type Distribution,
  enumerate,
  flip,
  gen,
  iid,
  independent,
  logNormal,
  multivariateNormal,
  normal,
  type Objective,
  objective,
  quadrature,
  reinforce,
  reparam,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { quadratureStrategy } from "../../src/strategies/quadrature.js";
import { gaussHermite } from "../../src/util/quadrature/gaussHermite.js";
import { cubatureRule, type PointRule, productRule, unscentedRule } from "../../src/util/quadrature/normalRules.js";
import { range } from "../../src/util/shapes.js";
import { estimateOnce } from "../support/estimates.js";
import { expectExact, expectUnbiased } from "../support/expectations.js";
import { differences, overNormal, sigmoid } from "../support/numbers.js";

/** E xᵏ for a standard normal x: (k − 1)!! */
const moment = (k: number): number => (k % 2 === 1 ? 0 : k === 0 ? 1 : (k - 1) * moment(k - 2));
const close = (x: number, y: number) => expect(Math.abs(x - y)).toBeLessThan(1e-11 * Math.max(1, Math.abs(y)));

describe("Gauss–Hermite nodes", () => {
  it.each([1, 2, 3, 8, 20, 64, 100])("%d of them integrate every degree up to 2n − 1, and no further", (n) => {
    const { nodes, weights } = gaussHermite(n);
    expect(nodes).toHaveLength(n);
    // the absolute moments are the scale that rounding is measured by
    for (const k of range(Math.min(2 * n, 60))) {
      const sum = nodes.reduce((total, x, i) => total + weights[i]! * x ** k, 0);
      const scale = nodes.reduce((total, x, i) => total + weights[i]! * Math.abs(x) ** k, 0);
      expect(Math.abs(sum - moment(k))).toBeLessThan(1e-12 * Math.max(1, scale));
    }
    if (n > 20) return;
    const beyond = nodes.reduce((total, x, i) => total + weights[i]! * x ** (2 * n), 0);
    expect(Math.abs(beyond / moment(2 * n) - 1)).toBeGreaterThan(1e-8);
  });
});

/** All exponents of d variables with a total degree. */
const exponents = (d: number, degree: number): number[][] =>
  d === 0
    ? degree === 0
      ? [[]]
      : []
    : range(degree + 1).flatMap((first) => exponents(d - 1, degree - first).map((rest) => [first, ...rest]));

const integral = ({ points, weights }: PointRule, powers: readonly number[]): number =>
  points.reduce((sum, point, i) => sum + weights[i]! * point.reduce((x, each, k) => x * each ** powers[k]!, 1), 0);

describe.each<[string, (d: number) => PointRule, number]>([
  ["unscented", unscentedRule, 3],
  ["cubature", cubatureRule, 5],
  ["product of 2", (d) => productRule(d, 2), 3],
  ["product of 3", (d) => productRule(d, 3), 5],
])("rule %s", (_, rule, degree) => {
  it.each([1, 2, 3, 6])("is exact up to its degree in %d dimensions, and no further", (d) => {
    for (const total of range(degree + 1))
      for (const powers of exponents(d, total))
        close(
          integral(rule(d), powers),
          powers.reduce((product, k) => product * moment(k), 1),
        );
    const worst = Math.max(
      ...exponents(d, degree + 1).map((powers) =>
        Math.abs(integral(rule(d), powers) - powers.reduce((product, k) => product * moment(k), 1)),
      ),
    );
    expect(worst).toBeGreaterThan(0.1);
  });
});

type P = { m: Tensor; s: Tensor };
const [m0, s0] = [0.375, 0.75];
const at = { m: tf.scalar(m0), s: tf.scalar(s0) };
const truthOf = (f: (m: number, s: number) => number): (number | number[])[] => [
  f(m0, s0),
  ...differences(([m, s]) => f(m!, s!), [m0, s0]).map((each) => [each]),
];
const lanesOf = (L: Objective<P, []>): number[] => prepare(L, at, []).sites.map(({ lanes }) => lanes);
const ofOne = (d: (p: P) => Distribution<Tensor, never>, f: (x: Tensor, p: P) => Tensor): Objective<P, []> =>
  objective(function* (p: P) {
    return f(yield* sample("x", d(p)), p);
  });

describe("quadrature(normal)", () => {
  it("is exact for a polynomial of degree 2n − 1, and not for one of degree 2n", () => {
    // E x⁵ = m⁵ + 10m³s² + 15ms⁴
    const fifth = ofOne(
      ({ m, s }) => quadrature(normal(m, s), { points: 3 }),
      (x) => x.pow(5),
    );
    expectExact(
      fifth,
      at,
      truthOf((m, s) => m ** 5 + 10 * m ** 3 * s ** 2 + 15 * m * s ** 4),
    );
    const sixth = ofOne(
      ({ m, s }) => quadrature(normal(m, s), { points: 3 }),
      (x) => x.pow(6),
    );
    const truth = m0 ** 6 + 15 * m0 ** 4 * s0 ** 2 + 45 * m0 ** 2 * s0 ** 4 + 15 * s0 ** 6;
    // what it leaves out is n!·s²ⁿ
    close(estimateOnce(sixth, at, [])[0]![0]!, truth - 6 * s0 ** 6);
  });

  it("says to which degree it is exact", () => {
    expect(
      [{ points: 3 }, { degree: 3 }, { degree: 5 }, {}].map((each) => quadratureStrategy(each as object).exactDegree),
    ).toEqual([5, 3, 5, 15]);
    expect(quadratureStrategy().isUnbiased).toBe(false);
  });

  it("comes close for a smooth cost with parameters of its own", () => {
    const L = ofOne(
      ({ m, s }) => quadrature(normal(m, s), { points: 24 }),
      (x, { s }) => tf.mul(tf.sigmoid(x), s),
    );
    expectExact(
      L,
      at,
      truthOf((m, s) => s * overNormal(m, s, sigmoid)),
      1e-8,
    );
  });

  it("second derivatives are exact too", () => {
    const L = ofOne(
      ({ m, s }) => quadrature(normal(m, s), { points: 4 }),
      (x) => x.pow(4),
    );
    // E x⁴ = m⁴ + 6m²s² + 3s⁴
    const [inM, inS] = estimateOnce(L, at, [], { derived: "hvp" }, [tf.scalar(1), tf.scalar(2)]);
    close(inM![0]!, 12 * m0 ** 2 + 12 * s0 ** 2 + 2 * 24 * m0 * s0);
    close(inS![0]!, 24 * m0 * s0 + 2 * (12 * m0 ** 2 + 36 * s0 ** 2));
  });

  it("elements that costs keep apart share the nodes", () => {
    const L = ofOne(
      ({ m, s }) => quadrature(iid([50, 2], normal(m, s)), { points: 3 }),
      (x) => tf.sum(x.pow(4)),
    );
    expect(lanesOf(L)).toEqual([3]);
    expectExact(
      L,
      at,
      truthOf((m, s) => 100 * (m ** 4 + 6 * m ** 2 * s ** 2 + 3 * s ** 4)),
    );
  });

  it("elements that a cost mixes make a product grid, and another cost that keeps them apart is right as well", () => {
    const L = ofOne(
      ({ m, s }) => quadrature(iid([4, 3], normal(m, s)), { points: 2 }),
      (x) => tf.add(tf.sum(tf.prod(x, 1)), tf.sum(tf.square(x))),
    );
    expect(lanesOf(L)).toEqual([8]);
    expectExact(
      L,
      at,
      truthOf((m, s) => 4 * m ** 3 + 12 * (m ** 2 + s ** 2)),
    );
  });

  it("refuses a grid that is too large, with the numbers; the sparse rules take it", () => {
    const cost = (x: Tensor) => tf.square(tf.sum(x));
    const grid = ofOne(({ m, s }) => quadrature(iid(20, normal(m, s)), { points: 2 }), cost);
    expect(() => prepare(grid, at, [])).toThrow(
      expect.objectContaining({
        code: "too-many-lanes",
        message: expect.stringMatching(/mixes d = 20 numbers of "x".*2\^d = 1048576 nodes.*65536/),
      }),
    );
    const truth = truthOf((m, s) => (20 * m) ** 2 + 20 * s ** 2);
    for (const [degree, lanes] of [
      [3, 41],
      [5, 801],
    ] as const) {
      const sparse = ofOne(({ m, s }) => quadrature(iid(20, normal(m, s)), { degree }), cost);
      expect(lanesOf(sparse)).toEqual([lanes]);
      expectExact(sparse, at, truth);
    }
  });

  it("refuses a jump on the way, as all pathwise strategies do", () => {
    const L = ofOne(
      ({ m, s }) => quadrature(normal(m, s)),
      (x) => x.floor(),
    );
    expect(() => prepare(L, at, [])).toThrow(expect.objectContaining({ code: "discontinuous" }));
  });

  it("refuses options that there is no rule for", () => {
    expect(() => quadrature(normal(0, 1), { points: 2.5 })).toThrow(expect.objectContaining({ code: "option" }));
    expect(() => quadrature(normal(0, 1), { degree: 4 as 3 })).toThrow(expect.objectContaining({ code: "option" }));
  });
});

describe("in combination", () => {
  it("with sites downstream, enumerated, scored and pathwise", () => {
    const L = objective(function* ({ m, s }: P) {
      const x = yield* sample("x", quadrature(normal(m, s), { points: 24 }));
      const y = yield* sample("y", quadrature(normal(x, 0.5), { points: 3 }));
      const b = yield* sample("b", enumerate(flip(tf.sigmoid(x))));
      return tf.mul(b, tf.square(y));
    });
    // E[y² | x] = x² + ¼
    expectExact(
      L,
      at,
      truthOf((m, s) => overNormal(m, s, (x) => sigmoid(x) * (x * x + 0.25))),
      1e-7,
    );
    const noisy = objective(function* ({ m, s }: P) {
      const x = yield* sample("x", quadrature(normal(m, s), { points: 24 }));
      const b = yield* sample("b", reinforce(flip(tf.sigmoid(x)), { copies: 2 }));
      const y = yield* sample("y", reparam(normal(x, 0.5)));
      return tf.mul(b, tf.square(y));
    });
    expectUnbiased(
      noisy,
      at,
      truthOf((m, s) => overNormal(m, s, (x) => sigmoid(x) * (x * x + 0.25))) as number[],
      8000,
    );
  });

  it("in a branch and in a loop", () => {
    const branch = gen(function* (m: Tensor, s: Tensor) {
      return tf.square(yield* sample("x", quadrature(normal(m, s), { points: 2 })));
    });
    const other = gen(function* (m: Tensor, s: Tensor) {
      return yield* sample("y", quadrature(normal(m, s), { points: 2 }));
    });
    const walk = gen(function* (x: Tensor, s: Tensor) {
      return { carry: yield* sample("n", quadrature(normal(x, s), { points: 2 })) };
    });
    const L = objective(function* ({ m, s }: P) {
      const b = yield* sample("b", enumerate(flip(0.25)));
      const x = yield* cond("c", b.equal(1), branch(m, s), other(m, s));
      const { carry } = yield* scan("loop", (y: Tensor, _t: Tensor) => walk(y, s), m, 3);
      return tf.add(x, tf.square(carry));
    });
    expectExact(
      L,
      at,
      truthOf((m, s) => 0.25 * (m * m + s * s) + 0.75 * m + m * m + 3 * s * s),
    );
  });
});

describe("vectors and functions of normal noise", () => {
  const matrix = [
    [1, 0, 0],
    [0.5, 0.75, 0],
    [-0.25, 0.5, 1.5],
  ];
  // Σ = LLᵀ
  const covariance = matrix.map((row) => matrix.map((other) => row.reduce((sum, x, k) => sum + x * other[k]!, 0)));
  const cost = (x: Tensor) => {
    const [a, b, c] = tf.split(x, 3, -1).map((each) => tf.squeeze(each, [-1])) as [Tensor, Tensor, Tensor];
    return tf.add(tf.mul(a, b), tf.square(c));
  };
  const value = (m: number, s: number) =>
    2 * m * m + s * s * covariance[0]![1]! + (3 * m) ** 2 + s * s * covariance[2]![2]!;
  const loc = (m: Tensor) => tf.stack([m, tf.mul(2, m), tf.mul(3, m)]);

  it.each([{ degree: 3 }, { degree: 5 }, { points: 2 }] as const)("multivariateNormal with %o", (options) => {
    const L = ofOne(
      ({ m, s }) => quadrature(multivariateNormal(loc(m), { scaleTril: tf.mul(s, tf.tensor2d(matrix)) }), options),
      cost,
    );
    expectExact(L, at, truthOf(value), 1e-6);
  });

  it("a batch of vectors, kept apart or mixed", () => {
    const vectors = ({ m, s }: P) =>
      quadrature(iid(4, multivariateNormal(loc(m), { scaleTril: tf.mul(s, tf.tensor2d(matrix)) })), { degree: 3 });
    const apart = ofOne(vectors, (x) => tf.sum(cost(x)));
    expect(lanesOf(apart)).toEqual([7]);
    expectExact(
      apart,
      at,
      truthOf((m, s) => 4 * value(m, s)),
      1e-6,
    );
    const mixed = ofOne(vectors, (x) => tf.square(tf.sum(tf.slice(x, [0, 0], [4, 1]))));
    expect(lanesOf(mixed)).toEqual([25]);
    expectExact(
      mixed,
      at,
      truthOf((m, s) => 16 * m * m + 4 * s * s),
    );
  });

  it("logNormal, and independent normals", () => {
    const log = ofOne(
      ({ m, s }) => quadrature(logNormal(m, s), { points: 30 }),
      (x) => x,
    );
    expectExact(
      log,
      at,
      truthOf((m, s) => Math.exp(m + (s * s) / 2)),
      1e-8,
    );
    const vector = ofOne(
      ({ m, s }) => quadrature(independent(normal(tf.stack([m, tf.mul(2, m)]), s)), { degree: 5 }),
      (x) => tf.square(tf.sum(x)),
    );
    expectExact(
      vector,
      at,
      truthOf((m, s) => 9 * m * m + 2 * s * s),
    );
  });
});
