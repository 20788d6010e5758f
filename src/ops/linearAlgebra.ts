// Linear algebra that tfjs lacks; matrices stand in the last two axes, everything before is batch.

import type { Tensor } from "@tensorflow/tfjs-core";
import { applyEmitter, asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import { matrixTranspose } from "../ir/primitives/axes.js";
import * as factors from "../ir/primitives/cholesky.js";
import * as diagonals from "../ir/primitives/diagonals.js";
import * as products from "../ir/primitives/matMul.js";
import * as triangular from "../ir/primitives/triangularSolve.js";
import { checkInteger } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";

export type { TriangularSolveOptions } from "../ir/primitives/triangularSolve.js";

/** The lower Cholesky factors of symmetric positive definite matrices [..., n, n]; NaN for any that is not. */
export const cholesky: (matrix: TensorLike) => Tensor = lifted((a) => factors.cholesky(a!), "cholesky(matrix)");

/** A⁻¹B for A = LLᵀ, from the factors L [..., n, n] and B [..., n, columns]. */
export const choleskySolve: (factor: TensorLike, b: TensorLike) => Tensor = lifted(
  (l, b) => factors.choleskySolve(l!, b!),
  "choleskySolve(factor, b)",
);

/** log det A of symmetric positive definite matrices [..., n, n]. */
export const logDeterminant: (matrix: TensorLike) => Tensor = lifted(
  (a) => factors.logDeterminant(a!),
  "logDeterminant(matrix)",
);

/** The diagonals of square matrices: [..., n, n] ↦ [..., n]. */
export const diagonal: (matrix: TensorLike) => Tensor = lifted((x) => diagonals.diagonalPart(x!), "diagonal(matrix)");

/** Diagonal matrices: [..., n] ↦ [..., n, n]. */
export const diagonalMatrix: (x: TensorLike) => Tensor = lifted(
  (x) => diagonals.diagonalMatrix(x!),
  "diagonalMatrix(x)",
);

/** The lower triangle of matrices, up to the `offset`-th diagonal above the main one; zeros elsewhere. */
export function tril(matrix: TensorLike, offset = 0): Tensor {
  checkInteger("tril", "the offset", offset);
  return lifted((x) => diagonals.tril(x!, offset), "tril(matrix)")(matrix);
}

/** The upper triangle of matrices, from the `offset`-th diagonal above the main one on; zeros elsewhere. */
export function triu(matrix: TensorLike, offset = 0): Tensor {
  checkInteger("triu", "the offset", offset);
  return lifted((x) => diagonals.triu(x!, offset), "triu(matrix)")(matrix);
}

/** Transposed matrices: [..., m, n] ↦ [..., n, m]. */
export const transposed: (matrix: TensorLike) => Tensor = lifted((x) => matrixTranspose(x!), "transposed(matrix)");

/** Products of matrices whose batch axes broadcast. */
export const matrixProduct = (a: TensorLike, b: TensorLike, options: products.MatMulOptions = {}): Tensor =>
  lifted((x, y) => products.matMul(x!, y!, options))(a, b);

/** Products of matrices with vectors: [..., m, k] · [..., k] ↦ [..., m]. */
export const matVec: (matrix: TensorLike, x: TensorLike) => Tensor = lifted(
  (a, x) =>
    // one matrix for many vectors is one product of matrices
    a!.shape.length === 2 && x!.shape.length > 1
      ? products.matMul(x!, a!, { transposeB: true })
      : products.matVec(a!, x!),
  "matVec(matrix, x)",
);

/**
 * Solves T·X = B, where T is a triangle of `matrix`; the other triangle is not read.
 *
 * @param matrix - [..., n, n]
 * @param b - [..., n, columns]
 */
export function triangularSolve(
  matrix: TensorLike,
  b: TensorLike,
  options: triangular.TriangularSolveOptions = {},
): Tensor {
  checkOptionNames("triangularSolve", options, ["lower", "transpose"]);
  return lifted((t, c) => triangular.triangularSolve(t!, c!, options), "triangularSolve(matrix, b)")(matrix, b);
}

/** {@link triangularSolve} for right-hand sides that are vectors: [..., n]. */
export const triangularSolveVector = (
  matrix: TensorLike,
  b: TensorLike,
  options: triangular.TriangularSolveOptions = {},
): Tensor =>
  applyEmitter(
    (t, c) =>
      // one matrix for many vectors is one system with many right-hand sides
      t!.shape.length === 2 && c!.shape.length === 2
        ? [matrixTranspose(triangular.triangularSolve(t!, matrixTranspose(c!), options))]
        : [triangular.triangularSolveVector(t!, c!, options)],
    [asTensor(matrix), asTensor(b)],
  )[0]!;
