import type { TensorLike } from "../ir/lifted.js";
import { asTensor } from "../ir/lifted.js";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { AddedCost, Effects } from "./effects.js";

/**
 * Adds to what an objective returns: a cost that comes up on the way need not be carried to its end. In a computation that
 * is run side by side (`replicate`, `average`, `leaveOneOut`, …) it adds to what each run returns. All elements are summed.
 *
 * Lew, Huot, Staton & Mansinghka, "ADEV" (2023), and genjax: `add_cost`.
 *
 * @param weight - a tensor of reals of any shape
 * @throws ElbowError "cost" unless what is returned in the end is a single tensor of reals; "unknown-effect" in a program,
 *   which has `factor` for its log density
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { addCost, enumerate, flip, objective, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   const b = yield* sample("b", enumerate(flip(p)));
 *   yield* addCost(b.mul(2));
 *   return p.square();
 * });
 * const { p } = await L.gradEstimate(0, { p: tf.scalar(0.25) });
 * console.log(p.dataSync()[0]); // => 2.5
 * ```
 */
export const addCost = asked("addCost", function* addCost(weight: TensorLike): Effects<AddedCost, void> {
  yield { kind: "cost", weight: asTensor(weight, "float32", "addCost: the cost"), source: captureSource() };
});
