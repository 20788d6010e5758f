import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { namedKey } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { logSoftmax } from "../ops/special.js";
import { count, positive } from "./constraints.js";
import { type Distribution, distribution, family } from "./distribution.js";
import { type Counts, countShapes, drawCounts, onCounts } from "./multinomial.js";
import { logPolyaMass } from "./polyaMass.js";

const dirichletMultinomialFamily = family({
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
  constraints: { totalCount: count, concentration: positive },
});

/**
 * The Dirichlet-multinomial distribution: multinomial counts whose probabilities are drawn from Dirichlet(α), of mass
 * n!/Π xₖ!·Γ(A)/Γ(n + A)·Π Γ(xₖ + αₖ)/Γ(αₖ) with A = Σ αₖ.
 *
 * Offers reinforce and muProp. Its entropy has no closed form, and is not offered.
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
): Distribution<Counts, "reinforce" | "muProp"> =>
  distribution(dirichletMultinomialFamily, [totalCount, concentration]);
