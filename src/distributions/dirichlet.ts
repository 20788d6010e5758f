import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import { stopGradient } from "../ops/marks.js";
import { logGammaDraws } from "../ops/samplers.js";
import { lgamma, logSoftmax, xlogy } from "../ops/special.js";
import { formatShape } from "../util/shapes.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Simplex } from "./distribution.js";
import { digammaRemainder, stirlingPart } from "./gammaParts.js";
import { onSupport } from "./support.js";

/** How far the sum of a point may be from 1: what single precision loses. */
const sumTolerance = 1e-5;

const isInSimplex = (x: tf.Tensor): tf.Tensor =>
  tf.logicalAnd(tf.all(tf.greaterEqual(x, 0), -1), tf.lessEqual(tf.abs(tf.sub(tf.sum(x, -1), 1)), sumTolerance));

const dirichletFamily = family({
  name: "dirichlet",
  support: "simplex",
  parameters: ["concentration"],
  eventRanks: { concentration: 1 },
  shapes: ({ concentration }) => {
    const size = concentration.at(-1);
    if (size === undefined || size < 1)
      throw new ElbowError("shape", {
        message: `dirichlet: the concentration has no axis of categories\n  expected: [..., k]\n  received: ${formatShape(concentration)}`,
        hint: "Give one number per category along the last axis: dirichlet([1, 1, 1]).",
      });
    return { batch: concentration.slice(0, -1), event: [size] };
  },
  // Σ (αₖ − 1) log xₖ + log Γ(Σ αₖ) − Σ log Γ(αₖ)
  logDensity: ({ concentration }, value) => {
    const size = value.shape.at(-1)!;
    const inside = isInSimplex(stopGradient(value));
    const at = tf.where(tf.broadcastTo(tf.expandDims(inside, -1), value.shape), value, tf.fill(value.shape, 1 / size));
    const normalizer = tf.sub(tf.sum(lgamma(concentration), -1), lgamma(tf.sum(concentration, -1)));
    const density = tf.sub(tf.sum(xlogy(tf.sub(concentration, 1), at), -1), normalizer);
    return onSupport(
      tf.cast(inside, "float32"),
      (x) => tf.greater(x, 0.5),
      1,
      () => density,
    );
  },
  draw: ({ concentration }, key, batch) =>
    tf.exp(logSoftmax(logGammaDraws(key, [...batch, concentration.shape.at(-1)!], concentration))),
  mean: ({ concentration }) => tf.div(concentration, tf.sum(concentration, -1, true)),
  variance: ({ concentration }) => {
    const total = tf.sum(concentration, -1, true);
    const mean = tf.div(concentration, total);
    return tf.div(tf.mul(mean, tf.sub(1, mean)), tf.add(total, 1));
  },
  // log B(α) + Σ (αₖ − 1)(ψ(A) − ψ(αₖ)) for the sum A of α, by what log Γ and ψ differ from their first terms
  entropy: ({ concentration }) => {
    const total = tf.sum(concentration, -1);
    const size = concentration.shape.at(-1)!;
    const part = (a: tf.Tensor, least: number): tf.Tensor =>
      tf.add(stirlingPart(a), tf.mul(tf.sub(a, least), digammaRemainder(a)));
    const each = tf.add(part(concentration, 1), tf.mul(0.5, tf.log(concentration)));
    return tf.sub(tf.sum(each, -1), tf.add(part(total, size), tf.mul(size - 0.5, tf.log(total))));
  },
  constraints: { concentration: positive },
});

/**
 * The Dirichlet distribution on the simplex, of density Γ(Σ αₖ)/Π Γ(αₖ)·Π xₖ^{αₖ − 1} in all elements but one.
 *
 * Offers reparam (implicit, through gamma variables), reinforce and muProp.
 *
 * @param concentration - α > 0, [..., k]
 * @returns a distribution of events [k] that sum to 1
 * @example
 * ```ts
 * import { dirichlet, run, sample } from "elbow";
 * const p = run(0, sample("p", dirichlet([1, 2, 3])));
 * console.log(p.shape); // => [ 3 ]
 * ```
 */
export const dirichlet = (concentration: TensorLike): Distribution<Simplex, "reparam" | "reinforce" | "muProp"> =>
  distribution(dirichletFamily, [concentration]);
