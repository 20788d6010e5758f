import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import * as algebra from "../../src/ops/linearAlgebra.js";

beforeAll(() => tf.setBackend("cpu"));

/** A batch [2, 3, 3] of symmetric positive definite matrices, and its factors. */
const factors = tf.tensor3d([2, 0, 0, 0.5, 1, 0, -1, 0.25, 3, 1, 0, 0, 2, 0.5, 0, 0, -1, 2], [2, 3, 3]);
const matrices = tf.matMul(factors, factors, false, true);

function expectClose(received: tf.Tensor, truth: tf.Tensor): void {
  expect(received.shape).toEqual(truth.shape);
  expect(tf.max(tf.abs(tf.sub(received, truth))).dataSync()[0]).toBeLessThan(1e-5);
}

it("cholesky and what is computed through it", () => {
  expectClose(algebra.cholesky(matrices), factors);
  expectClose(algebra.logDeterminant(matrices), tf.tensor1d([2 * Math.log(6), 0]));
  const b = tf.ones([2, 3, 4]);
  expectClose(tf.matMul(matrices, algebra.choleskySolve(factors, b)), b);
});

it("diagonals and triangles", () => {
  expectClose(
    algebra.diagonal(factors),
    tf.tensor2d([
      [2, 1, 3],
      [1, 0.5, 2],
    ]),
  );
  expectClose(
    algebra.diagonalMatrix([1, 2]),
    tf.tensor2d([
      [1, 0],
      [0, 2],
    ]),
  );
  expectClose(tf.add(algebra.tril(matrices, -1), algebra.triu(matrices)), matrices);
});

it.each([[[3]], [[5, 3]], [[4, 5, 3]]])("one matrix and vectors %j", (shape) => {
  const matrix = tf.reshape(tf.slice(factors, 0, 1), [3, 3]);
  const x = tf.reshape(
    tf.range(
      0,
      shape.reduce((size, each) => size * each, 1),
    ),
    shape,
  );
  const product = algebra.matVec(matrix, x);
  expectClose(product, tf.sum(tf.mul(matrix, tf.expandDims(x, -2)), -1));
  expectClose(algebra.triangularSolveVector(matrix, product), x);
  const transposed = algebra.triangularSolveVector(matrix, x, { transpose: true });
  expectClose(algebra.matVec(tf.transpose(matrix), transposed), x);
});

it("a batch of matrices and vectors that broadcast", () => {
  const x = tf.reshape(tf.range(0, 15), [5, 1, 3]);
  const product = algebra.matVec(factors, x);
  expect(product.shape).toEqual([5, 2, 3]);
  expectClose(algebra.triangularSolveVector(factors, product), tf.broadcastTo(x, [5, 2, 3]));
  expectClose(algebra.triangularSolve(factors, tf.matMul(factors, factors)), factors);
});
