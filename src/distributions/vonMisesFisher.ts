import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as primitives from "../ir/primitives/vonMisesFisher.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { sphereAngleDraws } from "../ops/samplers.js";
import { where } from "../ops/where.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { nonNegative, unitVector } from "./constraints.js";
import { batchOf, type Distribution, distribution, family, type UnitSphere } from "./distribution.js";

const ofDimension = (emitter: typeof primitives.logSphereIntegral) => {
  const applied = lifted((kappa, dimension) => emitter(kappa!, dimension!));
  return (kappa: Tensor, dimension: number): Tensor => applied(kappa, asTensor(dimension, "int32"));
};
const logSphereIntegral = ofDimension(primitives.logSphereIntegral);
const sphereShortfall = ofDimension(primitives.sphereShortfall);
const sphereSpread = ofDimension(primitives.sphereSpread);

/** How far the squared length of a point may be from 1: what single precision loses. */
const lengthTolerance = 1e-5;

const isUnit = (x: Tensor): Tensor => tf.lessEqual(tf.abs(tf.sub(tf.sum(tf.square(x), -1), 1)), lengthTolerance);

/** The axis that is nearest to the mean direction, as a unit vector of its sign. */
function nearestAxis(direction: Tensor): Tensor {
  const fixed = stopGradient(direction);
  const n = fixed.shape.at(-1)!;
  const axis = tf.cast(tf.oneHot(tf.argMax(tf.abs(fixed), -1), n), "float32");
  const sign = where(tf.less(tf.sum(tf.mul(axis, fixed), -1, true), 0), -1, 1);
  return tf.mul(axis, sign);
}

/**
 * cos t·a + sin t·u for a uniform direction u at right angles to the axis a nearest to μ, reflected so that a comes to μ: by
 * −(I − 2vvᵀ/|v|²), v = a + μ, which is smooth near any μ.
 */
function draw(direction: Tensor, concentration: Tensor, key: Tensor, batch: Shape): Tensor {
  const n = direction.shape.at(-1)!;
  const angle = tf.expandDims(sphereAngleDraws(namedKey(key, "angle"), batch, concentration, n), -1);
  const axis = nearestAxis(direction);
  const noise = tf.mul(standardNormal(namedKey(key, "direction"), [...batch, n]), tf.sub(1, tf.abs(axis)));
  const length = tf.sqrt(tf.sum(tf.square(noise), -1, true));
  const across = tf.div(noise, where(tf.equal(length, 0), 1, length));
  const point = tf.add(tf.mul(tf.cos(angle), axis), tf.mul(tf.sin(angle), across));
  const normal = tf.add(axis, direction);
  const share = tf.div(tf.sum(tf.mul(normal, point), -1, true), tf.sum(tf.square(normal), -1, true));
  return tf.sub(tf.mul(tf.mul(2, share), normal), point);
}

const vonMisesFisherFamily = family({
  name: "vonMisesFisher",
  support: "sphere",
  parameters: ["meanDirection", "concentration"],
  eventRanks: { meanDirection: 1 },
  shapes: ({ meanDirection, concentration }) => {
    const n = meanDirection.at(-1);
    if (n === undefined || n < 2)
      throw new ElbowError("shape", {
        message: `vonMisesFisher: the mean direction is not a vector\n  expected: [..., n], n ≥ 2\n  received: ${formatShape(meanDirection)}`,
        hint: "Give unit vectors along the last axis: [0, 0, 1].",
      });
    const names = ["meanDirection", "concentration"];
    return { batch: batchOf("vonMisesFisher", names, [meanDirection.slice(0, -1), concentration]), event: [n] };
  },
  // −½κ|x − μ|² − log ∫ e^{κ(μ·x − 1)} dx
  logDensity: ({ meanDirection, concentration }, value) => {
    const inside = isUnit(stopGradient(value));
    const x = where(tf.expandDims(inside, -1), value, meanDirection);
    const squares = tf.sum(tf.square(tf.sub(x, meanDirection)), -1);
    const integral = logSphereIntegral(concentration, meanDirection.shape.at(-1)!);
    return where(inside, tf.sub(tf.mul(tf.mul(-0.5, concentration), squares), integral), Number.NEGATIVE_INFINITY);
  },
  draw: ({ meanDirection, concentration }, key, batch) => draw(meanDirection, concentration, key, batch),
  // A·μ for A = E μ·x
  mean: ({ meanDirection, concentration }) => {
    const length = tf.add(1, sphereShortfall(concentration, meanDirection.shape.at(-1)!));
    return tf.mul(tf.expandDims(length, -1), meanDirection);
  },
  // of Var(μ·x)·μμᵀ + E(1 − (μ·x)²)/(n − 1)·(I − μμᵀ) the diagonal; 1 − A² = −(A − 1)(2 + (A − 1))
  variance: ({ meanDirection, concentration }) => {
    const n = meanDirection.shape.at(-1)!;
    const shortfall = sphereShortfall(concentration, n);
    const along = sphereSpread(concentration, n);
    const missing = tf.sub(tf.neg(tf.mul(shortfall, tf.add(2, shortfall))), along);
    const across = tf.expandDims(tf.div(missing, n - 1), -1);
    return tf.add(across, tf.mul(tf.square(meanDirection), tf.sub(tf.expandDims(along, -1), across)));
  },
  // log ∫ … − κ E(μ·x − 1)
  entropy: ({ meanDirection, concentration }) => {
    const n = meanDirection.shape.at(-1)!;
    return tf.sub(logSphereIntegral(concentration, n), tf.mul(concentration, sphereShortfall(concentration, n)));
  },
  constraints: { meanDirection: unitVector, concentration: nonNegative },
});

/**
 * The von Mises–Fisher distribution of unit vectors, of density κ^{n/2 − 1}e^{κ μ·x}/((2π)^{n/2} I_{n/2 − 1}(κ)) on the sphere of
 * Rⁿ; for κ = 0 the uniform distribution, for n = 2 that of von Mises.
 *
 * The mean direction is not normalised: a parameter v ∈ Rⁿ comes in as v/|v|.
 *
 * Offers reparam (implicit in the concentration) and reinforce.
 *
 * Wood, "Simulation of the von Mises Fisher distribution" (1994).
 *
 * @param meanDirection - unit vectors μ [..., n], n ≥ 2
 * @param concentration - κ ≥ 0, of the batch shape
 * @returns a distribution of events [n] of length 1
 * @throws ElbowError "shape" if the mean direction has no axis of size 2 or more
 * @example
 * ```ts
 * import { run, sample, vonMisesFisher } from "elbow";
 * const x = run(0, sample("x", vonMisesFisher([0, 0.6, 0.8], [1, 10])));
 * console.log(x.shape); // => [ 2, 3 ]
 * ```
 */
export const vonMisesFisher = (
  meanDirection: TensorLike,
  concentration: TensorLike,
): Distribution<UnitSphere, "reparam" | "reinforce"> =>
  distribution(vonMisesFisherFamily, [meanDirection, concentration]);
