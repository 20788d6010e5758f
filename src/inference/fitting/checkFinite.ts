import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Engine } from "../../runtime/engine.js";
import { formatIndex } from "../../util/shapes.js";

/** The position of the first element that is NaN or infinite, or −1. */
export function firstBad(elements: ArrayLike<number>): number {
  for (let i = 0; i < elements.length; i++) if (!Number.isFinite(elements[i])) return i;
  return -1;
}

/**
 * Refuses tensors that hold NaN or infinities, or are disposed.
 *
 * @param name - what the user knows the i-th tensor by
 * @param engine - may know it without reading them
 * @throws ElbowError "disposed-tensor"; "non-finite-input" with the name, the index of the first bad element and its value
 */
export async function checkFinite(
  tensors: readonly Tensor[],
  name: (i: number) => string,
  engine?: Engine,
): Promise<void> {
  for (const [i, tensor] of tensors.entries()) {
    if (tensor.isDisposed)
      throw new ElbowError("disposed-tensor", {
        message: `${name(i)} is a disposed tensor`,
        hint: "Keep it until the fit has ended: tf.keep protects a tensor from the tf.tidy around it.",
      });
    if (tensor.dtype !== "float32" || (await engine?.areFinite?.(tensor))) continue;
    const elements = await tensor.data();
    const bad = firstBad(elements);
    if (bad < 0) continue;
    const index = formatIndex(bad, tensor.shape);
    throw new ElbowError("non-finite-input", {
      message: `${name(i)} holds a number that is not finite\n  ${index ? `at index ${index}` : "value"}: ${elements[bad]}`,
      hint: "Remove or impute such values before fitting.",
    });
  }
}
