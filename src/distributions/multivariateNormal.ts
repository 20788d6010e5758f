import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { cholesky, diagonal, matVec, triangularSolveVector, tril } from "../ops/linearAlgebra.js";
import { standardNormal } from "../ops/random.js";
import { checkOptionNames } from "../util/options.js";
import type { Shape } from "../util/shapes.js";
import { lowerCholesky, positive, positiveDefinite, real } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";
import { locScaleShapes } from "./locScale.js";
import { lowRankNormal } from "./lowRankNormal.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** −½‖z‖² − log|det L| − ½ n log 2π for z = L⁻¹(x − m) and the logarithms of L's diagonal */
function logDensityOf(standardized: Tensor, logDiagonal: Tensor): Tensor {
  const n = standardized.shape.at(-1)!;
  const logVolume = tf.add(tf.sum(logDiagonal, -1), asTensor(n * halfLogTwoPi));
  return tf.sub(tf.mul(-0.5, tf.sum(tf.square(standardized), -1)), logVolume);
}

/** ½ n (1 + log 2π) + log|det L| */
const entropyOf = (logDiagonal: Tensor): Tensor =>
  tf.add(tf.sum(logDiagonal, -1), asTensor(logDiagonal.shape.at(-1)! * (0.5 + halfLogTwoPi)));

const logDensityWithFactor = (x: Tensor, loc: Tensor, factor: Tensor): Tensor =>
  logDensityOf(triangularSolveVector(factor, tf.sub(x, loc)), tf.log(diagonal(factor)));

/** m + Lε */
const withFactor = (loc: Tensor, factor: Tensor, noise: Tensor): Tensor => tf.add(loc, matVec(factor, noise));

/** A draw from what it is made of. */
const drawing =
  <P extends { readonly loc: Tensor }>(fromNormal: (parameters: P, noise: Tensor) => Tensor) =>
  (parameters: P, key: Tensor, batch: Shape): Tensor =>
    fromNormal(parameters, standardNormal(key, [...batch, parameters.loc.shape.at(-1)!]));

type Parameters<P extends string> = Readonly<Record<"loc" | P, Tensor>>;

const fromCovariance = ({ loc, covariance }: Parameters<"covariance">, noise: Tensor): Tensor =>
  withFactor(loc, cholesky(covariance), noise);
const fromScaleTril = ({ loc, scaleTril }: Parameters<"scaleTril">, noise: Tensor): Tensor =>
  withFactor(loc, tril(scaleTril), noise);
const fromScaleDiag = ({ loc, scaleDiag }: Parameters<"scaleDiag">, noise: Tensor): Tensor =>
  tf.add(loc, tf.mul(scaleDiag, noise));

const withCovariance = family({
  name: "multivariateNormal",
  support: "real",
  parameters: ["loc", "covariance"],
  eventRanks: { loc: 1, covariance: 2 },
  shapes: ({ loc, covariance }) => locScaleShapes("multivariateNormal", "covariance", 2)(loc, covariance),
  logDensity: ({ loc, covariance }, x) => logDensityWithFactor(x, loc, cholesky(covariance)),
  draw: drawing(fromCovariance),
  fromNormal: fromCovariance,
  mean: ({ loc }) => loc,
  variance: ({ covariance }) => diagonal(covariance),
  entropy: ({ covariance }) => entropyOf(tf.log(diagonal(cholesky(covariance)))),
  constraints: { loc: real, covariance: positiveDefinite },
});

const withScaleTril = family({
  name: "multivariateNormal",
  support: "real",
  parameters: ["loc", "scaleTril"],
  eventRanks: { loc: 1, scaleTril: 2 },
  shapes: ({ loc, scaleTril }) => locScaleShapes("multivariateNormal", "scaleTril", 2)(loc, scaleTril),
  logDensity: ({ loc, scaleTril }, x) => logDensityWithFactor(x, loc, scaleTril),
  draw: drawing(fromScaleTril),
  fromNormal: fromScaleTril,
  mean: ({ loc }) => loc,
  // the diagonal of LLᵀ
  variance: ({ scaleTril }) => tf.sum(tf.square(tril(scaleTril)), -1),
  entropy: ({ scaleTril }) => entropyOf(tf.log(diagonal(scaleTril))),
  constraints: { loc: real, scaleTril: lowerCholesky },
});

const withScaleDiag = family({
  name: "multivariateNormal",
  support: "real",
  parameters: ["loc", "scaleDiag"],
  eventRanks: { loc: 1, scaleDiag: 1 },
  shapes: ({ loc, scaleDiag }) => locScaleShapes("multivariateNormal", "scaleDiag", 1)(loc, scaleDiag),
  logDensity: ({ loc, scaleDiag }, x) => logDensityOf(tf.div(tf.sub(x, loc), scaleDiag), tf.log(scaleDiag)),
  draw: drawing(fromScaleDiag),
  fromNormal: fromScaleDiag,
  mean: ({ loc }) => loc,
  variance: ({ scaleDiag }) => tf.square(scaleDiag),
  entropy: ({ scaleDiag }) => entropyOf(tf.log(scaleDiag)),
  constraints: { loc: real, scaleDiag: positive },
});

/** The scale of a {@link multivariateNormal}; exactly one of the three. */
export interface MultivariateNormalScale {
  /** Symmetric positive definite matrices [..., n, n]. */
  readonly covariance?: TensorLike;
  /** Lower triangular factors L [..., n, n] with positive diagonal, covariance LLᵀ; what stands above is not read. */
  readonly scaleTril?: TensorLike;
  /** Standard deviations [..., n] of independent elements. */
  readonly scaleDiag?: TensorLike;
}

/** A covariance WWᵀ + diag(d) of a {@link multivariateNormal}, of which no n × n matrix is made. */
export interface LowRankCovariance {
  /** W [..., n, r]. */
  readonly covFactor: TensorLike;
  /** d > 0, [..., n]. */
  readonly covDiag: TensorLike;
}

const families: Readonly<Record<keyof MultivariateNormalScale, Family>> = {
  covariance: withCovariance,
  scaleTril: withScaleTril,
  scaleDiag: withScaleDiag,
};

type Offers = "reparam" | "reinforce" | "muProp" | "quadrature";

/**
 * The multivariate normal distribution, of density (2π)^{−n/2} det(Σ)^{−½} e^{−½(x − m)ᵀΣ⁻¹(x − m)}.
 *
 * Offers reparam, reinforce, muProp, and but for low-rank covariances quadrature.
 *
 * @param loc - means m [..., n]
 * @param scale - exactly one of `covariance`, `scaleTril`, `scaleDiag`, and `covFactor` [..., n, r] with `covDiag` [..., n]:
 *   a covariance WWᵀ + diag(d), at a cost of n·r² (Woodbury's identity, the matrix determinant lemma)
 * @returns a distribution of events [n]
 * @throws ElbowError if none or several scales are given, or their shape does not fit
 * @example
 * ```ts
 * import { multivariateNormal, run, sample } from "elbow";
 * const x = run(0, sample("x", multivariateNormal([0, 1], { scaleTril: [[1, 0], [0.5, 2]] })));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export function multivariateNormal(loc: TensorLike, scale: MultivariateNormalScale): Distribution<Real, Offers>;
export function multivariateNormal(
  loc: TensorLike,
  scale: LowRankCovariance,
): Distribution<Real, Exclude<Offers, "quadrature">>;
export function multivariateNormal(
  loc: TensorLike,
  scale: MultivariateNormalScale & Partial<LowRankCovariance>,
): Distribution<Real, never> {
  checkOptionNames("multivariateNormal", scale, [...Object.keys(families), "covFactor", "covDiag"], "required");
  const { covFactor, covDiag } = scale;
  const names = Object.keys(families) as (keyof MultivariateNormalScale)[];
  const given = names.filter((name) => scale[name] !== undefined);
  const [name] = given;
  if (covFactor !== undefined && covDiag !== undefined && name === undefined)
    return distribution(lowRankNormal, [loc, covFactor, covDiag]);
  if (name === undefined || given.length > 1 || covFactor !== undefined || covDiag !== undefined) {
    const received = Object.entries(scale).flatMap(([key, value]) => (value === undefined ? [] : [key]));
    throw new ElbowError("options", {
      message:
        `multivariateNormal takes one of ${names.join(", ")}, or covFactor with covDiag\n` +
        `  received: ${received.join(" and ") || "none"}`,
      hint: "Write multivariateNormal(loc, { scaleTril }), for example.",
    });
  }
  return distribution(families[name], [loc, scale[name] as TensorLike]);
}
