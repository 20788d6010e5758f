import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { asLeaf, stopGradient } from "../ops/marks.js";
import { captureSource } from "../util/location.js";
import { broadcastShapes, formatShape, sameShape } from "../util/shapes.js";

/** The second tensor repeated to the shape of the first. @throws ElbowError "baseline-shape" if it does not fit */
function repeatedLike({ shape }: Tensor, b: Tensor, name: string): Tensor {
  if (sameShape(broadcastShapes(shape, b.shape) ?? [-1], shape)) return tf.broadcastTo(b, shape);
  throw new ElbowError("baseline-shape", {
    message: `${name}: the baseline does not broadcast to what it stands for\n  value:    ${formatShape(shape)}\n  baseline: ${formatShape(b.shape)}`,
    hint: "Give one number for all, or one per element of the value.",
    at: { source: captureSource().line },
  });
}

/**
 * A value with a control variate: it is estimated as E[value − b] + b, so that the score of every choice that it depends on
 * multiplies value − b rather than the value. The result equals the value, and is unbiased whatever b is; the variance
 * falls where b is near the expected value, and independent of the choices that are estimated by a score (where it is not,
 * it changes nothing for these). b is held constant.
 *
 * The value is estimated as it stands, not split into the terms of a sum: give it with one element per separate cost, and
 * sum afterwards.
 *
 * ∂ E v ≈ ∂v + (v − b)·∂ log p.  Lew, Huot, Staton & Mansinghka, "ADEV: Sound Automatic Differentiation of Expected
 * Values" (2023), section 4; one choice alone has the same as an option: `reinforce(d, { baseline })`.
 *
 * @param value - what was computed from the choices, any shape
 * @param b - broadcasts to the shape of the value
 * @throws ElbowError "baseline-shape" if it does not
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { baseline, flip, objective, reinforce, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   const x = yield* sample("x", reinforce(flip(p)));
 *   const y = yield* sample("y", reinforce(flip(p)));
 *   return baseline(x.add(y).add(100), 101);
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 1000 }, { p: tf.scalar(0.5) });
 * console.log(Math.abs(p.dataSync()[0]! - 2) < 0.2); // => true
 * ```
 */
export function baseline(value: Tensor, b: TensorLike): Tensor {
  checkTensor("baseline", "the value", value);
  const fixed = stopGradient(repeatedLike(value, asTensor(b, "float32", "baseline: the baseline"), "baseline"));
  return tf.add(asLeaf(tf.sub(value, fixed), "apart"), fixed);
}

/**
 * A value with a control for each of many parts: the score of the choices that element n of `parts` depends on multiplies
 * value − bₙ. Unlike {@link baseline} it takes a value that mixes what the parts were computed from, with a control of its
 * own for each. It equals the value; its expectation stays the same if bₙ is independent of the choices that element n of
 * `parts` depends on, which is asserted here and not checked. Choices that are pathwise or enumerated have no score and need
 * none. b is held constant.
 *
 * VIMCO is `controlVariate(bound, bounds, logWeights)` for the bounds without each of the particles with `logWeights`.
 *
 * ∂ E v ≈ ∂v + Σₙ (v − bₙ)·∂ log pₙ
 *
 * @param value - a scalar
 * @param b - one per element of `parts`; broadcasts to its shape
 * @param parts - a tensor whose element n depends on choices that belong to it alone, such as the results of `replicate`
 * @throws ElbowError "baseline-shape" if b does not broadcast
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { controlVariate, flip, objective, reinforce, replicate, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   const x = yield* replicate(2, () => sample("x", reinforce(flip(p))));
 *   const ofOther = x.reverse().square();
 *   return controlVariate(x.sum().square(), ofOther, x);
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 20_000 }, { p: tf.scalar(0.25) });
 * console.log(Math.abs(p.dataSync()[0]! - 3) < 0.1); // => true
 * ```
 */
export function controlVariate(value: Tensor, b: TensorLike, parts: Tensor): Tensor {
  checkTensor("controlVariate", "the value", value);
  checkTensor("controlVariate", "the parts", parts);
  const fixed = stopGradient(
    repeatedLike(parts, asTensor(b, "float32", "controlVariate: the controls"), "controlVariate"),
  );
  const like = stopGradient(parts);
  const control = tf.sub(asLeaf(fixed, "scored", like), asLeaf(fixed, "plain", like));
  return tf.sub(asLeaf(value, "apart"), tf.sum(control));
}
