import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { checkCount } from "../util/options.js";
import { range } from "../util/shapes.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Simplex } from "./distribution.js";

/** How far the sum of a point may be from 1: what single precision loses. */
const sumTolerance = 1e-5;

/** Points of the simplex whose last two elements are not both 0: before those there would be no stick left to break. */
function isInside(x: Tensor): Tensor {
  const isSum = tf.lessEqual(tf.abs(tf.sub(tf.sum(x, -1), 1)), sumTolerance);
  const rest = tf.sum(slicedLast(x, x.shape.at(-1)! - 2, 2), -1);
  return tf.logicalAnd(tf.logicalAnd(isSum, tf.greater(rest, 0)), tf.all(tf.greaterEqual(x, 0), -1));
}

const slicedLast = (x: Tensor, from: number, size: number): Tensor =>
  tf.slice(x, [...x.shape.slice(1).map(() => 0), from], [...x.shape.slice(0, -1), size]);

function stickBreakingFamily(truncation: number): Family {
  const breaks = truncation - 1;
  /** (α/(1 + α))ᵏ and so on: a number per batch element to the powers 0 … K − 2. */
  const powers = (base: Tensor): Tensor => tf.pow(tf.expandDims(base, -1), tf.tensor1d(range(breaks)));
  return family({
    name: "stickBreakingWeights",
    support: "simplex",
    parameters: ["concentration"],
    shapes: ({ concentration }) => ({ batch: concentration, event: [truncation] }),
    // (K − 1) log α + (α − 1) log w_K − Σ log rₖ for what remains after k = 1 … K − 2 breaks, rₖ = wₖ₊₁ + … + w_K
    logDensity: ({ concentration }, value) => {
      const inside = isInside(stopGradient(value));
      const filler = tf.fill([truncation], 1 / truncation);
      const weights = where(tf.expandDims(inside, -1), value, filler);
      const rests = tf.reverse(tf.cumsum(tf.reverse(weights, -1), weights.rank - 1), -1);
      const logRests = tf.log(slicedLast(rests, 1, Math.max(1, breaks - 1)));
      const volume = tf.mul(breaks, tf.log(concentration));
      const last = tf.squeeze(slicedLast(weights, breaks, 1), [-1]);
      const ofLast = tf.add(volume, xlogy(tf.sub(concentration, 1), last));
      const density = breaks > 1 ? tf.sub(ofLast, tf.sum(logRests, -1)) : ofLast;
      return where(inside, density, Number.NEGATIVE_INFINITY);
    },
    // a stick keeps the share U^{1/α} of its rest
    draw: ({ concentration }, key, batch) => {
      const logShares = tf.div(tf.log(standardUniform(key, [...batch, breaks])), tf.expandDims(concentration, -1));
      const logRests = tf.cumsum(logShares, batch.length);
      const before = tf.exp(tf.sub(logRests, logShares));
      const broken = tf.mul(before, tf.neg(tf.expm1(logShares)));
      return tf.concat([broken, tf.exp(slicedLast(logRests, breaks - 1, 1))], -1);
    },
    // (α/(1 + α))ᵏ⁻¹/(1 + α), and (α/(1 + α))^{K − 1} for the last
    mean: ({ concentration }) => {
      const share = tf.div(concentration, tf.add(concentration, 1));
      const broken = tf.div(powers(share), tf.expandDims(tf.add(concentration, 1), -1));
      return tf.concat([broken, tf.expandDims(tf.pow(share, breaks), -1)], -1);
    },
    // E v² = 2/((1 + α)(2 + α)), E (1 − v)² = α/(2 + α)
    variance: ({ concentration }) => {
      const [one, two] = [tf.add(concentration, 1), tf.add(concentration, 2)];
      const [share, square] = [tf.div(concentration, one), tf.div(concentration, two)];
      const ofBroken = tf.mul(powers(square), tf.expandDims(tf.div(2, tf.mul(one, two)), -1));
      const squares = tf.concat([ofBroken, tf.expandDims(tf.pow(square, breaks), -1)], -1);
      const means = tf.concat(
        [tf.div(powers(share), tf.expandDims(one, -1)), tf.expandDims(tf.pow(share, breaks), -1)],
        -1,
      );
      return tf.sub(squares, tf.square(means));
    },
    // E log rₖ = −k/α
    entropy: ({ concentration }) => {
      const volume = tf.mul(-breaks, tf.log(concentration));
      const last = tf.mul(breaks, tf.div(tf.sub(concentration, 1), concentration));
      return tf.add(volume, tf.sub(last, tf.div(asTensor(((breaks - 1) * breaks) / 2), concentration)));
    },
    constraints: { concentration: positive },
  });
}

/**
 * The weights of a Dirichlet process, truncated: a stick of length 1 of which K − 1 times a share vₖ ~ Beta(1, α) is broken off,
 * wₖ = vₖ Π_{j<k} (1 − vⱼ), and the rest is the last weight. Their density is α^{K − 1} w_K^{α − 1}/Π_{k=1}^{K−2} rₖ with
 * rₖ = wₖ₊₁ + … + w_K.
 *
 * Weights that are too small for a number become 0, and then have no density: for so many atoms, `dirichletProcess` has the
 * shares that remain as its variables.
 *
 * Offers reparam, reinforce and muProp.
 *
 * Sethuraman, "A constructive definition of Dirichlet priors" (1994); Ishwaran & James, "Gibbs sampling methods for
 * stick-breaking priors" (2001).
 *
 * @param concentration - α > 0, of the batch shape
 * @param truncation - the number K ≥ 2 of weights
 * @returns a distribution of events [K] that sum to 1
 * @throws ElbowError "option" for a truncation that is no integer ≥ 2
 * @example
 * ```ts
 * import { run, sample, stickBreakingWeights } from "elbow";
 * const w = run(0, sample("w", stickBreakingWeights(2, 10)));
 * console.log(w.shape); // => [ 10 ]
 * ```
 */
export function stickBreakingWeights(
  concentration: TensorLike,
  truncation: number,
): Distribution<Simplex, "reparam" | "reinforce" | "muProp"> {
  checkCount("stickBreakingWeights", "truncation", truncation, 2);
  return distribution(stickBreakingFamily(truncation), [concentration]);
}
