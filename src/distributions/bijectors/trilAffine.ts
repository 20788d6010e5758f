import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { diagonal, matVec, triangularSolveVector, tril } from "../../ops/linearAlgebra.js";
import { formatShape } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

const trilAffineRule = /* @__PURE__ */ bijectorRule({
  name: "trilAffine",
  domain: "real",
  codomain: "real",
  domainRank: 1,
  parameters: ["loc", "scaleTril"],
  parameterRanks: { loc: 1, scaleTril: 2 },
  forward: ({ loc, scaleTril }, x) => tf.add(loc, matVec(tril(scaleTril), x)),
  inverse: ({ loc, scaleTril }, y) => triangularSolveVector(scaleTril, tf.sub(y, loc)),
  logDet: ({ scaleTril }) => tf.sum(tf.log(tf.abs(diagonal(scaleTril))), -1),
  isAffine: true,
});

/**
 * y = loc + L·x for vectors x and a lower triangular matrix L.
 *
 * @param loc - [..., n]
 * @param scaleTril - L [..., n, n], without zeros on the diagonal; what stands above it is not read
 * @throws ElbowError "shape" if they do not fit
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const b = bijectors.trilAffine([0, 1], [[2, 0], [1, 3]]);
 * console.log(b.forward([1, 1]).dataSync()); // => Float32Array(2) [ 2, 5 ]
 * ```
 */
export function trilAffine(loc: TensorLike, scaleTril: TensorLike): Bijector<"real", "real", false> {
  const [shift, matrix] = [asTensor(loc), asTensor(scaleTril)];
  const n = shift.shape.at(-1);
  if (n === undefined || matrix.rank < 2 || matrix.shape.slice(-2).some((size) => size !== n))
    throw new ElbowError("shape", {
      message: `trilAffine: the parameters do not fit\n  expected: loc [..., n], scaleTril [..., n, n]\n  received: loc ${formatShape(shift.shape)}, scaleTril ${formatShape(matrix.shape)}`,
      hint: "Give vectors in the last axis of loc, and square matrices in the last two of scaleTril.",
    });
  return bijector(trilAffineRule, [shift, matrix]);
}
