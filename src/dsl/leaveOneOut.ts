import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asLeaf } from "../ops/marks.js";
import { asked } from "./asked.js";
import type { Effects, Replicated } from "./effects.js";
import { type Computation, checkRuns, sideBySide } from "./replicate.js";

/**
 * The mean of n independent runs of a computation, side by side, each of which has the mean of the others as its baseline:
 * the score of the choices in run i multiplies v_i − (1/(n − 1)) Σ_{j≠i} v_j. Whatever choices the computation makes that
 * are estimated by a score share this baseline; pathwise and enumerated ones need none. Unbiased, to any order of
 * derivative that the strategies inside allow.
 *
 * Lew, Huot, Staton & Mansinghka, "ADEV: Sound Automatic Differentiation of Expected Values" (2023); Kool, van Hoof &
 * Welling, "Buy 4 REINFORCE samples, get a baseline for free!" (2019).
 *
 * @param runs - how many, n ≥ 2
 * @param computation - returns one tensor, of any shape
 * @throws ElbowError "option" unless n is an integer of at least 2
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, leaveOneOut, objective, reinforce, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return yield* leaveOneOut(10, function* () {
 *     const x = yield* sample("x", reinforce(flip(p)));
 *     const y = yield* sample("y", reinforce(flip(x.mul(0.5).add(0.25))));
 *     return x.add(y).add(100);
 *   });
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 1000 }, { p: tf.scalar(0.5) });
 * console.log(Math.abs(p.dataSync()[0]! - 1.5) < 0.1); // => true
 * ```
 */
export const leaveOneOut = asked(
  "leaveOneOut",
  function* leaveOneOut(runs: number, computation: Computation<Tensor>): Effects<Replicated, Tensor> {
    checkRuns("leaveOneOut", runs, 2);
    const costs: Tensor = yield sideBySide("leaveOneOut", runs, computation, false);
    return tf.mean(asLeaf(costs, "leaveOneOut"), 0);
  },
);
