// Where the values of transformed distributions lie, if they are numbers between ends.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import type { Family } from "../../ir/site.js";
import { stopGradient } from "../../ops/marks.js";
import { where } from "../../ops/where.js";
import { directed } from "../bijectors/rule.js";
import { fillsDomain } from "../bijectors/supports.js";
import type { Parts } from "./parts.js";

/** The ends of the support of scalar values, where it is an interval. */
function endsOf(
  { support, bounds }: Family,
  parameters: readonly Tensor[],
): readonly [TensorLike, TensorLike] | undefined {
  if (bounds) return bounds(parameters);
  if (support === "positive" || support === "nonNegative") return [0, Number.POSITIVE_INFINITY];
  return support === "unitInterval" ? [0, 1] : undefined;
}

/**
 * The ends of the support of the transformed values, where it is not all of the codomain, or an interval whose ends only
 * the bijector knows.
 */
export function boundsOf({ base, rule, ofBase, ofRule }: Parts): Family["bounds"] {
  const { monotone } = rule;
  if (!monotone) return undefined;
  if (fillsDomain(base.support, rule.domain) && !base.bounds)
    return rule.codomain !== "interval"
      ? undefined
      : (parameters) => monotone.codomain(ofRule(parameters)).map((end) => asTensor(end)) as [Tensor, Tensor];
  return (parameters) => {
    const [low, high] = endsOf(base, ofBase(parameters)) ?? monotone.domain(ofRule(parameters));
    const image = [low, high].map((end) => rule.forward(ofRule(parameters), asTensor(end))) as [Tensor, Tensor];
    return directed(image, monotone.direction(ofRule(parameters))) as [Tensor, Tensor];
  };
}

/** The least distance that draws keep from the ends of their interval, relative to them and at least. */
const [spacing, least] = [2 ** -23, 2 ** -126];

/** y, moved off the finite ends of its interval where rounding put it there, so that every draw can be scored. */
export function offEnds(y: Tensor, ends: readonly [TensorLike, TensorLike]): Tensor {
  const [low, high] = ends.map((end) => (typeof end === "number" && !Number.isFinite(end) ? undefined : asTensor(end)));
  // an end that is a tensor may be infinite all the same
  const gap = (end: Tensor) => where(tf.isFinite(end), tf.maximum(tf.mul(spacing, tf.abs(end)), least), 0);
  let kept = y;
  if (low) kept = tf.maximum(kept, tf.add(low, gap(low)));
  if (high) kept = tf.minimum(kept, tf.sub(high, gap(high)));
  return kept === y ? y : tf.add(y, stopGradient(where(tf.isFinite(y), tf.sub(kept, y), 0)));
}
