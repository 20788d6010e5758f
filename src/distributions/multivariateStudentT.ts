import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { diagonal, matVec, triangularSolveVector, tril } from "../ops/linearAlgebra.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { digamma } from "../ops/special.js";
import { where } from "../ops/where.js";
import { lowerCholesky, positive, real } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";
import { locScaleShapes } from "./locScale.js";
import { logGammaRatio } from "./logGammaRatio.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** log Γ(h + n/2)/Γ(h) − (n/2) log 2πh − log|det L| for h = ν/2 */
function logVolume(df: Tensor, scaleTril: Tensor): Tensor {
  const n = scaleTril.shape.at(-1)!;
  const constant = tf.sub(logGammaRatio(tf.mul(0.5, df), 0.5 * n), asTensor(n * halfLogTwoPi));
  return tf.sub(constant, tf.sum(tf.log(diagonal(scaleTril)), -1));
}

/** Whether there are more degrees of freedom than a moment needs, for every element. */
const isAbove = (df: Tensor, least: number): Tensor => tf.expandDims(tf.greater(stopGradient(df), least), -1);

const multivariateStudentTFamily = family({
  name: "multivariateStudentT",
  support: "real",
  parameters: ["df", "loc", "scaleTril"],
  eventRanks: { loc: 1, scaleTril: 2 },
  shapes: ({ df, loc, scaleTril }) => locScaleShapes("multivariateStudentT", "scaleTril", 2)(loc, scaleTril, { df }),
  // … − ½(ν + n) log(1 + |L⁻¹(x − m)|²/ν)
  logDensity: ({ df, loc, scaleTril }, x) => {
    const squares = tf.sum(tf.square(triangularSolveVector(scaleTril, tf.sub(x, loc))), -1);
    const tail = tf.mul(tf.mul(0.5, tf.add(df, loc.shape.at(-1)!)), tf.log1p(tf.div(squares, df)));
    return tf.sub(logVolume(df, scaleTril), tail);
  },
  // m + LZ/√(G/h) for one gamma variable G of shape h = ν/2, which moves with its shape
  draw: ({ df, loc, scaleTril }, key, batch) => {
    const half = tf.mul(0.5, df);
    const logGamma = logGammaDraws(namedKey(key, "gamma"), batch, half);
    const spread = tf.exp(tf.mul(0.5, tf.sub(tf.log(half), logGamma)));
    const noise = standardNormal(namedKey(key, "normal"), [...batch, loc.shape.at(-1)!]);
    return tf.add(loc, matVec(tril(scaleTril), tf.mul(noise, tf.expandDims(spread, -1))));
  },
  // undefined for ν ≤ 1
  mean: ({ df, loc, scaleTril }) => where(isAbove(df, 1), tf.add(loc, tf.zerosLike(tf.sum(scaleTril, -1))), Number.NaN),
  // the diagonal of LLᵀ, times ν/(ν − 2); infinite for ν ≤ 2, undefined for ν ≤ 1
  variance: ({ df, loc, scaleTril }) => {
    const safe = where(isAbove(df, 2), tf.expandDims(df, -1), 3);
    const squares = tf.sum(tf.square(tril(scaleTril)), -1);
    const finite = tf.add(tf.mul(squares, tf.div(safe, tf.sub(safe, 2))), tf.zerosLike(loc));
    return where(isAbove(df, 2), finite, where(isAbove(df, 1), Number.POSITIVE_INFINITY, Number.NaN));
  },
  // … + ½(ν + n)(ψ(½(ν + n)) − ψ(½ν))
  entropy: ({ df, scaleTril }) => {
    const half = tf.mul(0.5, df);
    const sum = tf.add(half, 0.5 * scaleTril.shape.at(-1)!);
    return tf.sub(tf.mul(sum, tf.sub(digamma(sum), digamma(half))), logVolume(df, scaleTril));
  },
  constraints: { df: positive, loc: real, scaleTril: lowerCholesky },
});

/**
 * The multivariate t distribution, of density ∝ (1 + |L⁻¹(x − m)|²/ν)^{−(ν + n)/2}; LLᵀ is not its covariance.
 *
 * Offers reparam (in the degrees of freedom too, through a gamma variable), reinforce and muProp.
 *
 * @param df - degrees of freedom ν > 0, of the batch shape
 * @param loc - medians m [..., n]
 * @param scaleTril - lower triangular factors L [..., n, n] with positive diagonal; what stands above is not read
 * @returns a distribution of events [n]
 * @throws ElbowError if the shapes do not fit
 * @example
 * ```ts
 * import { multivariateStudentT, run, sample } from "elbow";
 * const x = run(0, sample("x", multivariateStudentT(4, [0, 1], [[1, 0], [0.5, 2]])));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const multivariateStudentT = (
  df: TensorLike,
  loc: TensorLike,
  scaleTril: TensorLike,
): Distribution<Real, "reparam" | "reinforce" | "muProp"> =>
  distribution(multivariateStudentTFamily, [df, loc, scaleTril]);
