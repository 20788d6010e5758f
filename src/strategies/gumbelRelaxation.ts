import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { SiteContext } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { logAddExp, logSumExp } from "../ops/special.js";
import { where } from "../ops/where.js";
import { range } from "../util/shapes.js";
import { eventsOf } from "./finiteSupport.js";

/** Where a value that has no probability stands: far enough below all others to have no weight, and finite. */
const lowest = -1e4;

/** A value of a finite support as the largest of perturbed log probabilities; all tensors but `hard` are [K, ...batch]. */
export interface GumbelDraw {
  /** Which value was drawn: booleans. */
  readonly isDrawn: Tensor;
  /** Normalised log probabilities; finite. */
  readonly logProbability: Tensor;
  /** z = log p + g with Gumbel noise g: its largest entry is the drawn value. */
  readonly free: Tensor;
  /**
   * z̃: z given the drawn value, as a function of the probabilities and of noise that is independent of that value. The
   * noise is chosen so that z̃ = z; the derivatives differ.
   */
  readonly conditional: Tensor;
}

/** Gumbel noise for every value: [K, ...batch]. */
export function gumbelNoise({ key, batch }: SiteContext, values: number): Tensor {
  const uniform = standardUniform(key, [...batch, values]);
  const toFirst = [batch.length, ...range(batch.length)];
  return tf.neg(tf.log(tf.neg(tf.log(tf.transpose(uniform, toFirst)))));
}

/** log p of every value, [K, ...batch]. */
export function logTable(site: SiteContext): Tensor {
  const { family, parameters, batch, event } = site;
  const events = eventsOf(site);
  const column = tf.tensor(events.flat(), [events.length, ...batch.map(() => 1), ...event], "float32");
  const shape = [events.length, ...batch];
  return tf.broadcastTo(family.logDensity(parameters, tf.broadcastTo(column, [...shape, ...event])), shape);
}

/**
 * The Gumbel-max draw with both relaxations that REBAR compares.
 *
 * With E_b = e^(−z_b) for the largest entry b and E_i = p_i·(e^(−z_i) − e^(−z_b)) for the others, which are independent
 * standard exponential numbers, z_b = −log E_b and z_i = −log(E_i/p_i + E_b). Tucker et al. (2017).
 */
export function gumbelDraw(logProbabilities: Tensor, noise: Tensor): GumbelDraw {
  const isPossible = tf.greater(stopGradient(logProbabilities), Number.NEGATIVE_INFINITY);
  const finite = where(isPossible, logProbabilities, lowest);
  const logProbability = tf.sub(finite, logSumExp(finite, 0, true));
  const free = tf.add(logProbability, noise);

  const fixed = stopGradient(free);
  const largest = tf.max(fixed, 0, true);
  // the first of equals
  const order = tf.reshape(tf.tensor1d(range(free.shape[0]!)), [free.shape[0]!, ...free.shape.slice(1).map(() => 1)]);
  const first = tf.min(where(tf.equal(fixed, largest), order, free.shape[0]!), 0, true);
  const isDrawn = tf.equal(order, first);

  const gap = where(isDrawn, 1, tf.sub(largest, fixed));
  const logOwn = stopGradient(tf.add(tf.sub(logProbability, fixed), tf.log(tf.neg(tf.expm1(tf.neg(gap))))));
  const others = tf.neg(logAddExp(tf.sub(logOwn, logProbability), tf.neg(largest)));
  return { isDrawn, logProbability, free, conditional: where(isDrawn, largest, others) };
}

/** Σ_k v_k·softmax(z/λ)_k: a smooth stand-in for the value at which z is largest, of the batch shape. */
export const relaxedValue = (values: readonly number[], z: Tensor, temperature: Tensor): Tensor =>
  tf.sum(tf.mul(relaxedWeights(z, temperature), valueColumn(values, z)), 0);

/** softmax(z/λ) over the values. */
function relaxedWeights(z: Tensor, temperature: Tensor): Tensor {
  const sharpened = tf.div(z, temperature);
  return tf.exp(tf.sub(sharpened, logSumExp(sharpened, 0, true)));
}

/** The drawn value, of the batch shape. */
export const hardValue = (values: readonly number[], { isDrawn }: GumbelDraw): Tensor =>
  tf.sum(where(isDrawn, valueColumn(values, isDrawn), 0), 0);

const valueColumn = (values: readonly number[], { shape }: Tensor): Tensor =>
  tf.reshape(tf.tensor1d([...values]), [values.length, ...shape.slice(1).map(() => 1)]);

/** The same for values that are vectors: [...batch, ...event]. */
export const relaxedEvent = (events: readonly (readonly number[])[], z: Tensor, temperature: Tensor): Tensor =>
  eventSum(relaxedWeights(z, temperature), events);

export const hardEvent = (events: readonly (readonly number[])[], { isDrawn }: GumbelDraw): Tensor =>
  eventSum(tf.cast(isDrawn, "float32"), events);

/** Σ_k w_k v_k, [...batch, n], for weights [K, ...batch]. */
function eventSum(weights: Tensor, events: readonly (readonly number[])[]): Tensor {
  const batch = weights.shape.slice(1);
  const lastWeights = tf.transpose(weights, [...range(batch.length).map((axis) => axis + 1), 0]);
  const rows = tf.reshape(lastWeights, [-1, events.length]);
  return tf.reshape(tf.matMul(rows, tf.tensor2d(events.map((event) => [...event]))), [...batch, events[0]!.length]);
}

/** log p of the drawn value, of the batch shape. */
export const drawnEntry = ({ isDrawn }: GumbelDraw, table: Tensor): Tensor => tf.sum(where(isDrawn, table, 0), 0);
