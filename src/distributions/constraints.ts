// What parameters of distributions must satisfy: on numbers that are known when a program is traced, and on traced tensors.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Constraint } from "../ir/site.js";

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
