import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { diagonal, diagonalMatrix, tril, triu } from "../ops/linearAlgebra.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { digamma } from "../ops/special.js";
import { where } from "../ops/where.js";
import { checkCount } from "../util/options.js";
import { range, type Shape } from "../util/shapes.js";
import { positive } from "./constraints.js";
import { type CorrelationCholesky, type Distribution, distribution, family } from "./distribution.js";
import { logGammaRatio } from "./logGammaRatio.js";

/** How far the squared length of a row may be from 1: what single precision loses. */
const lengthTolerance = 1e-5;

/** Lower triangular with positive diagonal and rows of length 1. */
function isFactor(x: Tensor): Tensor {
  const areUnit = tf.lessEqual(tf.abs(tf.sub(tf.sum(tf.square(x), -1), 1)), lengthTolerance);
  const isLower = tf.all(tf.equal(triu(x, 1), 0), [-2, -1]);
  return tf.logicalAnd(isLower, tf.all(tf.logicalAnd(areUnit, tf.greater(diagonal(x), 0)), -1));
}

/** 1, …, d − 1: the number of free entries of the rows after the first. */
const freeEntries = (dim: number): number[] => range(dim - 1).map((i) => i + 1);

/** The rows after the first have 1 − Lₖₖ² ~ Beta(½f, b), f the number of their free entries and b = η + ½(d − 1 − f). */
function secondShapes(dim: number, concentration: Tensor): Tensor {
  const halves = freeEntries(dim).map((free) => (dim - 1 - free) / 2);
  return tf.add(tf.expandDims(concentration, -1), tf.tensor1d(halves));
}

/** log of what Π Lₖₖ^{2(b − 1)} has to be divided by: Σ [½f log π + log Γ(b) − log Γ(b + ½f)] */
const logNormalizer = (dim: number, concentration: Tensor): Tensor =>
  freeEntries(dim)
    .map((free) => {
      const b = tf.add(concentration, (dim - 1 - free) / 2);
      const ratio = tf.add(logGammaRatio(b, free / 2), tf.mul(free / 2, tf.log(b)));
      return tf.sub(asTensor((free / 2) * Math.log(Math.PI)), ratio);
    })
    .reduce<Tensor>((sum, each) => tf.add(sum, each), tf.zerosLike(concentration));

/** The elements of the diagonal after the first. */
const laterDiagonal = (x: Tensor): Tensor => {
  const all = diagonal(x);
  return tf.slice(all, [...all.shape.slice(1).map(() => 0), 1], [...all.shape.slice(0, -1), all.shape.at(-1)! - 1]);
};

/**
 * A factor from its rows after the first: √y·u, for a point u on the sphere (the onion method: Lewandowski, Kurowicka & Joe,
 * "Generating random correlation matrices based on vines and extended onion method", 2009), and √(1 − y) on the diagonal.
 */
function draw(dim: number, concentration: Tensor, key: Tensor, batch: Shape): Tensor {
  const rows = dim - 1;
  if (rows === 0) return tf.ones([...batch, 1, 1]);
  const shape = [...batch, rows];
  const free = tf.tensor1d(freeEntries(dim).map((count) => count / 2));
  const logOdds = tf.sub(
    logGammaDraws(namedKey(key, "free"), shape, free),
    logGammaDraws(namedKey(key, "diagonal"), shape, secondShapes(dim, concentration)),
  );
  const normals = tril(standardNormal(namedKey(key, "direction"), [...shape, rows]));
  const lengths = tf.sqrt(tf.sum(tf.square(normals), -1, true));
  const directions = tf.div(normals, where(tf.equal(lengths, 0), 1, lengths));
  const later = tf.mul(directions, tf.expandDims(tf.sqrt(tf.sigmoid(logOdds)), -1));
  const padding = [...batch.map((): [number, number] => [0, 0]), [1, 0], [0, 1]] as [number, number][];
  const below = tf.pad(later, padding);
  const diagonals = tf.concat([tf.ones([...batch, 1]), tf.exp(tf.mul(-0.5, tf.softplus(logOdds)))], -1);
  return tf.add(below, diagonalMatrix(diagonals));
}

/** The mean and the variance of √(1 − y) for the rows, from E(1 − y) and log of the mean's square over that. */
function diagonalMoments(dim: number, concentration: Tensor): { mean: Tensor; variance: Tensor } {
  const b = secondShapes(dim, concentration);
  const sum = tf.expandDims(tf.add(concentration, (dim - 1) / 2), -1);
  const square = tf.div(b, sum);
  const shortfall = tf.sub(logGammaRatio(b, 0.5), logGammaRatio(sum, 0.5));
  return {
    mean: tf.mul(tf.sqrt(square), tf.exp(shortfall)),
    variance: tf.neg(tf.mul(square, tf.expm1(tf.mul(2, shortfall)))),
  };
}

const withFirst = (first: number, rest: Tensor): Tensor =>
  tf.concat([tf.fill([...rest.shape.slice(0, -1), 1], first), rest], -1);

const lkjFamily = (dim: number): Family =>
  family({
    name: "lkjCholesky",
    support: "correlationCholesky",
    parameters: ["concentration"],
    shapes: ({ concentration }) => ({ batch: concentration, event: [dim, dim] }),
    // Σ (d − k + 2η − 2) log Lₖₖ over the rows k = 2 … d
    logDensity: ({ concentration }, value) => {
      const inside = isFactor(stopGradient(value));
      const within = tf.expandDims(tf.expandDims(inside, -1), -1);
      const factor = where(within, value, diagonalMatrix(tf.ones([dim])));
      const exponents = tf.mul(2, tf.sub(secondShapes(dim, concentration), 1));
      const powers =
        dim === 1 ? tf.zerosLike(concentration) : tf.sum(tf.mul(exponents, tf.log(laterDiagonal(factor))), -1);
      return where(inside, tf.sub(powers, logNormalizer(dim, concentration)), Number.NEGATIVE_INFINITY);
    },
    draw: ({ concentration }, key, batch) => draw(dim, concentration, key, batch),
    mean: ({ concentration }) => diagonalMatrix(withFirst(1, diagonalMoments(dim, concentration).mean)),
    // 1/(2η + d − 1) below the diagonal
    variance: ({ concentration }) => {
      const spread = tf.div(asTensor(1), tf.add(tf.mul(2, concentration), dim - 1));
      const below = tf.mul(tf.expandDims(tf.expandDims(spread, -1), -1), tril(tf.ones([dim, dim]), -1));
      return tf.add(below, diagonalMatrix(withFirst(0, diagonalMoments(dim, concentration).variance)));
    },
    // in the entries below the diagonal: 2·E log Lₖₖ = ψ(b) − ψ(η + ½(d − 1))
    entropy: ({ concentration }) => {
      const b = secondShapes(dim, concentration);
      const sum = tf.expandDims(tf.add(concentration, (dim - 1) / 2), -1);
      const powers = tf.sum(tf.mul(tf.sub(b, 1), tf.sub(digamma(b), digamma(sum))), -1);
      return tf.sub(logNormalizer(dim, concentration), powers);
    },
    constraints: { concentration: positive },
  });

/**
 * The LKJ distribution of Cholesky factors L of correlation matrices LLᵀ, whose density is ∝ det(LLᵀ)^{η − 1}; in the entries
 * of L below the diagonal it is ∝ Π Lₖₖ^{d − k + 2η − 2}, k = 2 … d.
 *
 * η = 1 is uniform on correlation matrices, η > 1 prefers weak correlations. For a covariance scale the rows by standard
 * deviations: `diagonalMatrix(scale).matMul(L)` is its factor.
 *
 * Offers reparam (implicit, through gamma variables) and reinforce.
 *
 * Lewandowski, Kurowicka & Joe, "Generating random correlation matrices based on vines and extended onion method" (2009).
 *
 * @param dim - d ≥ 1, a number
 * @param concentration - η > 0, of the batch shape
 * @returns a distribution of events [d, d]: lower triangular, with positive diagonal and rows of length 1
 * @throws ElbowError "option" for a dimension that is not a positive integer
 * @example
 * ```ts
 * import { lkjCholesky, run, sample } from "elbow";
 * const L = run(0, sample("L", lkjCholesky(3, 2)));
 * console.log(L.shape); // => [ 3, 3 ]
 * ```
 */
export function lkjCholesky(
  dim: number,
  concentration: TensorLike,
): Distribution<CorrelationCholesky, "reparam" | "reinforce"> {
  checkCount("lkjCholesky", "dim", dim);
  return distribution(lkjFamily(dim), [concentration]);
}
