import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family } from "../ir/site.js";
import { described } from "../util/described.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import type { Distribution } from "./distribution.js";

function repeated(inner: Family, shape: Shape, rank: number): Family {
  const { entropy } = inner;
  const shapes: Family["shapes"] = (parameters) => {
    const { batch, event } = inner.shapes(parameters);
    // parameters that differ between lanes bring the lanes' axes along, and axes of size 1 in place of the new ones
    const lanes = batch.slice(0, Math.max(0, batch.length - rank - shape.length));
    return { batch: [...lanes, ...shape, ...batch.slice(batch.length - rank)], event };
  };
  return {
    ...inner,
    name: `iid(${formatShape(shape)}, ${inner.name})`,
    wraps: { kind: "iid", family: inner },
    shapes,
    ...(entropy && {
      entropy: (parameters) =>
        tf.broadcastTo(entropy(parameters), [...shapes(parameters.map((each) => each.shape)).batch]),
    }),
  };
}

/**
 * Independent, identically distributed repetitions of a distribution along new leading batch axes.
 *
 * Each repetition is drawn and scored on its own: the log density has the shape [...shape, ...batch]. Offers what the
 * repeated distribution offers.
 *
 * @param shape - how often, or the sizes of the new axes
 * @param of - the distribution to repeat
 * @example
 * ```ts
 * import { iid, normal, run, sample } from "elbow";
 * const x = run(0, sample("x", iid(8, normal(0, 1))));
 * console.log(x.shape); // => [ 8 ]
 * ```
 */
export function iid<T extends Tensor, Offers extends string>(
  shape: number | Shape,
  of: Distribution<T, Offers>,
): Distribution<T, Offers> {
  checkDistribution("iid", of);
  const sizes = typeof shape === "number" ? [shape] : shape;
  if (!Array.isArray(sizes) || !sizes.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new ElbowError("option", {
      message: `iid: the shape must be a whole number or an array of them\n  received: ${described(shape)}`,
      hint: "Write iid(8, normal(0, 1)).",
    });
  return { ...of, family: repeated(of.family, sizes, of.batch.length), batch: [...sizes, ...of.batch] };
}
