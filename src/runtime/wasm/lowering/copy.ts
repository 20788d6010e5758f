import { sizeOf } from "../../../util/shapes.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Operand } from "../kernels/kernel.js";

/** Copies the elements of one value over those of another of the same size. */
export function copy(fn: FunctionBuilder<readonly [], undefined>, from: Operand, to: Operand): void {
  const bytes = 4 * sizeOf(to.shape);
  if (bytes > 0 && from.address !== to.address) fn.copyMemory(i32.const(to.address), i32.const(from.address), bytes);
}
