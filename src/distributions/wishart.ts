import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { cholesky, diagonal, diagonalMatrix, matrixProduct, triangularSolve, tril } from "../ops/linearAlgebra.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, range, type Shape } from "../util/shapes.js";
import { above, lowerCholesky, positiveDefinite } from "./constraints.js";
import { batchOf, type Distribution, distribution, family, type PositiveDefinite } from "./distribution.js";
import { logMultivariateGamma, multivariateDigamma } from "./logGammaRatio.js";

/** log det of LLᵀ */
const logDeterminantOf = (factor: Tensor): Tensor => tf.mul(2, tf.sum(tf.log(diagonal(factor)), -1));

/** log Γₙ(½ν) + ½νn log 2 + ½ν log det V */
function logNormalizer(df: Tensor, factor: Tensor): Tensor {
  const n = factor.shape.at(-1)!;
  const half = tf.mul(0.5, df);
  const powers = tf.mul(half, tf.add(logDeterminantOf(factor), asTensor(n * Math.LN2)));
  return tf.add(logMultivariateGamma(half, n), powers);
}

/** ½(ν − n − 1) log det X − ½ tr V⁻¹X − …, from the factors of X and V: tr V⁻¹X = |L_V⁻¹ L_X|² */
function logDensity(df: Tensor, factor: Tensor, value: Tensor): Tensor {
  const n = factor.shape.at(-1)!;
  const inside = positiveDefinite.isMet(stopGradient(value));
  const within = tf.expandDims(tf.expandDims(inside, -1), -1);
  const own = cholesky(where(within, value, diagonalMatrix(tf.ones([n]))));
  const trace = tf.sum(tf.square(triangularSolve(factor, own)), [-2, -1]);
  const powers = tf.mul(tf.mul(0.5, tf.sub(df, n + 1)), logDeterminantOf(own));
  const density = tf.sub(tf.sub(powers, tf.mul(0.5, trace)), logNormalizer(df, factor));
  return where(inside, density, Number.NEGATIVE_INFINITY);
}

/** LA(LA)ᵀ with normal numbers below the diagonal of A, and roots of χ² variables of ν − i degrees of freedom on it (Bartlett). */
function draw(df: Tensor, factor: Tensor, key: Tensor, batch: Shape): Tensor {
  const n = factor.shape.at(-1)!;
  const shapes = tf.mul(0.5, tf.sub(tf.expandDims(df, -1), tf.tensor1d(range(n))));
  const logs = tf.add(logGammaDraws(namedKey(key, "diagonal"), [...batch, n], shapes), asTensor(Math.LN2));
  const below = tril(standardNormal(namedKey(key, "below"), [...batch, n, n]), -1);
  const root = matrixProduct(tril(factor), tf.add(below, diagonalMatrix(tf.exp(tf.mul(0.5, logs)))));
  return matrixProduct(root, root, { transposeB: true });
}

/** ½(n + 1) log det V + ½n(n + 1) log 2 + log Γₙ(½ν) − ½(ν − n − 1)ψₙ(½ν) + ½νn */
function entropy(df: Tensor, factor: Tensor): Tensor {
  const n = factor.shape.at(-1)!;
  const half = tf.mul(0.5, df);
  const volume = tf.mul(0.5 * (n + 1), tf.add(logDeterminantOf(factor), asTensor(n * Math.LN2)));
  const slope = tf.mul(tf.mul(0.5, tf.sub(df, n + 1)), multivariateDigamma(half, n));
  return tf.add(tf.sub(tf.add(volume, logMultivariateGamma(half, n)), slope), tf.mul(half, n));
}

const eachMatrix = (df: Tensor): Tensor => tf.expandDims(tf.expandDims(df, -1), -1);

/** ν(Vᵢⱼ² + VᵢᵢVⱼⱼ) */
function variance(df: Tensor, scale: Tensor): Tensor {
  const variances = diagonal(scale);
  const products = tf.mul(tf.expandDims(variances, -1), tf.expandDims(variances, -2));
  return tf.mul(eachMatrix(df), tf.add(tf.square(scale), products));
}

type ScaleName = "scaleMatrix" | "scaleTril";

const scaleOf: Readonly<Record<ScaleName, { factor: (scale: Tensor) => Tensor; matrix: (scale: Tensor) => Tensor }>> = {
  scaleMatrix: { factor: cholesky, matrix: (scale) => scale },
  scaleTril: { factor: tril, matrix: (scale) => matrixProduct(tril(scale), tril(scale), { transposeB: true }) },
};

function wishartFamily(name: ScaleName, n: number): Family {
  const { factor, matrix } = scaleOf[name];
  const made = family<"df" | "scale">({
    name: "wishart",
    support: "positiveDefinite",
    parameters: ["df", "scale"],
    eventRanks: { scale: 2 },
    shapes: ({ df, scale }) => ({ batch: batchOf("wishart", ["df", name], [df, scale.slice(0, -2)]), event: [n, n] }),
    logDensity: ({ df, scale }, x) => logDensity(df, factor(scale), x),
    draw: ({ df, scale }, key, batch) => draw(df, factor(scale), key, batch),
    mean: ({ df, scale }) => tf.mul(eachMatrix(df), matrix(scale)),
    variance: ({ df, scale }) => variance(df, matrix(scale)),
    entropy: ({ df, scale }) => entropy(df, factor(scale)),
    constraints: {
      df: above(n - 1, `n − 1 = ${n - 1}`),
      scale: name === "scaleMatrix" ? positiveDefinite : lowerCholesky,
    },
  });
  return { ...made, parameterNames: ["df", name] };
}

/** The scale V of a {@link wishart}, or its Cholesky factor; exactly one of the two. */
export type WishartScale =
  | { readonly scaleMatrix: TensorLike; readonly scaleTril?: undefined }
  | { readonly scaleTril: TensorLike; readonly scaleMatrix?: undefined };

/**
 * The Wishart distribution of symmetric positive definite matrices, of density
 * det(X)^{(ν − n − 1)/2} e^{−½ tr V⁻¹X}/(2^{νn/2} det(V)^{ν/2} Γₙ(ν/2)) in the entries on and below the diagonal: the sum of ν
 * squares zzᵀ of normal vectors of covariance V, for whole ν.
 *
 * Draws are positive definite in single precision unless ν is close to n − 1, or V close to singular; a matrix that is not has
 * density 0. As a prior for correlations and scales, `lkjCholesky` has no such limit.
 *
 * Offers reparam (Bartlett's decomposition, implicit in the degrees of freedom), reinforce and muProp.
 *
 * @param df - degrees of freedom ν > n − 1, of the batch shape
 * @param scale - `scaleMatrix`, V [..., n, n], or `scaleTril`, its lower Cholesky factor; the mean is νV
 * @returns a distribution of events [n, n]
 * @throws ElbowError "shape" if the scale is not made of square matrices; "options" if both are given, or none
 * @example
 * ```ts
 * import { run, sample, wishart } from "elbow";
 * const X = run(0, sample("X", wishart(5, { scaleTril: [[1, 0], [0.5, 2]] })));
 * console.log(X.shape); // => [ 2, 2 ]
 * ```
 */
export function wishart(
  df: TensorLike,
  options: WishartScale,
): Distribution<PositiveDefinite, "reparam" | "reinforce" | "muProp"> {
  checkOptionNames("wishart", options, ["scaleTril", "scaleMatrix"], "required");
  const { scaleMatrix, scaleTril } = options;
  if ((scaleMatrix === undefined) === (scaleTril === undefined))
    throw new ElbowError("options", {
      message: `wishart takes scaleMatrix or scaleTril\n  received: ${scaleMatrix === undefined ? "neither" : "both"}`,
      hint: "Write wishart(df, { scaleTril }), for example.",
    });
  const name = scaleMatrix === undefined ? "scaleTril" : "scaleMatrix";
  const scale = asTensor((scaleMatrix ?? scaleTril) as TensorLike, "float32", "wishart: the scale");
  const [rows, n] = scale.shape.slice(-2);
  if (n === undefined || rows !== n)
    throw new ElbowError("shape", {
      message: `wishart: the scale is not made of square matrices\n  expected: ${name} [..., n, n]\n  received: ${formatShape(scale.shape)}`,
    });
  return distribution(wishartFamily(name, n), [df, scale]);
}
