import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { loop } from "../ops/control.js";
import { diagonal, matrixProduct, matVec, tril } from "../ops/linearAlgebra.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, type Shape, sameShape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import { finite, lowerCholesky, real } from "./constraints.js";
import { batchOf, type Distribution, distribution, family, type Real } from "./distribution.js";
import { filterCovariances, filterMeans, type StateSpace, smoothed, statePrior, stateSpaceNames } from "./kalman.js";
import { checkSteps, timeBack, withBatch } from "./processes.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

function shapesOf(shapes: Readonly<Record<keyof StateSpace, Shape>>, steps: number): { batch: Shape; event: Shape } {
  const [m = 0, n = 0] = shapes.observation.slice(-2);
  const expected: Record<keyof StateSpace, Shape> = {
    transition: [n, n],
    transitionScale: [n, n],
    observation: [m, n],
    observationScale: [m, m],
    initialLoc: [n],
    initialScale: [n, n],
  };
  const rankOf = (name: keyof StateSpace) => expected[name].length;
  if (stateSpaceNames.some((name) => !sameShape(shapes[name].slice(-rankOf(name)), expected[name])))
    throw new ElbowError("shape", {
      message:
        "linearGaussianStateSpace: the parameters do not fit\n  expected: transition, transitionScale, initialScale [..., n, n], initialLoc [..., n], observation [..., m, n], observationScale [..., m, m]\n" +
        `  received: ${stateSpaceNames.map((name) => `${name} ${formatShape(shapes[name])}`).join(", ")}`,
      hint: "Matrices stand in the last two axes, and agree in n, the size of a state, and m, that of an observation.",
    });
  const batches = stateSpaceNames.map((name) => shapes[name].slice(0, -rankOf(name)));
  return { batch: batchOf("linearGaussianStateSpace", stateSpaceNames, batches), event: [steps, m] };
}

const batchShape = (model: StateSpace, steps: number): Shape =>
  shapesOf(
    Object.fromEntries(stateSpaceNames.map((name) => [name, model[name].shape])) as unknown as Record<
      keyof StateSpace,
      Shape
    >,
    steps,
  ).batch;

/** Σ log Lᵢᵢ over all times, for the factors L [T, ...batch, m, m] of the innovations. */
const logVolume = (innovation: Tensor): Tensor => tf.sum(tf.sum(tf.log(diagonal(innovation)), -1), 0);

function draw(model: StateSpace, key: Tensor, batch: Shape, steps: number): Tensor {
  const { transition, transitionScale, observation, observationScale, initialLoc, initialScale } = model;
  const [m, n] = observation.shape.slice(-2) as [number, number];
  const noise = (name: string, shape: number[]) => standardNormal(namedKey(key, name), shape);
  const first = tf.add(initialLoc, matVec(tril(initialScale), noise("initial", [...batch, n])));
  const walk = loop(
    ([state], [shock, error]) => {
      const seen = tf.add(matVec(observation, state!), matVec(tril(observationScale), error!));
      const next = tf.add(matVec(transition, state!), matVec(tril(transitionScale), shock!));
      return { carry: [next], outputs: [seen] };
    },
    [withBatch(first, batch, 1)],
    [noise("states", [steps, ...batch, n]), noise("observations", [steps, ...batch, m])],
  );
  return timeBack(walk.outputs[0]!, 1);
}

function stateSpaceFamily(steps: number): Family {
  return family({
    name: "linearGaussianStateSpace",
    support: "real",
    parameters: stateSpaceNames,
    eventRanks: {
      transition: 2,
      transitionScale: 2,
      observation: 2,
      observationScale: 2,
      initialLoc: 1,
      initialScale: 2,
    },
    shapes: (shapes) => shapesOf(shapes, steps),
    // log N of what was not foreseen, one observation after the other
    logDensity: (model, x) => {
      const covariances = filterCovariances(model, batchShape(model, steps), steps);
      const { standardized } = filterMeans(model, covariances, x);
      const squares = tf.sum(tf.sum(tf.square(standardized), -1), 0);
      const volume = tf.add(logVolume(covariances.innovation), asTensor(steps * x.shape.at(-1)! * halfLogTwoPi));
      return tf.sub(tf.mul(-0.5, squares), volume);
    },
    draw: (model, key, batch) => draw(model, key, batch, steps),
    mean: (model) => {
      const { means } = statePrior(model, batchShape(model, steps), steps);
      return timeBack(matVec(model.observation, means), 1);
    },
    // the diagonal of HPHᵀ + RRᵀ
    variance: (model) => {
      const { covariances } = statePrior(model, batchShape(model, steps), steps);
      const { observation, observationScale } = model;
      const seen = tf.sum(tf.mul(matrixProduct(observation, covariances), observation), -1);
      return timeBack(tf.add(seen, tf.sum(tf.square(tril(observationScale)), -1)), 1);
    },
    entropy: (model) => {
      const { innovation } = filterCovariances(model, batchShape(model, steps), steps);
      return tf.add(logVolume(innovation), asTensor(steps * innovation.shape.at(-1)! * (0.5 + halfLogTwoPi)));
    },
    constraints: {
      transition: finite,
      transitionScale: lowerCholesky,
      observation: finite,
      observationScale: lowerCholesky,
      initialLoc: real,
      initialScale: lowerCholesky,
    },
  });
}

/** Options of {@link linearGaussianStateSpace}; scales are lower triangular with positive diagonal, and not read above it. */
export interface LinearGaussianStateSpaceOptions {
  /** F [..., n, n]. */
  readonly transition: TensorLike;
  /** Q [..., n, n], the noise of a step has the covariance QQᵀ. */
  readonly transitionScale: TensorLike;
  /** H [..., m, n]. */
  readonly observation: TensorLike;
  /** R [..., m, m], the noise of an observation has the covariance RRᵀ. */
  readonly observationScale: TensorLike;
  /** Mean m₀ of the first state [..., n]. */
  readonly initialLoc: TensorLike;
  /** S₀ [..., n, n], the covariance of the first state is S₀S₀ᵀ. */
  readonly initialScale: TensorLike;
  /** Number of observations T ≥ 1. */
  readonly numSteps: number;
}

/**
 * The linear Gaussian state space, as the distribution of its observations: states z₁ ~ N(m₀, S₀S₀ᵀ), zₜ₊₁ ~ N(F zₜ, QQᵀ) that are
 * not seen, and xₜ ~ N(H zₜ, RRᵀ); of density ∫ Π p(xₜ | zₜ) p(zₜ | zₜ₋₁) dz. The integral is exact, by the Kalman filter, at a cost
 * linear in T.
 *
 * Offers reparam, reinforce and muProp.
 *
 * Kalman, "A new approach to linear filtering and prediction problems" (1960).
 *
 * @returns a distribution of events [numSteps, m]
 * @throws ElbowError "option" for a number of steps that is not a positive integer; "shape" if the shapes do not fit
 * @example
 * ```ts
 * import { linearGaussianStateSpace, run, sample } from "elbow";
 * const motion = linearGaussianStateSpace({
 *   transition: [[1, 1], [0, 1]],
 *   transitionScale: [[0.1, 0], [0, 0.1]],
 *   observation: [[1, 0]],
 *   observationScale: [[0.5]],
 *   initialLoc: [0, 0],
 *   initialScale: [[1, 0], [0, 1]],
 *   numSteps: 20,
 * });
 * console.log(run(0, sample("x", motion)).shape); // => [ 20, 1 ]
 * ```
 */
export function linearGaussianStateSpace(
  options: LinearGaussianStateSpaceOptions,
): Distribution<Real, "reparam" | "reinforce" | "muProp"> {
  const names = [...stateSpaceNames, "numSteps"];
  checkOptionNames("linearGaussianStateSpace", options, names, names);
  const { numSteps, ...model } = options;
  checkSteps("linearGaussianStateSpace", numSteps);
  return distribution(
    stateSpaceFamily(numSteps),
    stateSpaceNames.map((name) => model[name]),
  );
}

/** What the observations say about the states of a {@link linearGaussianStateSpace}. */
export interface SmoothedStates {
  /** [..., T, n] */
  readonly means: Tensor;
  /** [..., T, n, n] */
  readonly covariances: Tensor;
}

/**
 * The states given all observations: normal, with these means and covariances (the smoother of Rauch, Tung & Striebel, 1965).
 *
 * @param of - a linear Gaussian state space
 * @param observations - [..., T, m]
 * @throws ElbowError "shape" if the observations do not have the shape of its draws
 * @example
 * ```ts
 * import { linearGaussianStateSpace, smoothedStates } from "elbow";
 * const [one, tenth] = [[[1]], [[0.1]]];
 * const scales = { transitionScale: tenth, observationScale: one, initialScale: one };
 * const level = linearGaussianStateSpace({ transition: one, observation: one, initialLoc: [0], numSteps: 3, ...scales });
 * console.log(smoothedStates(level, [[1], [2], [3]]).means.shape); // => [ 3, 1 ]
 * ```
 */
export function smoothedStates(of: Distribution<Real, never>, observations: TensorLike | number[][]): SmoothedStates {
  checkDistribution("smoothedStates", of);
  const x = asTensor(observations, "float32", "smoothedStates: the observations");
  const shape = [...of.batch, ...of.event];
  if (of.family.name !== "linearGaussianStateSpace" || !sameShape(x.shape.slice(-shape.length), shape))
    throw new ElbowError("shape", {
      message:
        "smoothedStates takes a linearGaussianStateSpace and its observations\n" +
        `  expected: [..., ${shape.join(", ")}]\n  received: ${formatShape(x.shape)} under ${of.family.name}`,
    });
  const model = Object.fromEntries(stateSpaceNames.map((name, i) => [name, of.parameters[i]])) as unknown as StateSpace;
  const filter = filterCovariances(model, of.batch, of.event[0]!);
  const states = smoothed(model, filter, filterMeans(model, filter, x));
  return { means: timeBack(states.means, 1), covariances: timeBack(states.covariances, 2) };
}
