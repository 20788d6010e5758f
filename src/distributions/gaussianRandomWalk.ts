import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { standardNormal } from "../ops/random.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { positive, real } from "./constraints.js";
import { batchOf, type Distribution, distribution, family, type Real } from "./distribution.js";
import { checkSteps } from "./processes.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

type Name = "initLoc" | "initScale" | "drift" | "scale";
type Parameters = Readonly<Record<Name, Tensor>>;
const names = ["initLoc", "initScale", "drift", "scale"] as const;

/** [first, rest, rest, …] along a new last axis. */
function firstAndRest(first: Tensor, rest: Tensor, steps: number): Tensor {
  const isFirst = tf.tensor1d(range(steps).map((t) => (t === 0 ? 1 : 0)));
  const [begin, later] = [tf.expandDims(first, -1), tf.expandDims(rest, -1)];
  return tf.add(tf.mul(begin, isFirst), tf.mul(later, tf.sub(1, isFirst)));
}

function walkFamily(steps: number): Family {
  /** Means and standard deviations of the increments, the first of which is the first value. */
  const increments = ({ initLoc, initScale, drift, scale }: Parameters) => ({
    loc: firstAndRest(initLoc, drift, steps),
    scale: firstAndRest(initScale, scale, steps),
  });
  const logScales = ({ initScale, scale }: Parameters) => tf.add(tf.log(initScale), tf.mul(steps - 1, tf.log(scale)));
  const fromNormal = (parameters: Parameters, noise: Tensor): Tensor => {
    const { loc, scale } = increments(parameters);
    return tf.cumsum(tf.add(loc, tf.mul(scale, noise)), noise.rank - 1);
  };
  return family({
    name: "gaussianRandomWalk",
    support: "real",
    parameters: names,
    shapes: (shapes) => ({
      batch: batchOf(
        "gaussianRandomWalk",
        names,
        names.map((name) => shapes[name]),
      ),
      event: [steps],
    }),
    logDensity: (parameters, x) => {
      const { loc, scale } = increments(parameters);
      const axis = x.rank - 1;
      const earlier = tf.slice(
        x,
        x.shape.map(() => 0),
        x.shape.with(axis, steps - 1),
      );
      const before = tf.pad(earlier, [...range(axis).map((): [number, number] => [0, 0]), [1, 0]] as [
        number,
        number,
      ][]);
      const z = tf.div(tf.sub(tf.sub(x, before), loc), scale);
      const volume = tf.add(logScales(parameters), asTensor(steps * halfLogTwoPi));
      return tf.sub(tf.mul(-0.5, tf.sum(tf.square(z), -1)), volume);
    },
    draw: (parameters, key, batch) => fromNormal(parameters, standardNormal(key, [...batch, steps])),
    fromNormal,
    mean: (parameters) => {
      const { loc, scale } = increments(parameters);
      return tf.cumsum(tf.add(loc, tf.zerosLike(scale)), Math.max(loc.rank, scale.rank) - 1);
    },
    variance: (parameters) => {
      const { loc, scale } = increments(parameters);
      return tf.cumsum(tf.add(tf.square(scale), tf.zerosLike(loc)), Math.max(loc.rank, scale.rank) - 1);
    },
    entropy: (parameters) => tf.add(logScales(parameters), asTensor(steps * (0.5 + halfLogTwoPi))),
    constraints: { initLoc: real, initScale: positive, drift: real, scale: positive },
  });
}

/** Options of {@link gaussianRandomWalk}; the tensors broadcast against each other. */
export interface GaussianRandomWalkOptions {
  /** Standard deviation of a step, > 0. */
  readonly scale: TensorLike;
  /** Number of values T ≥ 1. */
  readonly numSteps: number;
  /** Mean of the first value. @defaultValue 0 */
  readonly initLoc?: TensorLike;
  /** Standard deviation of the first value, > 0. @defaultValue scale */
  readonly initScale?: TensorLike;
  /** Mean of a step. @defaultValue 0 */
  readonly drift?: TensorLike;
}

/**
 * The Gaussian random walk, a sequence x₁ ~ N(m₀, s₀), xₜ ~ N(xₜ₋₁ + drift, s), of density Π N(xₜ; …).
 *
 * Offers reparam, reinforce, muProp and quadrature.
 *
 * @returns a distribution of events [numSteps]
 * @throws ElbowError "option" for a number of steps that is not a positive integer
 * @example
 * ```ts
 * import { gaussianRandomWalk, run, sample } from "elbow";
 * const x = run(0, sample("x", gaussianRandomWalk({ scale: [0.1, 1], numSteps: 5 })));
 * console.log(x.shape); // => [ 2, 5 ]
 * ```
 */
export function gaussianRandomWalk(
  options: GaussianRandomWalkOptions,
): Distribution<Real, "reparam" | "reinforce" | "muProp" | "quadrature"> {
  const needed = ["scale", "numSteps"];
  checkOptionNames("gaussianRandomWalk", options, [...needed, "initLoc", "initScale", "drift"], needed);
  const { scale, numSteps, initLoc = 0, initScale, drift = 0 } = options;
  checkSteps("gaussianRandomWalk", numSteps);
  const stepScale = asTensor(scale, "float32", "gaussianRandomWalk: scale");
  return distribution(walkFamily(numSteps), [initLoc, initScale ?? stepScale, drift, stepScale]);
}
