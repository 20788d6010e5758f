import * as tf from "@tensorflow/tfjs-core";
import { diagonal, diagonalMatrix } from "../../ops/linearAlgebra.js";
import { type Bijector, bijector } from "./bijector.js";
import { exp } from "./exp.js";
import { isLower, pack, packedShapes, unpack } from "./packing.js";
import { bijectorRule } from "./rule.js";
import { softplus } from "./softplus.js";

/** Options of {@link lowerCholesky}. */
export interface LowerCholeskyOptions {
  /** What makes the diagonal positive. @defaultValue "exp" */
  readonly diagonal?: "exp" | "softplus";
}

const diagonals = { exp, softplus };

/** The matrix, with its diagonal mapped. */
function mapDiagonal(matrix: tf.Tensor, map: (entries: tf.Tensor) => tf.Tensor): tf.Tensor {
  const rest = tf.mul(matrix, tf.sub(1, tf.eye(matrix.shape.at(-1)!)));
  return tf.add(rest, diagonalMatrix(map(diagonal(matrix))));
}

/**
 * From vectors of n(n + 1)/2 real numbers to lower triangular n × n matrices with a positive diagonal: the numbers fill
 * the triangle row after row, then the diagonal goes through exp or softplus.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const L = bijectors.lowerCholesky().forward([0, 5, 0]);
 * console.log(L.arraySync()); // => [ [ 1, 0 ], [ 5, 1 ] ]
 * ```
 */
export function lowerCholesky({
  diagonal: kind = "exp",
}: LowerCholeskyOptions = {}): Bijector<"real", "lowerCholesky", false> {
  const { rule } = diagonals[kind];
  return bijector(
    bijectorRule({
      name: "lowerCholesky",
      domain: "real",
      codomain: "lowerCholesky",
      domainRank: 1,
      codomainRank: 2,
      forward: (_, x) => mapDiagonal(unpack(x, 0), (entries) => rule.forward([], entries)),
      inverse: (_, y) =>
        pack(
          mapDiagonal(y, (entries) => rule.inverse([], entries)),
          0,
        ),
      logDet: (_, x) => tf.sum(rule.logDet([], diagonal(unpack(x, 0))), -1),
      hasAffineLogDet: rule.hasAffineLogDet,
      isInCodomain: (_, y) => tf.logicalAnd(tf.all(tf.greater(diagonal(y), 0), -1), isLower(y)),
      ...packedShapes("lowerCholesky", 0),
    }),
  );
}
