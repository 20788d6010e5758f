import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTensor } from "../../dsl/choices.js";
import { checkTensor } from "../../ir/checkTensor.js";
import { asLeaf, stopGradient, weakProduct } from "../../ops/marks.js";
import { checkText } from "../../util/expected.js";
import { leavesOf, mapLeaves, type Tree } from "../../util/tree.js";

/**
 * A structure with all of its tensors held constant by differentiation; everything else stays. A guide applied to detached
 * parameters still has the density that it has, which moves with the choices alone: what sticking the landing and doubly
 * reparameterized gradients are made of.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, detached, gen, normal, objective, reparam, sample, simulate } from "elbow";
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("z", reparam(normal(q.loc, 1)));
 * });
 * // E log q(z) is constant; without the score of q, the pathwise part of its gradient is left
 * const L = objective(function* (q: { loc: tf.Tensor }) {
 *   const { choices } = yield* simulate(guide(q));
 *   return (yield* assess(guide(detached(q)), choices)).add(choices.z);
 * });
 * const { loc } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { loc: tf.scalar(2) });
 * console.log(Math.abs(loc.dataSync()[0]! - 1) < 0.05); // => true
 * ```
 */
export const detached = <T>(structure: T): T =>
  mapLeaves(structure as Tree<unknown>, (leaf) => (isTensor(leaf) ? stopGradient(leaf) : leaf)) as T;

/**
 * The value, whose estimated derivative in some parameters is to be taken at most once: a second one is refused. For
 * surrogates of which only the first derivative means something.
 */
export function firstOrderOnly(value: Tensor, parameters: unknown, message: string): Tensor {
  checkTensor("firstOrderOnly", "the value", value);
  checkText("firstOrderOnly", "the message", message, "Say what is refused, and why.");
  const tensors = leavesOf(parameters as Tree<unknown>).flatMap(({ leaf }) => (isTensor(leaf) ? [leaf] : []));
  // zero, and so are its derivatives; it counts how often they are taken
  const guards = tensors.map((each) => {
    const change = tf.sub(each, stopGradient(each));
    return tf.sum(weakProduct(change, change, 1, message));
  });
  return guards.reduce((total, guard) => tf.add(total, guard), value);
}

/** The value, for choices that are all estimated by pathwise derivatives; others are refused. */
export function pathwiseOnly(value: Tensor): Tensor {
  checkTensor("pathwiseOnly", "the value", value);
  return asLeaf(value, "pathwise");
}
