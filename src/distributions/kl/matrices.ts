import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { cholesky, diagonal, diagonalMatrix, matrixProduct, triangularSolve, tril } from "../../ops/linearAlgebra.js";
import { range } from "../../util/shapes.js";
import { gammaExcess, logExcess } from "./excess.js";
import { type KlEntry, type Named, within } from "./rule.js";

/** A scale: standard deviations, or a lower triangular factor of the covariance. */
type Scale = { readonly deviations: Tensor } | { readonly factor: Tensor };

function scaleOf({ covariance, scaleTril, scaleDiag, covFactor, covDiag }: Named): Scale {
  if (scaleDiag) return { deviations: scaleDiag };
  if (covFactor) {
    const lowRank = matrixProduct(covFactor, covFactor, { transposeB: true });
    return { factor: cholesky(tf.add(lowRank, diagonalMatrix(covDiag!))) };
  }
  return { factor: scaleTril ? tril(scaleTril) : cholesky(covariance!) };
}

const matrixOf = (scale: Scale): Tensor => ("factor" in scale ? scale.factor : diagonalMatrix(scale.deviations));

/** L⁻¹B for the matrix L of a scale. */
const dividedBy = (scale: Scale, b: Tensor): Tensor =>
  "factor" in scale ? triangularSolve(scale.factor, b) : tf.div(b, tf.expandDims(scale.deviations, -1));

/** tr MMᵀ − n − log det MMᵀ for a lower triangular M */
function volumeExcess(m: Tensor): Tensor {
  const below = tf.sum(tf.square(tril(m, -1)), [-2, -1]);
  return tf.add(tf.sum(logExcess(tf.square(diagonal(m))), -1), below);
}

/** ½(tr MMᵀ − n − log det MMᵀ) + ½‖z‖² for M = L_q⁻¹L_p, z = L_q⁻¹(m_p − m_q) */
export function multivariateNormal(p: Named, q: Named): Tensor {
  const [scaleP, scaleQ] = [scaleOf(p), scaleOf(q)];
  const volume =
    "deviations" in scaleP && "deviations" in scaleQ
      ? tf.sum(logExcess(tf.square(tf.div(scaleP.deviations, scaleQ.deviations))), -1)
      : volumeExcess(dividedBy(scaleQ, matrixOf(scaleP)));
  const difference = dividedBy(scaleQ, tf.expandDims(tf.sub(p.loc!, q.loc!), -1));
  return tf.mul(0.5, tf.add(volume, tf.sum(tf.square(difference), [-2, -1])));
}

/** ½n_p·(tr MMᵀ − d − log det MMᵀ) + ½(n_p − n_q) log det MMᵀ + Σ D((n_q − i)/2, (n_p − i)/2), D as for the gamma distribution */
function wishart(p: Named, q: Named): Tensor {
  const m = dividedBy(wishartScale(q), matrixOf(wishartScale(p)));
  const logDeterminant = tf.sum(tf.log(tf.square(diagonal(m))), -1);
  const terms = range(m.shape.at(-1)!).map((i) =>
    gammaExcess(tf.mul(0.5, tf.sub(q.df!, i)), tf.mul(0.5, tf.sub(p.df!, i))),
  );
  const ofScales = tf.add(tf.mul(p.df!, volumeExcess(m)), tf.mul(tf.sub(p.df!, q.df!), logDeterminant));
  return tf.add(tf.mul(0.5, ofScales), tf.addN(terms));
}

const wishartScale = ({ scaleMatrix, scaleTril }: Named): Scale => ({
  factor: scaleTril ? tril(scaleTril) : cholesky(scaleMatrix!),
});

export const matrices: readonly KlEntry[] = [
  within("multivariateNormal", multivariateNormal),
  within("wishart", wishart),
];
