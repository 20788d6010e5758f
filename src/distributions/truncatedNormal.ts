import * as tf from "@tensorflow/tfjs-core";
import { lifted, type TensorLike } from "../ir/lifted.js";
import * as truncated from "../ir/primitives/truncatedNormal.js";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { finite, lowBelowHigh, positive, real } from "./constraints.js";
import { type Distribution, distribution, family, type Interval } from "./distribution.js";
import { logProbability, onSupport } from "./support.js";

const standardLogDensity = lifted((x, a, b) => truncated.truncatedLogDensity(x!, a!, b!));
const standardQuantile = lifted((u, a, b) => truncated.truncatedQuantile(u!, a!, b!));
const standardCdf = lifted((x, a, b) => truncated.truncatedCdf(x!, a!, b!));
const standardEntropy = lifted((a, b) => truncated.truncatedEntropy(a!, b!));
const standardMean = lifted((a, b) => truncated.truncatedMean(a!, b!));
const standardVariance = lifted((a, b) => truncated.truncatedVariance(a!, b!));

type Parameters = Readonly<Record<"loc" | "scale" | "low" | "high", tf.Tensor>>;

/** (bound − m)/s; an infinite one stays where it is, and has no derivative. */
function standardized(bound: tf.Tensor, { loc, scale }: Parameters): tf.Tensor {
  const isReal = tf.isFinite(stopGradient(bound));
  return where(isReal, tf.div(tf.sub(where(isReal, bound, 0), loc), scale), stopGradient(bound));
}

const ends = (parameters: Parameters): [tf.Tensor, tf.Tensor] => [
  standardized(parameters.low, parameters),
  standardized(parameters.high, parameters),
];

/** m + s·z; no rounding may lead out of the interval */
function fromStandard({ loc, scale, low, high }: Parameters, z: tf.Tensor): tf.Tensor {
  const x = tf.add(loc, tf.mul(scale, z));
  return tf.add(x, stopGradient(tf.sub(tf.minimum(tf.maximum(x, low), high), x)));
}

/** A point of the interval. */
function inside({ low, high }: Parameters): tf.Tensor {
  const [a, b] = [low, high].map((bound) => tf.clipByValue(stopGradient(bound), -3e38, 3e38)) as [tf.Tensor, tf.Tensor];
  return tf.minimum(tf.maximum(0, a), b);
}

/** @param isScorable - whether the bounds are fixed */
const truncatedNormalFamily = (isScorable: boolean): Family =>
  family({
    name: "truncatedNormal",
    support: "interval",
    parameters: ["loc", "scale", "low", "high"],
    // log φ(z) − log s − log(Φ((high − m)/s) − Φ((low − m)/s)), z = (x − m)/s
    logDensity: (parameters, value) => {
      const { loc, scale, low, high } = parameters;
      // the bounds are no constants here: a density that jumps when a random bound crosses x has no pathwise derivative
      const isInside = (x: tf.Tensor) => tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high));
      const logDensity = (x: tf.Tensor) =>
        tf.sub(standardLogDensity(tf.div(tf.sub(x, loc), scale), ...ends(parameters)), tf.log(scale));
      return onSupport(value, isInside, inside(parameters), logDensity);
    },
    // the quantile of u, which moves with the bounds as with mean and scale
    draw: (parameters, key, batch) =>
      fromStandard(parameters, standardQuantile(standardUniform(key, batch), ...ends(parameters))),
    isScorable,
    supportParameters: ["low", "high"],
    bounds: ({ low, high }) => [low, high],
    mean: (parameters) => tf.add(parameters.loc, tf.mul(parameters.scale, standardMean(...ends(parameters)))),
    variance: (parameters) => tf.mul(tf.square(parameters.scale), standardVariance(...ends(parameters))),
    entropy: (parameters) => tf.add(tf.log(parameters.scale), standardEntropy(...ends(parameters))),
    cdf: (parameters, x) => standardCdf(tf.div(tf.sub(x, parameters.loc), parameters.scale), ...ends(parameters)),
    // as that of the mirrored law
    logSurvival: (parameters, x) => {
      const [a, b] = ends(parameters);
      return logProbability(standardCdf(tf.div(tf.sub(parameters.loc, x), parameters.scale), tf.neg(b), tf.neg(a)));
    },
    quantile: (parameters, p) => fromStandard(parameters, standardQuantile(p, ...ends(parameters))),
    upperQuantile: (parameters, q) => {
      const [a, b] = ends(parameters);
      return fromStandard(parameters, tf.neg(standardQuantile(q, tf.neg(b), tf.neg(a))));
    },
    constraints: { loc: finite, scale: positive, low: real, high: real },
    relations: [lowBelowHigh],
  });

const withFixedBounds = truncatedNormalFamily(true);
const withBounds = truncatedNormalFamily(false);

/** The interval of a {@link truncatedNormal}. */
export interface TruncationBounds<T extends TensorLike = TensorLike> {
  /** Lower end. @defaultValue −∞ */
  readonly low?: T;
  /** Upper end, > `low`. @defaultValue ∞ */
  readonly high?: T;
}

/**
 * The normal distribution on an interval, either end of which may be infinite, of density φ((x − m)/s)/s over the normal
 * probability of the interval. Draws and densities are exact far out in
 * either tail of the normal distribution, too.
 *
 * Offers reparam, in mean, scale and bounds; for plain numbers as bounds also reinforce and muProp, since no score function
 * sees a support that moves.
 *
 * @param loc - mean m of the normal variable, any shape
 * @param scale - its standard deviation s > 0, broadcasts with it
 * @param bounds - ends of the interval, which broadcast with both
 * @example
 * ```ts
 * import { run, sample, truncatedNormal } from "elbow";
 * const x = run(0, sample("x", truncatedNormal([0, 1], 1, { low: 0 })));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export function truncatedNormal(
  loc: TensorLike,
  scale: TensorLike,
  bounds: TruncationBounds<number>,
): Distribution<Interval, "reparam" | "reinforce" | "muProp">;
export function truncatedNormal(
  loc: TensorLike,
  scale: TensorLike,
  bounds: TruncationBounds,
): Distribution<Interval, "reparam">;
export function truncatedNormal(
  loc: TensorLike,
  scale: TensorLike,
  bounds: TruncationBounds,
): Distribution<Interval, "reparam"> {
  checkOptionNames("truncatedNormal", bounds, ["low", "high"], "required");
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = bounds;
  const isFixed = typeof low === "number" && typeof high === "number";
  return distribution(isFixed ? withFixedBounds : withBounds, [loc, scale, low, high]);
}
