import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { standardUniform } from "../ops/random.js";
import { range, type Shape } from "../util/shapes.js";
import {
  categoriesOf,
  categoryCdf,
  categoryMean,
  categoryQuantile,
  categoryVariance,
  categoryWeakDerivative,
  entropyOfLogs,
  isBelow,
  pick,
} from "./categories.js";
import { finite, increasing } from "./constraints.js";
import {
  batchOf,
  type CategoryIndex,
  type CategoryStrategyName,
  type Distribution,
  distribution,
  family,
} from "./distribution.js";
import { onSupport } from "./support.js";

type Parameters = Readonly<Record<"predictor" | "cutpoints", Tensor>>;

/** c − η, [..., K − 1] */
const distances = ({ predictor, cutpoints }: Parameters): Tensor => tf.sub(cutpoints, tf.expandDims(predictor, -1));

/** log P(0), …, log P(K − 1): log(σ(b) − σ(a)) = log σ(b) + log σ(−a) + log(1 − e^{a − b}) for neighbours a < b. */
function logTable(parameters: Parameters): Tensor {
  const ends = distances(parameters);
  const last = ends.shape.at(-1)!;
  const leading = ends.shape.slice(0, -1);
  const zero = tf.zeros([...leading, 1]);
  const below = tf.neg(tf.concat([tf.softplus(tf.neg(ends)), zero], -1));
  const above = tf.neg(tf.concat([zero, tf.softplus(ends)], -1));
  const cut = (from: number): Tensor => tf.slice(ends, [...leading.map(() => 0), from], [...leading, last - 1]);
  const gaps = last > 1 ? [tf.log(tf.neg(tf.expm1(tf.sub(cut(0), cut(1)))))] : [];
  return tf.add(tf.add(below, above), tf.concat([zero, ...gaps, zero], -1));
}

const table = (parameters: Parameters): Tensor => tf.exp(logTable(parameters));

/** Number of categories: one more than cutpoints. */
const categories = (cutpoints: Shape): number => categoriesOf(cutpoints, "orderedLogistic") + 1;

const orderedLogisticFamily = family({
  name: "orderedLogistic",
  support: "categoryIndex",
  parameters: ["predictor", "cutpoints"],
  eventRanks: { cutpoints: 1 },
  shapes: ({ predictor, cutpoints }) => {
    categories(cutpoints);
    return {
      batch: batchOf("orderedLogistic", ["predictor", "cutpoints"], [predictor, cutpoints.slice(0, -1)]),
      event: [],
    };
  },
  logDensity: (parameters, value) =>
    onSupport(value, isBelow(categories(parameters.cutpoints.shape)), 0, (x) => pick(logTable(parameters), x)),
  // as many as there are cutpoints below a logistic variable of mean η, in terms of its uniform number
  draw: (parameters, key, batch) => {
    const u = tf.expandDims(standardUniform(key, batch), -1);
    return tf.sum(tf.cast(tf.less(tf.sigmoid(distances(parameters)), u), "float32"), -1);
  },
  isPathwise: false,
  supportValues: ({ cutpoints }) => range(categories(cutpoints)),
  weakDerivative: (parameters, _value, _key, batch) => categoryWeakDerivative(table(parameters), batch),
  mean: (parameters) => categoryMean(table(parameters)),
  variance: (parameters) => categoryVariance(table(parameters)),
  entropy: (parameters) => entropyOfLogs(logTable(parameters)),
  cdf: (parameters, value) => categoryCdf(table(parameters), value),
  quantile: (parameters, u) => categoryQuantile(table(parameters), u),
  constraints: { predictor: finite, cutpoints: increasing },
});

/**
 * The ordered logistic distribution: the index of the interval between cutpoints c into which a logistic variable of mean
 * η falls, of mass σ(cₖ − η) − σ(cₖ₋₁ − η).
 *
 * Offers enumerate, reinforce, measureValued, localExpectation, unorderedSet, topK, rebar, relax; with bias gumbelSoftmax
 * and straightThrough.
 *
 * @param predictor - η, any shape
 * @param cutpoints - c₀ < … < c_{K − 2}, [..., K − 1]; the axes before broadcast with `predictor`
 * @returns a distribution of indices 0 … K − 1
 * @throws ElbowError "shape" if there is no axis of cutpoints
 * @example
 * ```ts
 * import { orderedLogistic, run, sample } from "elbow";
 * const answer = run(0, sample("answer", orderedLogistic([-1, 0, 2], [-1, 1])));
 * console.log(answer.shape); // => [ 3 ]
 * ```
 */
export const orderedLogistic = (
  predictor: TensorLike,
  cutpoints: TensorLike,
): Distribution<CategoryIndex, "enumerate" | "reinforce" | "measureValued" | CategoryStrategyName> =>
  distribution(orderedLogisticFamily, [predictor, cutpoints]);
