// What is asked of a distribution besides densities and draws.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { type Shape, sameShape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import type { Distribution } from "./distribution.js";
import { logCdfOf, logSurvivalOf } from "./tails.js";

type Anything = Distribution<Tensor, never>;

function missing(what: string, { name }: Family): never {
  throw new ElbowError("no-moment", {
    message: `${name} has no ${what}`,
    hint: "Estimate it from draws (drawMany), or state it in the family's rules.",
  });
}

/** Parameters that do not enter the formula still bring their axes. */
const whole = (x: Tensor, shape: Shape): Tensor => (sameShape(x.shape, shape) ? x : tf.broadcastTo(x, [...shape]));

/**
 * E X, elementwise; ±∞ or NaN where it is infinite or undefined.
 *
 * @returns a tensor of the shape of a draw
 * @throws ElbowError "no-moment" if the family has none, or none in closed form
 * @example
 * ```ts
 * import { gamma, mean } from "elbow";
 * console.log(mean(gamma([2, 3], 2)).arraySync()); // => [ 1, 1.5 ]
 * ```
 */
export function mean(of: Anything): Tensor {
  checkDistribution("mean", of);
  const { family, parameters, batch, event } = of;
  return whole(family.mean?.(parameters) ?? missing("mean, or none in closed form", family), [...batch, ...event]);
}

/** E (X − E X)², elementwise, of the shape of a draw. As {@link mean}. */
export function variance(of: Anything): Tensor {
  checkDistribution("variance", of);
  const { family, parameters, batch, event } = of;
  return whole(family.variance?.(parameters) ?? missing("variance, or none in closed form", family), [
    ...batch,
    ...event,
  ]);
}

/** The square root of the {@link variance}. */
export function stddev(of: Anything): Tensor {
  checkDistribution("stddev", of);
  return tf.sqrt(variance(of));
}

/**
 * −E log p(X) in nats, differentiable in the parameters.
 *
 * @returns a tensor of the batch shape
 * @throws ElbowError "no-moment" if the family has none in closed form
 * @example
 * ```ts
 * import { entropy, uniform } from "elbow";
 * console.log(entropy(uniform(0, [1, 1])).arraySync()); // => [ 0, 0 ]
 * ```
 */
export function entropy(of: Anything): Tensor {
  checkDistribution("entropy", of);
  const { family, parameters, batch } = of;
  return whole(family.entropy?.(parameters) ?? missing("entropy in closed form", family), batch);
}

/**
 * P(X ≤ x) of a distribution of scalars, differentiable in its parameters.
 *
 * @param x - a value, which broadcasts with the batch shape
 * @throws ElbowError "no-moment" if the family has no distribution function
 * @example
 * ```ts
 * import { cdf, logistic } from "elbow";
 * console.log(cdf(logistic([0, 3], 1), 3).dataSync()[1]); // => 0.5
 * ```
 */
export function cdf(of: Anything, x: TensorLike): Tensor {
  checkDistribution("cdf", of);
  const { family, parameters } = of;
  return family.cdf?.(parameters, real("cdf: the value", x)) ?? missing("distribution function", family);
}

/** log P(X ≤ x), exact far out in the lower tail where the family states it. As {@link cdf}. */
export function logCdf(of: Anything, x: TensorLike): Tensor {
  checkDistribution("logCdf", of);
  const { family, parameters } = of;
  if (!family.cdf) return missing("distribution function", family);
  return logCdfOf(family, parameters, real("logCdf: the value", x));
}

/** log P(X > x), exact far out in the upper tail where the family states it. As {@link cdf}. */
export function logSurvival(of: Anything, x: TensorLike): Tensor {
  checkDistribution("logSurvival", of);
  const { family, parameters } = of;
  if (!family.cdf) return missing("distribution function", family);
  return logSurvivalOf(family, parameters, real("logSurvival: the value", x));
}

/**
 * The smallest x with P(X ≤ x) ≥ p of a distribution of scalars; for continuous ones differentiable in p and the parameters.
 *
 * @param p - 0 ≤ p ≤ 1, which broadcasts with the batch shape
 * @throws ElbowError "no-moment" if the family has no quantiles
 * @example
 * ```ts
 * import { exponential, quantile } from "elbow";
 * console.log(quantile(exponential(Math.LN2), 0.75).arraySync()); // => 2
 * ```
 */
export function quantile(of: Anything, p: TensorLike): Tensor {
  checkDistribution("quantile", of);
  const { family, parameters } = of;
  return family.quantile?.(parameters, real("quantile: the probability", p)) ?? missing("quantiles", family);
}

/** Observed counts and booleans come as int32 and bool, too. */
function real(what: string, x: TensorLike): Tensor {
  const tensor = asTensor(x, "float32", what);
  return tensor.dtype === "float32" ? tensor : tf.cast(tensor, "float32");
}
