// The multivariate normal whose covariance is WWᵀ + diag(d), with W of few columns: nothing of the size n × n is made.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor } from "../ir/lifted.js";
import {
  cholesky,
  diagonal,
  diagonalMatrix,
  matrixProduct,
  matVec,
  triangularSolveVector,
} from "../ops/linearAlgebra.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { finite, positive, real } from "./constraints.js";
import { batchOf, family } from "./distribution.js";

const logTwoPi = Math.log(2 * Math.PI);

function shapes(loc: Shape, factor: Shape, diag: Shape): { batch: Shape; event: Shape } {
  const n = loc.at(-1);
  if (n === undefined || factor.length < 2 || factor.at(-2) !== n || diag.at(-1) !== n)
    throw new ElbowError("shape", {
      message:
        "multivariateNormal: the parameters do not fit\n  expected: loc [..., n], covFactor [..., n, r], covDiag [..., n]\n" +
        `  received: loc ${formatShape(loc)}, covFactor ${formatShape(factor)}, covDiag ${formatShape(diag)}`,
    });
  const batches = [loc.slice(0, -1), factor.slice(0, -2), diag.slice(0, -1)];
  return { batch: batchOf("multivariateNormal", ["loc", "covFactor", "covDiag"], batches), event: [n] };
}

/** V = D^{−½}W, and the Cholesky factor of the capacitance C = I + VᵀV. */
function capacitance(covFactor: tf.Tensor, covDiag: tf.Tensor): { whitened: tf.Tensor; factor: tf.Tensor } {
  const whitened = tf.div(covFactor, tf.expandDims(tf.sqrt(covDiag), -1));
  const gram = matrixProduct(whitened, whitened, { transposeA: true });
  const identity = diagonalMatrix(tf.ones([covFactor.shape.at(-1)!]));
  return { whitened, factor: cholesky(tf.add(identity, gram)) };
}

/** log det(WWᵀ + D) = Σ log d + log det C, the matrix determinant lemma. */
const logDeterminantOf = (factor: tf.Tensor, covDiag: tf.Tensor): tf.Tensor =>
  tf.add(tf.sum(tf.log(covDiag), -1), tf.mul(2, tf.sum(tf.log(diagonal(factor)), -1)));

export const lowRankNormal = family({
  name: "multivariateNormal",
  support: "real",
  parameters: ["loc", "covFactor", "covDiag"],
  eventRanks: { loc: 1, covFactor: 2, covDiag: 1 },
  shapes: ({ loc, covFactor, covDiag }) => shapes(loc, covFactor, covDiag),
  // (x − m)ᵀΣ⁻¹(x − m) = |z − Vy|² + |y|² for z = D^{−½}(x − m) and y = C⁻¹Vᵀz: Woodbury's identity without a difference
  logDensity: ({ loc, covFactor, covDiag }, x) => {
    const n = loc.shape.at(-1)!;
    const { whitened, factor } = capacitance(covFactor, covDiag);
    const z = tf.div(tf.sub(x, loc), tf.sqrt(covDiag));
    const projected = tf.sum(tf.mul(whitened, tf.expandDims(z, -1)), -2);
    const y = triangularSolveVector(factor, triangularSolveVector(factor, projected), { transpose: true });
    const rest = tf.sub(z, matVec(whitened, y));
    const squares = tf.add(tf.sum(tf.square(rest), -1), tf.sum(tf.square(y), -1));
    return tf.mul(-0.5, tf.add(squares, tf.add(logDeterminantOf(factor, covDiag), asTensor(n * logTwoPi))));
  },
  // m + Wε + √d·η
  draw: ({ loc, covFactor, covDiag }, key, batch) => {
    const [n, rank] = covFactor.shape.slice(-2) as [number, number];
    const common = matVec(covFactor, standardNormal(namedKey(key, "common"), [...batch, rank]));
    const own = tf.mul(tf.sqrt(covDiag), standardNormal(namedKey(key, "own"), [...batch, n]));
    return tf.add(loc, tf.add(common, own));
  },
  mean: ({ loc, covFactor, covDiag }) => tf.add(loc, tf.zerosLike(tf.add(covDiag, tf.sum(covFactor, -1)))),
  variance: ({ loc, covFactor, covDiag }) =>
    tf.add(tf.add(covDiag, tf.sum(tf.square(covFactor), -1)), tf.zerosLike(loc)),
  entropy: ({ loc, covFactor, covDiag }) => {
    const { factor } = capacitance(covFactor, covDiag);
    return tf.mul(0.5, tf.add(logDeterminantOf(factor, covDiag), asTensor(loc.shape.at(-1)! * (1 + logTwoPi))));
  },
  constraints: { loc: real, covFactor: finite, covDiag: positive },
});
