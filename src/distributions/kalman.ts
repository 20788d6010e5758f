// Linear Gaussian state spaces z₁ ~ N(m₀, S₀S₀ᵀ), zₜ₊₁ = F zₜ + Q ε, xₜ = H zₜ + R η: the Kalman filter, in two loops. The first
// is that of the covariances, which do not depend on what is observed; the second is that of the means.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { loop } from "../ops/control.js";
import {
  cholesky,
  choleskySolve,
  diagonalMatrix,
  matrixProduct,
  matVec,
  transposed,
  triangularSolve,
  triangularSolveVector,
  tril,
} from "../ops/linearAlgebra.js";
import type { Shape } from "../util/shapes.js";
import { timeFirst, withBatch } from "./processes.js";

/** Names of the parameters, in order. */
export const stateSpaceNames = [
  "transition",
  "transitionScale",
  "observation",
  "observationScale",
  "initialLoc",
  "initialScale",
] as const;
export type StateSpace = Readonly<Record<(typeof stateSpaceNames)[number], Tensor>>;

/** LLᵀ */
const squared = (factor: Tensor): Tensor => matrixProduct(tril(factor), tril(factor), { transposeB: true });

/** A·P·Aᵀ */
const conjugated = (a: Tensor, covariance: Tensor): Tensor =>
  matrixProduct(matrixProduct(a, covariance), a, { transposeB: true });

/** The covariance of the state before the first observation, with all batch axes. */
const initialCovariance = ({ initialScale }: StateSpace, batch: Shape): Tensor =>
  withBatch(squared(initialScale), batch, 2);

/** F·P·Fᵀ + QQᵀ */
const nextCovariance = ({ transition, transitionScale }: StateSpace, covariance: Tensor): Tensor =>
  tf.add(conjugated(transition, covariance), squared(transitionScale));

/** The means and covariances of the states without any observation, one after the other: [T, ...batch, …]. */
export function statePrior(model: StateSpace, batch: Shape, steps: number): { means: Tensor; covariances: Tensor } {
  const walk = loop(
    ([mean, covariance]) => ({
      carry: [matVec(model.transition, mean!), nextCovariance(model, covariance!)],
      outputs: [mean!, covariance!],
    }),
    [withBatch(model.initialLoc, batch, 1), initialCovariance(model, batch)],
    [],
    { length: steps },
  );
  return { means: walk.outputs[0]!, covariances: walk.outputs[1]! };
}

/** What the filter's covariances are at every time: [T, ...batch, …]. */
export interface FilterCovariances {
  /** L, LLᵀ the covariance of the observation given the earlier ones. */
  readonly innovation: Tensor;
  /** W = L⁻¹HP, so that L⁻¹ times what was not foreseen moves the state by Wᵀ times that. */
  readonly gain: Tensor;
  /** P, of the state given the earlier observations. */
  readonly predicted: Tensor;
  /** Of the state given that observation, too. */
  readonly filtered: Tensor;
}

/** The loop of the covariances. What an observation leaves is (I − KH)P(I − KH)ᵀ + KRRᵀKᵀ, which stays positive definite. */
export function filterCovariances(model: StateSpace, batch: Shape, steps: number): FilterCovariances {
  const { observation, observationScale, transition } = model;
  const identity = diagonalMatrix(tf.ones([transition.shape.at(-1)!]));
  const noise = squared(observationScale);
  const walk = loop(
    ([predicted]) => {
      const across = matrixProduct(observation, predicted!);
      const innovation = cholesky(tf.add(matrixProduct(across, observation, { transposeB: true }), noise));
      const gain = triangularSolve(innovation, across);
      const kalman = transposed(triangularSolve(innovation, gain, { transpose: true }));
      const kept = tf.sub(identity, matrixProduct(kalman, observation));
      const filtered = tf.add(conjugated(kept, predicted!), conjugated(kalman, noise));
      return { carry: [nextCovariance(model, filtered)], outputs: [innovation, gain, predicted!, filtered] };
    },
    [initialCovariance(model, batch)],
    [],
    { length: steps },
  );
  const [innovation, gain, predicted, filtered] = walk.outputs as [Tensor, Tensor, Tensor, Tensor];
  return { innovation, gain, predicted, filtered };
}

/** What the filter's means are at every time: [T, ...batch, …]. */
export interface FilterMeans {
  /** L⁻¹(x − what was foreseen): independent standard normal numbers, if the model holds. */
  readonly standardized: Tensor;
  readonly predicted: Tensor;
  readonly filtered: Tensor;
}

/** The loop of the means, over observations [...batch, T, m]. */
export function filterMeans(model: StateSpace, { innovation, gain }: FilterCovariances, x: Tensor): FilterMeans {
  const batch = x.shape.slice(0, -2);
  const walk = loop(
    ([predicted], [seen, factor, weights]) => {
      const z = triangularSolveVector(factor!, tf.sub(seen!, matVec(model.observation, predicted!)));
      const filtered = tf.add(predicted!, tf.sum(tf.mul(weights!, tf.expandDims(z, -1)), -2));
      return { carry: [matVec(model.transition, filtered)], outputs: [z, predicted!, filtered] };
    },
    [withBatch(model.initialLoc, batch, 1)],
    [timeFirst(x, 1), innovation, gain],
  );
  const [standardized, predicted, filtered] = walk.outputs as [Tensor, Tensor, Tensor];
  return { standardized, predicted, filtered };
}

/** Means and covariances of the states given all observations: [T, ...batch, …] (Rauch, Tung & Striebel, 1965). */
export function smoothed(
  model: StateSpace,
  covariances: FilterCovariances,
  means: FilterMeans,
): { means: Tensor; covariances: Tensor } {
  const { transition } = model;
  const last = (x: Tensor) => tf.squeeze(tf.slice(x, x.shape[0]! - 1, 1), [0]);
  // G = PFᵀ(FPFᵀ + QQᵀ)⁻¹; the state after the last is what is foreseen of it
  const walk = loop(
    ([mean, covariance], [filtered, own]) => {
      const foreseen = nextCovariance(model, own!);
      const gain = transposed(choleskySolve(cholesky(foreseen), matrixProduct(transition, own!)));
      const nextMean = tf.add(filtered!, matVec(gain, tf.sub(mean!, matVec(transition, filtered!))));
      const next = tf.add(own!, conjugated(gain, tf.sub(covariance!, foreseen)));
      return { carry: [nextMean, next], outputs: [nextMean, next] };
    },
    [matVec(transition, last(means.filtered)), nextCovariance(model, last(covariances.filtered))],
    [means.filtered, covariances.filtered],
    { reverse: true },
  );
  return { means: walk.outputs[0]!, covariances: walk.outputs[1]! };
}
