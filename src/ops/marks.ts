// Identities that say something to a transform.
import type { Tensor } from "@tensorflow/tfjs-core";
import { applyEmitter, lifted, type TensorLike } from "../ir/lifted.js";
import { type LeafRule, leaf } from "../ir/primitives/leaf.js";
import * as marks from "../ir/primitives/marks.js";
import * as weak from "../ir/primitives/weakProduct.js";

/**
 * x, held constant by differentiation.
 *
 * It cuts derivatives that are carried by values. A random choice estimated by the score function, enumeration or a
 * measure-valued derivative carries its derivative in its distribution, which stays: the expectation of
 * `stopGradient(x)` still moves with the parameters of x there, and does not where x is pathwise.
 */
export const stopGradient: (x: TensorLike) => Tensor = lifted(marks.stopGradient, "stopGradient(x)");

/**
 * x, which the author vouches to be continuous in everything that it is computed from, whatever operations were used.
 *
 * Without it, a reparameterized value that reaches a cost through a comparison, a rounding or an index is an error,
 * because its pathwise gradient would be biased.
 */
export const assumeContinuous: (x: TensorLike) => Tensor = lifted(marks.assumeContinuous, "assumeContinuous(x)");

/** weight · cost for a weight that is zero in value: derivatives beyond the given order are refused with the message. */
export const weakProduct = (weight: Tensor, cost: Tensor, order: number, message: string): Tensor =>
  applyEmitter((w, c) => [weak.weakProduct(w!, c!, { remaining: order, message })], [weight, cost])[0]!;

/** x; where it reaches an objective in a linear way, it is estimated by a rule: with the score of what `like` depends on, say. */
export const asLeaf = (x: Tensor, rule: LeafRule, like?: Tensor): Tensor =>
  applyEmitter((...variables) => [leaf(variables[0]!, rule, variables[1])], like ? [x, like] : [x])[0]!;
