// Values of a few elements as chunks of four. A single element is in all lanes of its chunk; where a value of more than four
// elements has a single chunk, it stands for all.
import { sizeOf } from "../../../util/shapes.js";
import type { V128 } from "../assembler/expression.js";
import { v128 } from "../assembler/v128.js";
import type { Operand } from "../kernels/kernel.js";

export const chunkAt = <T>(chunks: readonly T[], i: number): T => chunks[chunks.length === 1 ? 0 : i]!;

export const chunkCount = (shape: readonly number[]): number => Math.ceil(sizeOf(shape) / 4);

export const loadChunk = ({ shape, address }: Operand, i: number): V128 =>
  sizeOf(shape) === 1 ? v128.load32Splat(0, address) : v128.load(0, address + 16 * i);
