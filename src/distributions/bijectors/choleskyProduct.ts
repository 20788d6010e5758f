import * as tf from "@tensorflow/tfjs-core";
import { cholesky, diagonal } from "../../ops/linearAlgebra.js";
import { where } from "../../ops/where.js";
import { range } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import { isLower } from "./packing.js";
import { bijectorRule } from "./rule.js";
import { expandLast } from "./trailingAxes.js";

/** The factors, and whether there are any; those of the identity where there are none. */
function factors(matrix: tf.Tensor): { factor: tf.Tensor; exists: tf.Tensor } {
  const n = matrix.shape.at(-1)!;
  const found = cholesky(matrix);
  const exists = tf.greater(tf.min(diagonal(found), -1), 0);
  const at = where(expandLast(exists, 2), matrix, tf.eye(n));
  return { factor: cholesky(at), exists };
}

/**
 * A = LLᵀ: from lower triangular matrices with a positive diagonal to positive definite ones. The determinant is that of
 * the lower triangles: 2ⁿ ∏ Lᵢᵢ^{n−i+1}.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const A = bijectors.choleskyProduct.forward([[1, 0], [2, 3]]);
 * console.log(A.arraySync()); // => [ [ 1, 2 ], [ 2, 13 ] ]
 * ```
 */
export const choleskyProduct: Bijector<"lowerCholesky", "positiveDefinite", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "choleskyProduct",
    domain: "lowerCholesky",
    codomain: "positiveDefinite",
    domainRank: 2,
    forward: (_, x) => tf.matMul(x, x, false, true),
    inverse: (_, y) => factors(y).factor,
    logDet: (_, x) => {
      const n = x.shape.at(-1)!;
      const entries = diagonal(x);
      const logs = tf.log(where(tf.greater(entries, 0), entries, 1));
      return tf.add(n * Math.LN2, tf.sum(tf.mul(tf.tensor1d(range(n).map((i) => n - i)), logs), -1));
    },
    isInDomain: (_, x) => tf.logicalAnd(tf.all(tf.greater(diagonal(x), 0), -1), isLower(x)),
    isInCodomain: (_, y) => factors(y).exists,
  }),
);
