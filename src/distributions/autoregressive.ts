import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { loop } from "../ops/control.js";
import { standardNormal } from "../ops/random.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, range, type Shape } from "../util/shapes.js";
import { positive, real } from "./constraints.js";
import { batchOf, type Distribution, distribution, family, type Real } from "./distribution.js";
import { checkSteps, timeBack, timeFirst, withBatch } from "./processes.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

type Name = "coefficients" | "scale" | "initial" | "intercept";
type Parameters = Readonly<Record<Name, Tensor>>;

function shapesOf(shapes: Readonly<Record<Name, Shape>>, steps: number): { batch: Shape; event: Shape } {
  const { coefficients, scale, initial, intercept } = shapes;
  const order = coefficients.at(-1);
  if (order === undefined || order < 1 || initial.at(-1) !== order)
    throw new ElbowError("shape", {
      message:
        "autoregressive: the parameters do not fit\n  expected: coefficients [..., p], initial [..., p], p ≥ 1\n" +
        `  received: coefficients ${formatShape(coefficients)}, initial ${formatShape(initial)}`,
    });
  const names = ["coefficients", "scale", "initial", "intercept"];
  const batches = [coefficients.slice(0, -1), scale, initial.slice(0, -1), intercept];
  return { batch: batchOf("autoregressive", names, batches), event: [steps] };
}

/** c + Σ φⱼxₜ₋ⱼ for all t at once. */
function predictions({ coefficients, initial, intercept }: Parameters, x: Tensor): Tensor {
  const order = coefficients.shape.at(-1)!;
  const lead = x.shape.slice(0, -1);
  const whole = tf.concat([withBatch(initial, lead, 1), x], -1);
  const before = lead.map(() => 0);
  const lags = range(order).map((j) => tf.slice(whole, [...before, order - 1 - j], x.shape));
  const sum = tf.sum(tf.mul(tf.stack(lags, -1), tf.expandDims(coefficients, -2)), -1);
  return tf.add(tf.expandDims(intercept, -1), sum);
}

/** The sequence that noise makes, step by step. */
function fromNormal({ coefficients, scale, initial, intercept }: Parameters, noise: Tensor): Tensor {
  const order = coefficients.shape.at(-1)!;
  const batch = noise.shape.slice(0, -1);
  const lags = tf.reverse(withBatch(initial, batch, 1), -1);
  const kept = [...batch, order - 1];
  const steps = loop(
    ([recent], [shock]) => {
      const mean = tf.add(intercept, tf.sum(tf.mul(coefficients, recent!), -1));
      const next = tf.add(mean, shock!);
      const rest = tf.slice(
        recent!,
        kept.map(() => 0),
        kept,
      );
      return { carry: [tf.concat([tf.expandDims(next, -1), rest], -1)], outputs: [next] };
    },
    [lags],
    [timeFirst(tf.mul(tf.expandDims(scale, -1), noise), 0)],
  );
  return timeBack(steps.outputs[0]!, 0);
}

function autoregressiveFamily(steps: number): Family {
  const batchShape = (parameters: Parameters): Shape => {
    const { coefficients, scale, initial, intercept } = parameters;
    const shapes = { coefficients: coefficients.shape, scale: scale.shape, initial: initial.shape };
    return shapesOf({ ...shapes, intercept: intercept.shape }, steps).batch;
  };
  return family({
    name: "autoregressive",
    support: "real",
    parameters: ["coefficients", "scale", "initial", "intercept"],
    eventRanks: { coefficients: 1, initial: 1 },
    shapes: (shapes) => shapesOf(shapes, steps),
    logDensity: (parameters, x) => {
      const z = tf.div(tf.sub(x, predictions(parameters, x)), tf.expandDims(parameters.scale, -1));
      const volume = tf.add(tf.mul(steps, tf.log(parameters.scale)), asTensor(steps * halfLogTwoPi));
      return tf.sub(tf.mul(-0.5, tf.sum(tf.square(z), -1)), volume);
    },
    draw: (parameters, key, batch) => fromNormal(parameters, standardNormal(key, [...batch, steps])),
    fromNormal,
    mean: (parameters) => fromNormal(parameters, tf.zeros([...batchShape(parameters), steps])),
    // σ²(ψ₀² + … + ψₜ₋₁²) for the response ψ to one unit of noise
    variance: (parameters) => {
      const { initial, intercept } = parameters;
      const impulse = tf.tensor1d(range(steps).map((t) => (t === 0 ? 1 : 0)));
      const still = { ...parameters, initial: tf.zerosLike(initial), intercept: tf.zerosLike(intercept) };
      const response = fromNormal(still, tf.broadcastTo(impulse, [...batchShape(parameters), steps]));
      return tf.cumsum(tf.square(response), response.rank - 1);
    },
    entropy: ({ scale }) => tf.add(tf.mul(steps, tf.log(scale)), asTensor(steps * (0.5 + halfLogTwoPi))),
    constraints: { coefficients: real, scale: positive, initial: real, intercept: real },
  });
}

/** Options of {@link autoregressive}. */
export interface AutoregressiveOptions {
  /** φ [..., p]: the weights of the last value, the one before, and so on. */
  readonly coefficients: TensorLike;
  /** Standard deviation σ > 0 of the noise, of the batch shape. */
  readonly scale: TensorLike;
  /** Number of values T ≥ 1. */
  readonly numSteps: number;
  /** The p values before the first [..., p], in the order of time. @defaultValue zeros */
  readonly initial?: TensorLike;
  /** c, of the batch shape. @defaultValue 0 */
  readonly intercept?: TensorLike;
}

/**
 * The autoregressive process AR(p), a sequence xₜ = c + φ₁xₜ₋₁ + … + φₚxₜ₋ₚ + σεₜ of density Π N(xₜ; c + Σ φⱼxₜ₋ⱼ, σ), given the
 * values before the first.
 *
 * Offers reparam, reinforce, muProp and quadrature.
 *
 * @returns a distribution of events [numSteps]
 * @throws ElbowError "option" for a number of steps that is not a positive integer; "shape" if the shapes do not fit
 * @example
 * ```ts
 * import { autoregressive, run, sample } from "elbow";
 * const x = run(0, sample("x", autoregressive({ coefficients: [0.8, -0.2], scale: 0.5, numSteps: 10 })));
 * console.log(x.shape); // => [ 10 ]
 * ```
 */
export function autoregressive(
  options: AutoregressiveOptions,
): Distribution<Real, "reparam" | "reinforce" | "muProp" | "quadrature"> {
  const needed = ["coefficients", "scale", "numSteps"];
  checkOptionNames("autoregressive", options, [...needed, "initial", "intercept"], needed);
  const { coefficients, scale, numSteps, initial, intercept = 0 } = options;
  checkSteps("autoregressive", numSteps);
  const weights = asTensor(coefficients, "float32", "autoregressive: coefficients");
  const before = initial ?? tf.zeros(weights.shape.slice(-1));
  return distribution(autoregressiveFamily(numSteps), [weights, scale, before, intercept]);
}
