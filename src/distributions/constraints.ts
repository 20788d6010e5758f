// What parameters of distributions must satisfy: on numbers that are known when a program is traced, and on traced tensors.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Constraint } from "../ir/site.js";
import { cholesky, diagonal, transposed, tril } from "../ops/linearAlgebra.js";

/** A constraint on every element by itself. */
const elementwise = (name: string, accepts: (x: number) => boolean, isMet: (x: Tensor) => Tensor): Constraint => ({
  name,
  eventRank: 0,
  accepts: (event) => accepts(event[0]!),
  isMet,
});

/** Any number but NaN. */
export const real = elementwise(
  "a number",
  (x) => !Number.isNaN(x),
  (x) => tf.equal(x, x),
);

export const finite = elementwise("finite", Number.isFinite, tf.isFinite);

export const positive = elementwise(
  "> 0",
  (x) => x > 0,
  (x) => tf.greater(x, 0),
);

export const nonZero = elementwise(
  "≠ 0",
  (x) => x > 0 || x < 0,
  (x) => tf.notEqual(x, 0),
);

export const nonNegative = elementwise(
  "≥ 0",
  (x) => x >= 0,
  (x) => tf.greaterEqual(x, 0),
);

export const probability = elementwise(
  "in [0, 1]",
  (x) => x >= 0 && x <= 1,
  (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, 1)),
);

/** Probabilities of what must be able to happen. */
export const positiveProbability = elementwise(
  "in (0, 1]",
  (x) => x > 0 && x <= 1,
  (x) => tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 1)),
);

/** Probabilities of what must not be certain. */
export const uncertainProbability = elementwise(
  "in [0, 1)",
  (x) => x >= 0 && x < 1,
  (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.less(x, 1)),
);

/** Probabilities of what is neither impossible nor certain. */
export const openProbability = elementwise(
  "in (0, 1)",
  (x) => x > 0 && x < 1,
  (x) => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1)),
);

/** 0, 1, 2, … */
export const count = elementwise(
  "a whole number ≥ 0",
  (x) => Number.isInteger(x) && x >= 0,
  (x) => tf.logicalAnd(tf.greaterEqual(x, 0), tf.equal(x, tf.floor(x))),
);

/** How far the probabilities of a simplex may be from a sum of 1. */
const sumTolerance = 1e-4;

/** Nonnegative numbers along the last axis that add up to 1. */
export const simplex: Constraint = {
  name: "≥ 0 with sum 1 along the last axis",
  eventRank: 1,
  accepts: (event) => {
    let sum = 0;
    for (let i = 0; i < event.length; i++) {
      if (!(event[i]! >= 0)) return false;
      sum += event[i]!;
    }
    return Math.abs(sum - 1) <= sumTolerance;
  },
  isMet: (x) =>
    tf.logicalAnd(tf.greaterEqual(tf.min(x, -1), 0), tf.lessEqual(tf.abs(tf.sub(tf.sum(x, -1), 1)), sumTolerance)),
};

/** Square matrices whose lower triangle is a Cholesky factor; what stands above the diagonal is not read. */
export const lowerCholesky: Constraint = {
  name: "a lower triangular matrix with positive diagonal",
  eventRank: 2,
  accepts: (event, [, n = 0]) => {
    for (let at = 0; at < event.length; at++) {
      const [i, j] = [Math.floor(at / n), at % n];
      if (j <= i && !(Number.isFinite(event[at]!) && (j < i || event[at]! > 0))) return false;
    }
    return true;
  },
  isMet: (x) => {
    const hasNumbers = tf.all(tf.isFinite(tril(x)), [-2, -1]);
    return tf.logicalAnd(hasNumbers, tf.all(tf.greater(diagonal(x), 0), -1));
  },
};

/** How far a symmetric matrix may be from its transpose, relative to its largest element. */
const asymmetry = 1e-4;

/** Symmetric matrices that have a Cholesky factor. */
export const positiveDefinite: Constraint = {
  name: "a symmetric positive definite matrix",
  eventRank: 2,
  accepts: (event, [n = 0]) => {
    const at = (i: number, j: number) => event[i * n + j]!;
    let largest = 0;
    for (let i = 0; i < event.length; i++) largest = Math.max(largest, Math.abs(event[i]!));
    const factor = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        if (!(Math.abs(at(i, j) - at(j, i)) <= asymmetry * largest)) return false;
        let rest = (at(i, j) + at(j, i)) / 2;
        for (let k = 0; k < j; k++) rest -= factor[i * n + k]! * factor[j * n + k]!;
        if (i === j && !(rest > 0)) return false;
        factor[i * n + j] = i === j ? Math.sqrt(rest) : rest / factor[j * n + j]!;
      }
    return true;
  },
  isMet: (x) => {
    const largest = tf.max(tf.abs(x), [-2, -1], true);
    const isSymmetric = tf.all(tf.lessEqual(tf.abs(tf.sub(x, transposed(x))), tf.mul(asymmetry, largest)), [-2, -1]);
    return tf.logicalAnd(isSymmetric, tf.all(tf.greater(diagonal(cholesky(x)), 0), -1));
  },
};

/** How far the squared length of a unit vector may be from 1. */
const lengthTolerance = 1e-4;

/** Vectors of length 1. */
export const unitVector: Constraint = {
  name: "a vector of length 1",
  eventRank: 1,
  accepts: (event) => {
    let sum = 0;
    for (let i = 0; i < event.length; i++) sum += event[i]! ** 2;
    return Math.abs(sum - 1) <= lengthTolerance;
  },
  isMet: (x) => tf.lessEqual(tf.abs(tf.sub(tf.sum(tf.square(x), -1), 1)), lengthTolerance),
};

/** Numbers above a bound. */
export const above = (bound: number, name = `${bound}`): Constraint =>
  elementwise(
    `> ${name}`,
    (x) => x > bound,
    (x) => tf.greater(x, bound),
  );

/** Numbers that grow along the last axis. */
export const increasing: Constraint = {
  name: "increasing along the last axis",
  eventRank: 1,
  accepts: (event) => {
    for (let i = 1; i < event.length; i++) if (!(event[i]! > event[i - 1]!)) return false;
    return true;
  },
  isMet: (x) => {
    const size = x.shape.at(-1)!;
    if (size < 2) return tf.ones(x.shape.slice(0, -1), "bool");
    const [later, earlier] = [1, 0].map((from) =>
      tf.slice(x, [...x.shape.slice(0, -1).map(() => 0), from], [...x.shape.slice(0, -1), size - 1]),
    );
    return tf.all(tf.greater(later!, earlier!), -1);
  },
};

/** The ends of an interval, either of which may be infinite. */
export const lowBelowHigh = {
  name: "low < high",
  parameters: ["low", "high"],
  accepts: (low: number, high: number): boolean => low < high,
  isMet: (low: Tensor, high: Tensor): Tensor => tf.less(low, high),
} as const;
