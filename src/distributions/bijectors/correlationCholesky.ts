import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../../ir/lifted.js";
import { diagonal } from "../../ops/linearAlgebra.js";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { isLower, pack, packedShapes, unpack } from "./packing.js";
import { bijectorRule } from "./rule.js";
import { runningSum } from "./trailingAxes.js";

/** How far squared norms of rows may be from 1: what single precision loses. */
const normTolerance = 1e-5;
const leastNorm = 1e-37;

/** log(1 − tanh² x) = log 4 − log(1 + e²ˣ) − log(1 + e⁻²ˣ) */
const logComplement = (x: tf.Tensor): tf.Tensor => {
  const twice = tf.mul(2, x);
  return tf.sub(asTensor(Math.log(4)), tf.add(tf.softplus(twice), tf.softplus(tf.neg(twice))));
};

/** log √∏_{k<j}(1 − z²ᵢₖ): the norm of what is left of row i at column j. */
const logLeft = (complements: tf.Tensor): tf.Tensor =>
  tf.mul(0.5, runningSum(unpack(complements, 1), { exclusive: true }));

/**
 * From vectors of n(n − 1)/2 real numbers to Cholesky factors of n × n correlation matrices, lower triangular with rows of
 * norm 1: zᵢⱼ = tanh(x) row after row are canonical partial correlations, Lᵢⱼ = zᵢⱼ·√∏_{k<j}(1 − z²ᵢₖ). The determinant is that
 * of the elements below the diagonal.
 *
 * Lewandowski, Kurowicka & Joe, "Generating random correlation matrices based on vines and extended onion method" (2009).
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const L = bijectors.correlationCholesky.forward([0, 0, 0]);
 * console.log(L.arraySync()); // => [ [ 1, 0, 0 ], [ 0, 1, 0 ], [ 0, 0, 1 ] ]
 * ```
 */
export const correlationCholesky: Bijector<"real", "correlationCholesky", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "correlationCholesky",
    domain: "real",
    codomain: "correlationCholesky",
    domainRank: 1,
    codomainRank: 2,
    forward: (_, x) => {
      const left = tf.exp(logLeft(logComplement(x)));
      return tf.mul(tf.add(unpack(tf.tanh(x), 1), tf.eye(left.shape.at(-1)!)), left);
    },
    // sinh atanh z = z/√(1 − z²) = Lᵢⱼ over the norm of what stands to the right of it in its row
    inverse: (_, y) => {
      const squares = pack(runningSum(tf.square(y), { exclusive: true, reverse: true }), 1);
      const right = tf.sqrt(where(tf.greater(squares, leastNorm), squares, leastNorm));
      return tf.asinh(tf.div(pack(y, 1), right));
    },
    logDet: (_, x) => {
      const complements = logComplement(x);
      return tf.sum(tf.add(complements, pack(logLeft(complements), 1)), -1);
    },
    isInCodomain: (_, y) => {
      const isUnit = tf.lessEqual(tf.abs(tf.sub(tf.sum(tf.square(y), -1), 1)), normTolerance);
      const isPositive = tf.greaterEqual(diagonal(y), 0);
      return tf.logicalAnd(tf.all(tf.logicalAnd(isUnit, isPositive), -1), isLower(y));
    },
    ...packedShapes("correlationCholesky", 1),
  }),
);
