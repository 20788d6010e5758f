import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Bijector } from "../../distributions/bijectors/bijector.js";
import type { Distribution } from "../../distributions/distribution.js";
import { ElbowError } from "../../errors.js";
import { where } from "../../ops/where.js";

type Choice = Distribution<Tensor, never>;

/** How many draws stand for a distribution that has no formula for its middle. */
const draws = 64;

/** A value in the middle of a distribution, inside of its support. Works on traced tensors, too: a plate is traced. */
export function middleOf(of: Choice, bijector: Bijector, kind: "median" | "mean", key: Tensor): Tensor {
  const shape = [...of.batch, ...of.event];
  const middle = medianOf(of) ?? middleOfDraws(of, bijector, key);
  const mean = kind === "mean" && bijector.domainRank === 0 ? of.family.mean?.(of.parameters) : undefined;
  const value = mean ? where(tf.isFinite(mean), mean, middle) : middle;
  return tf.broadcastTo(value, shape);
}

/** By the quantile function, also that of the elements of independent vectors. */
function medianOf({ family, parameters, batch, event }: Choice): Tensor | undefined {
  const { wraps } = family;
  const isWrapped = wraps !== undefined && wraps.kind !== "transformed" && batch.length === 0;
  const inner = isWrapped ? wraps.family : family;
  if (!inner.quantile || (!isWrapped && event.length > 0)) return undefined;
  return inner.quantile(parameters, tf.scalar(0.5));
}

/** The image of the mean of draws in unconstrained coordinates; of zero for what cannot be drawn from. */
function middleOfDraws(of: Choice, bijector: Bijector, key: Tensor): Tensor {
  const shape = [...of.batch, ...of.event];
  const drawn = drawnFrom(of, key);
  return bijector.forward(drawn ? tf.mean(bijector.inverse(drawn), 0) : tf.zeros([...bijector.inverseShape(shape)]));
}

/** Draws along a new first axis; undefined for improper distributions. */
export function drawnFrom({ family, parameters, batch }: Choice, key: Tensor): Tensor | undefined {
  try {
    return family.draw(parameters, key, [draws, ...batch]);
  } catch (error) {
    if (error instanceof ElbowError && error.code === "improper") return undefined;
    throw error;
  }
}
