import * as tf from "@tensorflow/tfjs-core";
import { logSoftmax } from "../ops/special.js";
import { range, type Shape } from "../util/shapes.js";
import {
  categoriesOf,
  categoryCdf,
  categoryEntropy,
  categoryMean,
  categoryQuantile,
  categoryVariance,
  categoryWeakDerivative,
  drawCategory,
  entropyOfLogs,
  isBelow,
  pick,
} from "./categories.js";
import { real, simplex } from "./constraints.js";
import { type CategoryIndex, type CategoryStrategyName, type Distribution, family } from "./distribution.js";
import { fromProbsOrLogits, type ProbsOrLogits } from "./probsOrLogits.js";
import { logProbability, onSupport } from "./support.js";

const shapes = (parameter: Shape): { batch: Shape; event: Shape } => {
  categoriesOf(parameter);
  return { batch: parameter.slice(0, -1), event: [] };
};

/** Whether a value is a category of a table. */
const isCategory = ({ shape }: tf.Tensor) => isBelow(categoriesOf(shape));

const categoricalProbs = family({
  name: "categorical",
  support: "categoryIndex",
  parameters: ["probs"],
  eventRanks: { probs: 1 },
  shapes: ({ probs }) => shapes(probs),
  // log p_x
  logDensity: ({ probs }, value) => onSupport(value, isCategory(probs), 0, (x) => logProbability(pick(probs, x))),
  probability: ({ probs }, value) => pick(probs, value),
  draw: ({ probs }, key, batch) => drawCategory(probs, key, batch),
  isPathwise: false,
  supportValues: ({ probs }) => range(categoriesOf(probs)),
  weakDerivative: ({ probs }, _value, _key, batch) => categoryWeakDerivative(probs, batch),
  mean: ({ probs }) => categoryMean(probs),
  variance: ({ probs }) => categoryVariance(probs),
  entropy: ({ probs }) => categoryEntropy(probs),
  cdf: ({ probs }, value) => categoryCdf(probs, value),
  quantile: ({ probs }, probability) => categoryQuantile(probs, probability),
  constraints: { probs: simplex },
});

const categoricalLogits = family({
  name: "categorical",
  support: "categoryIndex",
  parameters: ["logits"],
  eventRanks: { logits: 1 },
  shapes: ({ logits }) => shapes(logits),
  // l_x − log Σ e^l
  logDensity: ({ logits }, value) => onSupport(value, isCategory(logits), 0, (x) => pick(logSoftmax(logits), x)),
  draw: ({ logits }, key, batch) => drawCategory(tf.softmax(logits, -1), key, batch),
  isPathwise: false,
  supportValues: ({ logits }) => range(categoriesOf(logits)),
  weakDerivative: ({ logits }, _value, _key, batch) => categoryWeakDerivative(tf.softmax(logits, -1), batch),
  mean: ({ logits }) => categoryMean(tf.softmax(logits, -1)),
  variance: ({ logits }) => categoryVariance(tf.softmax(logits, -1)),
  entropy: ({ logits }) => entropyOfLogs(logSoftmax(logits)),
  cdf: ({ logits }, value) => categoryCdf(tf.softmax(logits, -1), value),
  quantile: ({ logits }, probability) => categoryQuantile(tf.softmax(logits, -1), probability),
  constraints: { logits: real },
});

/**
 * The categorical distribution over the indices 0 … K − 1, of mass p_x.
 *
 * Offers enumerate, reinforce, measureValued, localExpectation, unorderedSet, topK, rebar, relax; with bias gumbelSoftmax
 * and straightThrough.
 *
 * @param options - `probs` [..., K], which add up to 1, or `logits` [..., K], their logarithms up to a constant
 * @returns a distribution of batch shape [...]; values are float32 indices
 * @throws ElbowError if both are given, or none, or there is no axis of categories
 * @example
 * ```ts
 * import { categorical, run, sample } from "elbow";
 * const k = run(0, sample("k", categorical({ probs: [[0.2, 0.8], [0.5, 0.5]] })));
 * console.log(k.shape); // => [ 2 ]
 * ```
 */
export const categorical = (
  options: ProbsOrLogits,
): Distribution<CategoryIndex, "enumerate" | "reinforce" | "measureValued" | CategoryStrategyName> =>
  fromProbsOrLogits("categorical", options, { probs: categoricalProbs, logits: categoricalLogits });
