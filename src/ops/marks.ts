// Identities that say something to a transform.
import type { Tensor } from "@tensorflow/tfjs-core";
import { applyEmitter, lifted, type TensorLike } from "../ir/lifted.js";
import * as marks from "../ir/primitives/marks.js";

/** x, held constant by differentiation. */
export const stopGradient: (x: TensorLike) => Tensor = lifted(marks.stopGradient);

/**
 * x, which the author vouches to be continuous in everything that it is computed from, whatever operations were used.
 *
 * Without it, a reparameterized value that reaches a cost through a comparison, a rounding or an index is an error,
 * because its pathwise gradient would be biased.
 */
export const assumeContinuous: (x: TensorLike) => Tensor = lifted(marks.assumeContinuous);

/** x, held constant by the first `order` differentiations; one more is refused with the message. */
export const constantToOrder = (x: Tensor, order: number, message: string): Tensor =>
  applyEmitter((each) => [marks.limitOrder(each!, { remaining: order, message })], [x])[0]!;
