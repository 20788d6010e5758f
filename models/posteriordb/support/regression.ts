// Linear regressions: y = Xβ + noise, in coordinates in which β has neither units nor correlations.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { bijectors } from "elbow";

/** Xβ for X [n, k] and β [k]. */
export const linear = (x: Tensor, beta: Tensor): Tensor =>
  tf.reshape(tf.matMul(x as tf.Tensor2D, tf.reshape(beta, [-1, 1]) as tf.Tensor2D), [-1]);

/** Columns side by side: rows of a design matrix. */
export const designOf = (...columns: (readonly number[])[]): number[][] =>
  columns[0]!.map((_, row) => columns.map((each) => each[row]!));

/** A column of ones, as long as another. */
export const onesLike = (other: readonly number[]): number[] => other.map(() => 1);

/** Spread of numbers. */
export function deviation(y: readonly number[]): number {
  const mean = y.reduce((sum, each) => sum + each, 0) / y.length;
  return Math.sqrt(y.reduce((sum, each) => sum + (each - mean) ** 2, 0) / y.length);
}

/** The lower Cholesky factor. */
function cholesky(a: readonly (readonly number[])[]): number[][] {
  const l = a.map((row) => row.map(() => 0));
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j <= i; j++) {
      let rest = a[i]![j]!;
      for (let k = 0; k < j; k++) rest -= l[i]![k]! * l[j]![k]!;
      l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
    }
  return l;
}

/** The inverse of LLᵀ. */
function inverseOf(l: readonly (readonly number[])[]): number[][] {
  const n = l.length;
  return l.map((_, column) => {
    const x = l.map((_, i) => (i === column ? 1 : 0)) as number[];
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) x[i] = x[i]! - l[i]![k]! * x[k]!;
      x[i] = x[i]! / l[i]![i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i] = x[i]! - l[k]![i]! * x[k]!;
      x[i] = x[i]! / l[i]![i]!;
    }
    return x;
  });
}

/**
 * Coordinates v with β = s·√n·L·v for (XᵀX)⁻¹ = LLᵀ and s the spread of y: those of the QR decomposition of X, in which the columns of the
 * design are orthogonal and of unit size. Nothing of them is fitted: v = 0 is β = 0.
 */
export function orthogonal(design: readonly (readonly number[])[], y: readonly number[]) {
  const size = design[0]!.length;
  const gram = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => design.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  const scale = deviation(y) * Math.sqrt(y.length);
  const factor = cholesky(inverseOf(cholesky(gram))).map((row) => row.map((each) => each * scale));
  return bijectors.trilAffine(tf.zeros([size]), tf.tensor2d(factor));
}

/** A positive scale in units of s. */
export const inUnitsOf = (s: number) => bijectors.pipe(bijectors.affine(Math.log(s), 1), bijectors.exp);
