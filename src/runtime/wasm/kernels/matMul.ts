import { broadcastStrides, sizeOf } from "../../../util/shapes.js";
import { i32 } from "../assembler/i32.js";
import type { Kernel, Operand } from "./kernel.js";
import { productOf } from "./product.js";
import { batchedProduct, type ProductViews, plainViews } from "./productViews.js";
import { fillRun } from "./runs.js";
import { collapsed, forEachPlace, type Walk, wordBytes } from "./walks.js";

/** The walk of an operand's matrices through a batch that it is broadcast to. */
export function matricesOf({ address, shape }: Operand, batch: readonly number[]): Walk {
  const bytes = sizeOf(shape.slice(-2)) * wordBytes;
  return { start: address, steps: broadcastStrides(shape.slice(0, -2), batch).map((step) => step * bytes) };
}

/**
 * Products of batches of matrices. The attribute `views`, which the primitive does not have, tells how the operands and the
 * result are turned.
 */
export const matMul: Kernel = (context, [a, b], [out], { views = plainViews(a!.shape, b!.shape) }) => {
  const { fn } = context;
  const size = sizeOf(out!.shape);
  if (size === 0) return;
  const turned = views as ProductViews;
  const { product, batch, isExchanged } = batchedProduct(turned, out!.dtype);
  if (product.isAdded) fillRun(fn, i32.const(out!.address), 0, size);
  const starts = [a!.address + wordBytes * turned.a.offset, b!.address + wordBytes * turned.b.offset];
  if (isExchanged) starts.reverse();
  const { sizes, walks } = collapsed(
    batch.map((axis) => axis.size),
    [
      { start: starts[0]!, steps: batch.map((axis) => axis.a) },
      { start: starts[1]!, steps: batch.map((axis) => axis.b) },
      { start: out!.address, steps: batch.map((axis) => axis.c) },
    ],
  );
  const multiply = productOf(context, product);
  forEachPlace(fn, sizes, walks, ([x, y, z]) => multiply(x!, y!, z!));
};
