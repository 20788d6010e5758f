import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { logSumExp } from "../../ops/special.js";
import { where } from "../../ops/where.js";
import { checkChoice } from "../../util/options.js";
import { formatShape } from "../../util/shapes.js";

/** How a particle that is left out is replaced: by the geometric or the arithmetic mean of the weights of the others. */
export type LeftOut = "geometric" | "arithmetic";

/**
 * The importance-weighted bounds without each particle, L₋ₖ = log (1/K)(Σ_{j≠k} w_j + ŵ₋ₖ): what the bound is expected to be
 * before particle k is known. They depend on the others alone, and so may serve as baselines of its choices.
 *
 * Mnih & Rezende, "Variational Inference for Monte Carlo Objectives" (2016), equations 10 to 12.
 *
 * @param logWeights - log w_k, [K], K ≥ 2
 * @param mean - what stands in for w_k, the mean ŵ₋ₖ of the others @defaultValue "geometric"
 * @returns [K]; 0 where no other particle has a weight
 * @example
 * ```ts
 * import { boundsWithoutEach } from "elbow";
 * const bounds = boundsWithoutEach([Math.log(1), Math.log(4), Math.log(4)]);
 * console.log(Math.exp(bounds.dataSync()[0]).toFixed(3)); // => 4.000
 * ```
 */
export function boundsWithoutEach(logWeights: TensorLike, mean: LeftOut = "geometric"): Tensor {
  const each = asTensor(logWeights, "float32", "boundsWithoutEach: the log weights");
  checkChoice("boundsWithoutEach", "the mean", mean, ["geometric", "arithmetic"]);
  const [count = 0] = each.shape;
  if (each.rank !== 1 || count < 2)
    throw new ElbowError("shape", {
      message: `boundsWithoutEach takes a vector of at least two log weights\n  received: ${formatShape(each.shape)}`,
      hint: "Give one log weight per particle: [K].",
    });
  const isOwn = tf.cast(tf.eye(count), "bool");
  // row k holds all weights; sums over rows that leave out their own entry round less than sums minus it
  const rows = tf.broadcastTo(each, [count, count]);
  const ofOthers =
    mean === "geometric"
      ? tf.div(tf.sum(where(isOwn, 0, rows), 1, true), count - 1)
      : tf.expandDims(tf.sub(logSumExp(where(isOwn, Number.NEGATIVE_INFINITY, rows), 1), Math.log(count - 1)), 1);
  const bounds = tf.sub(logSumExp(where(isOwn, ofOthers, rows), 1), Math.log(count));
  return where(tf.isFinite(bounds), bounds, 0);
}
