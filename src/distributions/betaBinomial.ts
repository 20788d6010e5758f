import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { namedKey } from "../ops/random.js";
import { binomialDraws, logGammaDraws } from "../ops/samplers.js";
import { where } from "../ops/where.js";
import { range, type Shape } from "../util/shapes.js";
import { categoryCdf, categoryQuantile, drawCategory, entropyOfLogs } from "./categories.js";
import { count as isCountConstraint, positive } from "./constraints.js";
import { type CategoryStrategyName, type Count, type Distribution, distribution, family } from "./distribution.js";
import { countTable, knownCount } from "./finiteCounts.js";
import { logPolyaMass } from "./polyaMass.js";
import { isCount } from "./support.js";

type Parameters = Readonly<Record<"totalCount" | "alpha" | "beta", Tensor>>;

/** log(n over k) + log B(k + α, n − k + β) − log B(α, β) */
function logDensity({ totalCount, alpha, beta }: Parameters, value: Tensor): Tensor {
  const isInside = tf.logicalAnd(isCount(value), tf.lessEqual(value, totalCount));
  const k = where(isInside, value, 0);
  const [successes, failures, a, b] = broadcast(k, tf.sub(totalCount, k), alpha, beta);
  const density = logPolyaMass(tf.stack([successes!, failures!], -1), tf.stack([a!, b!], -1));
  return where(isInside, density, Number.NEGATIVE_INFINITY);
}

/** Tensors of their common shape. */
function broadcast(...tensors: readonly Tensor[]): Tensor[] {
  const zero = tensors.map((each) => tf.zerosLike(each)).reduce((sum, each) => tf.add(sum, each));
  return tensors.map((each) => tf.broadcastTo(each, zero.shape));
}

/** A binomial count whose probability is X/(X + Y) for gamma variables X and Y. */
function draw({ totalCount, alpha, beta }: Parameters, key: Tensor, batch: Shape): Tensor {
  const logOdds = tf.sub(
    logGammaDraws(namedKey(key, "alpha"), batch, alpha),
    logGammaDraws(namedKey(key, "beta"), batch, beta),
  );
  return binomialDraws(namedKey(key, "count"), batch, totalCount, tf.sigmoid(logOdds));
}

/** The largest count that is drawn from a table, by one uniform number. */
const largestTable = 256;

/** @param count - the number of trials, if it is known */
const betaBinomialFamily = (count?: number): Family => {
  const table = (parameters: Parameters): Tensor => countTable(count!, logDensity, parameters);
  return family({
    name: "betaBinomial",
    support: "nonNegativeInteger",
    parameters: ["totalCount", "alpha", "beta"],
    logDensity,
    draw:
      count !== undefined && count <= largestTable
        ? (parameters, key, batch) => drawCategory(tf.exp(table(parameters)), key, batch)
        : draw,
    isPathwise: false,
    supportParameters: ["totalCount"],
    mean: ({ totalCount, alpha, beta }) => tf.mul(totalCount, tf.div(alpha, tf.add(alpha, beta))),
    // n·p(1 − p)·(A + n)/(A + 1), A = α + β
    variance: ({ totalCount, alpha, beta }) => {
      const total = tf.add(alpha, beta);
      const spread = tf.div(tf.mul(alpha, beta), tf.square(total));
      return tf.mul(tf.mul(totalCount, spread), tf.div(tf.add(total, totalCount), tf.add(total, 1)));
    },
    constraints: { totalCount: isCountConstraint, alpha: positive, beta: positive },
    ...(count !== undefined && {
      supportValues: () => range(count + 1),
      entropy: (parameters: Parameters) => entropyOfLogs(table(parameters)),
      cdf: (parameters: Parameters, value: Tensor) => categoryCdf(tf.exp(table(parameters)), value),
      quantile: (parameters: Parameters, u: Tensor) => categoryQuantile(tf.exp(table(parameters)), u),
    }),
  });
};

const general = betaBinomialFamily();

/**
 * The beta-binomial distribution: successes among n trials whose common probability is drawn from Beta(α, β), of mass
 * (n over k)·B(k + α, n − k + β)/B(α, β).
 *
 * Offers reinforce and muProp. Where the number of trials is a plain number, the support is known, and it offers enumerate,
 * localExpectation, unorderedSet, topK, rebar and relax too, with bias gumbelSoftmax and straightThrough; only then it
 * has a distribution function, quantiles and an entropy, by summation.
 *
 * @param totalCount - number of trials n, a whole number ≥ 0, any shape
 * @param alpha - α > 0, broadcasts with it
 * @param beta - β > 0, broadcasts with both
 * @example
 * ```ts
 * import { betaBinomial, run, sample } from "elbow";
 * const successes = run(0, sample("successes", betaBinomial(10, [0.5, 2], 3)));
 * console.log(successes.shape); // => [ 2 ]
 * ```
 */
export function betaBinomial(
  totalCount: number,
  alpha: TensorLike,
  beta: TensorLike,
): Distribution<Count, "reinforce" | "muProp" | "enumerate" | CategoryStrategyName>;
export function betaBinomial(
  totalCount: TensorLike,
  alpha: TensorLike,
  beta: TensorLike,
): Distribution<Count, "reinforce" | "muProp">;
export function betaBinomial(
  totalCount: TensorLike,
  alpha: TensorLike,
  beta: TensorLike,
): Distribution<Count, "reinforce" | "muProp"> {
  const known = knownCount(totalCount);
  return distribution(known === undefined ? general : betaBinomialFamily(known), [totalCount, alpha, beta]);
}
