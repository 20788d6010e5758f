import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { logSoftmax } from "../ops/special.js";
import { categoriesOf, indices } from "./categories.js";
import { count, positive } from "./constraints.js";
import { type Distribution, distribution, family } from "./distribution.js";
import { knownCount } from "./finiteCounts.js";
import { type Counts, countShapes, drawCounts, onCounts } from "./multinomial.js";
import { negativeBinomial } from "./negativeBinomial.js";
import { logPolyaMass } from "./polyaMass.js";

/**
 * The counts are negative binomial counts of the shapes αₖ given their sum n, whatever the odds o: Σ E [−log NB(xₖ; αₖ, o)] +
 * log NB(n; A, o), in which little cancels for o = n/A. The sums are over the beta-binomial laws of the counts.
 */
function entropy(n: number, concentration: tf.Tensor): tf.Tensor {
  const total = tf.sum(concentration, -1);
  if (n === 0 || categoriesOf(concentration.shape) === 1) return tf.zerosLike(total);
  const logOdds = stopGradient(tf.log(tf.div(n, total)));
  const logTerm = (shape: tf.Tensor, odds: tf.Tensor, x: tf.Tensor): tf.Tensor => {
    const { family, parameters } = negativeBinomial(shape, { logits: odds });
    return family.logDensity(parameters, x);
  };
  // [..., K, n + 1, 2]
  const own = tf.expandDims(concentration, -1);
  const others = tf.sub(tf.expandDims(tf.expandDims(total, -1), -1), own);
  const successes = indices(n + 1);
  const urns = tf.expandDims(tf.concat([own, others], -1), -2);
  const law = tf.exp(logPolyaMass(tf.stack([successes, tf.sub(n, successes)], -1), urns));
  const surprises = logTerm(own, tf.expandDims(tf.expandDims(logOdds, -1), -1), successes);
  return tf.sub(logTerm(total, logOdds, tf.scalar(n)), tf.sum(tf.mul(law, surprises), [-2, -1]));
}

type Parameters = Readonly<Record<"totalCount" | "concentration", tf.Tensor>>;

/** @param known - the number of trials, if it is known */
const dirichletMultinomialFamily = (known?: number): Family =>
  family({
    name: "dirichletMultinomial",
    support: "counts",
    parameters: ["totalCount", "concentration"],
    eventRanks: { concentration: 1 },
    shapes: ({ totalCount, concentration }) => countShapes("dirichletMultinomial", totalCount, concentration),
    logDensity: ({ totalCount, concentration }, value) =>
      onCounts(totalCount, value, (x) => logPolyaMass(x, concentration)),
    draw: ({ totalCount, concentration }, key, batch) => {
      const shape = [...batch, concentration.shape.at(-1)!];
      const probs = tf.exp(logSoftmax(logGammaDraws(namedKey(key, "probs"), shape, concentration)));
      return drawCounts(totalCount, probs, namedKey(key, "counts"), batch);
    },
    isPathwise: false,
    supportParameters: ["totalCount"],
    mean: ({ totalCount, concentration }) =>
      tf.mul(tf.expandDims(totalCount, -1), tf.div(concentration, tf.sum(concentration, -1, true))),
    // n·p(1 − p)·(n + A)/(1 + A), A = Σ α
    variance: ({ totalCount, concentration }) => {
      const total = tf.sum(concentration, -1, true);
      const share = tf.div(concentration, total);
      const n = tf.expandDims(totalCount, -1);
      const spread = tf.mul(n, tf.mul(share, tf.sub(1, share)));
      return tf.mul(spread, tf.div(tf.add(n, total), tf.add(1, total)));
    },
    ...(known !== undefined && { entropy: ({ concentration }: Parameters) => entropy(known, concentration) }),
    constraints: { totalCount: count, concentration: positive },
  });

const general = dirichletMultinomialFamily();

/**
 * The Dirichlet-multinomial distribution: multinomial counts whose probabilities are drawn from Dirichlet(α), of mass
 * n!/Π xₖ!·Γ(A)/Γ(n + A)·Π Γ(xₖ + αₖ)/Γ(αₖ) with A = Σ αₖ.
 *
 * Offers reinforce and muProp. Where the number of trials is a plain number, it has an entropy, by summation over the
 * beta-binomial laws of the counts.
 *
 * @param totalCount - number of trials n, a whole number ≥ 0, any shape
 * @param concentration - α > 0, [..., K]
 * @returns a distribution of events [K], counts that add up to n
 * @throws ElbowError "shape" if there is no axis of categories
 * @example
 * ```ts
 * import { dirichletMultinomial, run, sample } from "elbow";
 * const counts = run(0, sample("counts", dirichletMultinomial(10, [0.5, 1, 2])));
 * console.log(counts.shape); // => [ 3 ]
 * ```
 */
export const dirichletMultinomial = (
  totalCount: TensorLike,
  concentration: TensorLike,
): Distribution<Counts, "reinforce" | "muProp"> => {
  const known = knownCount(totalCount);
  return distribution(known === undefined ? general : dirichletMultinomialFamily(known), [totalCount, concentration]);
};
