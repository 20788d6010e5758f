import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import type { Family, WeakDerivative } from "../ir/site.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { logAddExp, xlogy } from "../ops/special.js";
import { where } from "../ops/where.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import { probability } from "./constraints.js";
import { batchOf, type Count, type Distribution, distribution } from "./distribution.js";
import { logComplement, logProbability } from "./support.js";
import { isDiscrete } from "./tails.js";

type Parameters = readonly Tensor[];

const split = (parameters: Parameters): [readonly Tensor[], Tensor] => [parameters.slice(0, -1), parameters.at(-1)!];

/** log(g + (1 − g)·p(0)) at zero, log(1 − g) + log p(x) elsewhere. */
function logDensity(inner: Family, parameters: Parameters, value: Tensor): Tensor {
  const [own, gate] = split(parameters);
  const counted = tf.add(logComplement(gate), inner.logDensity(own, value));
  return where(tf.equal(value, 0), logAddExp(logProbability(gate), counted), counted);
}

/** log p(0) of the count, of its batch shape. */
const logZero = (inner: Family, own: readonly Tensor[]): Tensor =>
  inner.logDensity(own, tf.zeros([...inner.shapes(own.map(({ shape }) => shape)).batch]));

/** ∂/∂g E f = f(0) − E f(X), and (1 − g) times that of X in its own parameters. */
function weakDerivative(inner: Family, parameters: Parameters, key: Tensor, batch: Shape): WeakDerivative {
  const [own, gate] = split(parameters);
  const count = inner.draw(own, namedKey(key, "count"), batch);
  const { lanes, terms } = inner.weakDerivative!(own, count, namedKey(key, "weak derivative"), batch);
  const full = tf.broadcastTo(gate, [...batch]);
  const rest = tf.sub(1, full);
  // behind the drawn value and zero stand X and its alternatives
  return {
    lanes: [tf.zerosLike(count), count, ...lanes],
    terms: [
      { parameter: full, constant: tf.onesLike(full), plus: 1, minus: 2 },
      ...terms.map(({ parameter, constant, plus, minus }) => ({
        parameter,
        constant: tf.mul(rest, constant),
        plus: plus + 2,
        ...(minus !== undefined && { minus: minus + 2 }),
      })),
    ],
  };
}

/** −π log π − (1 − g)(1 − p₀) log(1 − g) + (1 − g)(H + p₀ log p₀) for the probability π of zero, and p₀ that of the count. */
function entropy(inner: Family, parameters: Parameters): Tensor {
  const [own, gate] = split(parameters);
  const rest = tf.sub(1, gate);
  const log = logZero(inner, own);
  const zero = tf.exp(log);
  const pi = tf.add(gate, tf.mul(rest, zero));
  const counted = tf.add(inner.entropy!(own), xlogy(zero, zero));
  return tf.sub(tf.mul(rest, counted), tf.add(xlogy(pi, pi), tf.mul(tf.sub(1, zero), xlogy(rest, rest))));
}

const inflated = (inner: Family): Family => {
  const { mean, variance, cdf, quantile, supportValues, weakDerivative: weak, entropy: ownEntropy } = inner;
  return {
    name: `zeroInflated(${inner.name})`,
    support: inner.support,
    dtype: inner.dtype,
    parameterNames: [...inner.parameterNames, "gate"],
    parameterEventRanks: [...inner.parameterEventRanks, 0],
    isPathwise: false,
    isScorable: inner.isScorable,
    ...(inner.supportParameters && { supportParameters: inner.supportParameters }),
    shapes: (shapes) => ({
      batch: batchOf("zeroInflated", ["count", "gate"], [inner.shapes(shapes.slice(0, -1)).batch, shapes.at(-1)!]),
      event: [],
    }),
    logDensity: (parameters, value) => logDensity(inner, parameters, value),
    draw: (parameters, key, batch) => {
      const [own, gate] = split(parameters);
      const isCounted = tf.greaterEqual(standardUniform(namedKey(key, "gate"), batch), gate);
      return tf.mul(tf.cast(isCounted, "float32"), inner.draw(own, namedKey(key, "count"), batch));
    },
    ...(supportValues && { supportValues: (shapes: readonly Shape[]) => supportValues(shapes.slice(0, -1)) }),
    ...(weak && { weakDerivative: (parameters, _value, key, batch) => weakDerivative(inner, parameters, key, batch) }),
    ...(mean && {
      mean: (parameters) => {
        const [own, gate] = split(parameters);
        return tf.mul(tf.sub(1, gate), mean(own));
      },
    }),
    // (1 − g)(v + g·m²)
    ...(mean &&
      variance && {
        variance: (parameters) => {
          const [own, gate] = split(parameters);
          return tf.mul(tf.sub(1, gate), tf.add(variance(own), tf.mul(gate, tf.square(mean(own)))));
        },
      }),
    ...(ownEntropy && { entropy: (parameters) => entropy(inner, parameters) }),
    ...(cdf && {
      cdf: (parameters, value) => {
        const [own, gate] = split(parameters);
        return where(tf.less(value, 0), 0, tf.add(gate, tf.mul(tf.sub(1, gate), cdf(own, value))));
      },
    }),
    ...(quantile && {
      quantile: (parameters, u) => {
        const [own, gate] = split(parameters);
        const isZero = tf.lessEqual(u, gate);
        return where(isZero, 0, quantile(own, where(isZero, 0.5, tf.div(tf.sub(u, gate), tf.sub(1, gate)))));
      },
    }),
    constraints: [...(inner.constraints ?? inner.parameterNames.map(() => undefined)), probability],
    ...(inner.relations && { relations: inner.relations }),
  };
};

/**
 * Counts with additional zeros: 0 with probability g, else a count of the distribution given; of mass g·[x = 0] + (1 − g)·p(x).
 *
 * Offers reinforce, muProp, measureValued and enumerate where the distribution of the count does.
 *
 * @param of - the distribution of the count, with scalar events and no strategy chosen
 * @param gate - g, the probability of an additional zero, in [0, 1]; broadcasts with the batch shape
 * @throws ElbowError "strategy" if a strategy has been chosen for the count: choose one for the whole; "shape" for counts
 *   that are vectors
 * @example
 * ```ts
 * import { poisson, run, sample, zeroInflated } from "elbow";
 * const count = run(0, sample("count", zeroInflated(poisson([1, 10]), 0.3)));
 * console.log(count.shape); // => [ 2 ]
 * ```
 */
export function zeroInflated<O extends string>(
  of: Distribution<Count, O>,
  gate: TensorLike,
): Distribution<Count, Extract<O, "reinforce" | "muProp" | "measureValued" | "enumerate">> {
  checkDistribution("zeroInflated", of);
  if (of.strategy)
    throw new ElbowError("strategy", {
      message: `${of.strategy.name} was chosen for ${of.family.name} inside zeroInflated`,
      hint: `Choose it for the whole: ${of.strategy.name}(zeroInflated(${of.family.name}(…), gate)).`,
    });
  if (!isDiscrete(of.family))
    throw new ElbowError("support-mismatch", {
      message: `zeroInflated takes a distribution of counts\n  expected: nonNegativeInteger\n  received: ${of.family.name}, whose values are ${of.family.support}`,
      hint: "A mixture of a delta and a density has no density: take a distribution of whole numbers, poisson(3) for example.",
    });
  if (of.event.length > 0)
    throw new ElbowError("shape", {
      message: `zeroInflated takes distributions of single counts\n  received: ${of.family.name} with events ${formatShape(of.event)}`,
    });
  return distribution(inflated(of.family), [...of.parameters, gate]);
}
