// Draws of distributions that need an unknown count of random numbers, as functions on tfjs tensors. Every element has a
// key of its own.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { applyEmitter, asTensor } from "../ir/lifted.js";
import { reshape } from "../ir/primitives/axes.js";
import { randomBits } from "../ir/primitives/random.js";
import * as samplers from "../ir/primitives/samplers.js";
import { slice } from "../ir/primitives/slicing.js";
import { vonMisesPath } from "../ir/primitives/vonMises.js";
import * as sphere from "../ir/primitives/vonMisesFisher.js";
import type { Variable } from "../ir/program.js";
import type { Shape } from "../util/shapes.js";
import { stopGradient } from "./marks.js";

/** The words of one key per element of a shape. */
function elementKeys(key: Variable, shape: Shape): [Variable, Variable] {
  const words = randomBits(key, [2, ...shape]);
  const word = (i: number): Variable => {
    const begin = [i, ...shape.map(() => 0)];
    return reshape(slice(words, begin, [1, ...shape]), shape);
  };
  return [word(0), word(1)];
}

type Draw = (word0: Variable, word1: Variable, ...parameters: Variable[]) => Variable;

const drawing =
  (draw: Draw) =>
  (key: Tensor, shape: Shape, ...parameters: readonly Tensor[]): Tensor =>
    applyEmitter(
      (k, ...rest) => [draw(...elementKeys(k!, shape), ...rest)],
      [key, ...parameters.map((each) => stopGradient(each))],
    )[0]!;

const rawLogGamma = drawing((word0, word1, shape) => samplers.logGammaDraw(word0, word1, shape!));

/**
 * Logarithms of draws of Gamma(shape, 1), with pathwise derivatives in the shape. They are finite also where the draw
 * itself underflows.
 *
 * @param batch - shape of the result, to which `shape` broadcasts
 */
export function logGammaDraws(key: Tensor, batch: Shape, shape: Tensor): Tensor {
  const raw = rawLogGamma(key, batch, shape);
  return applyEmitter((y, a) => [samplers.logGammaPath(y!, a!)], [raw, tf.broadcastTo(shape, [...batch])])[0]!;
}

/** Draws of the binomial distribution: counts as float32, without derivatives. */
export const binomialDraws = drawing((word0, word1, count, probability) =>
  samplers.binomialDraw(word0, word1, count!, probability!),
);

const rawVonMises = drawing((word0, word1, concentration) => samplers.vonMisesDraw(word0, word1, concentration!));

/**
 * Draws of the von Mises distribution of mean 0, in (−π, π], with pathwise derivatives in the concentration.
 *
 * @param batch - shape of the result, to which `concentration` broadcasts
 */
export function vonMisesDraws(key: Tensor, batch: Shape, concentration: Tensor): Tensor {
  const raw = rawVonMises(key, batch, concentration);
  return applyEmitter(
    (angle, kappa) => [vonMisesPath(angle!, kappa!)],
    [raw, tf.broadcastTo(concentration, [...batch])],
  )[0]!;
}

const rawSphereAngle = drawing((word0, word1, kappa, dimension) =>
  sphere.sphereAngleDraw(word0, word1, kappa!, dimension!),
);

/**
 * Angles in [0, π] between draws of the von Mises–Fisher distribution and its mean direction, with pathwise derivatives in the
 * concentration.
 *
 * @param batch - shape of the result, to which `concentration` broadcasts
 */
export function sphereAngleDraws(key: Tensor, batch: Shape, concentration: Tensor, dimension: number): Tensor {
  const size = asTensor(dimension, "int32");
  return applyEmitter(
    (angle, kappa, n) => [sphere.sphereAnglePath(angle!, kappa!, n!)],
    [rawSphereAngle(key, batch, concentration, size), tf.broadcastTo(concentration, [...batch]), size],
  )[0]!;
}
