import type { Equation } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { Local, V128 } from "../assembler/expression.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { foldLanes, foldOf, maskedTo } from "../kernels/reductions.js";
import type { Guard } from "../math/guarded.js";
import { applyLanes } from "./applyLanes.js";
import { chunkAt, chunkCount } from "./chunks.js";
import type { Frame } from "./unit.js";

/**
 * Elementwise operations and whole reductions of a few elements, in locals. With a guard, special cases are left out and
 * reported.
 */
export function emitSmall({ fn, values }: Pick<Frame, "fn" | "values">, equation: Equation, guard?: Guard): void {
  const [output] = equation.outputs;
  const operands = equation.inputs.map((input) => values.chunks(input));
  const fold = foldOf(equation.primitive.name, equation.inputs[0]!);
  if (fold) {
    const size = sizeOf(equation.inputs[0]!.shape);
    const map = fold.map ?? ((_, x) => x);
    const count = chunkCount(equation.inputs[0]!.shape);
    const parts = Array.from({ length: count }, (_, i) =>
      maskedTo(fold, map(fn, chunkAt(operands[0]!, i)), size === 1 ? 1 : size - 4 * i),
    );
    values.setChunks(output!, [foldLanes(fn, fold, fn.let(parts.reduce((sum, part) => fold.join(sum, part))))]);
    return;
  }
  // operands of one chunk are the same in all chunks: so is then the result
  const count = Math.max(...operands.map((chunks) => chunks.length));
  const size = sizeOf(output!.shape);
  const isFull = (i: number): boolean => size === 1 || size >= 4 * (i + 1);
  const chunk = (i: number) =>
    applyLanes(
      fn,
      equation,
      operands.map((chunks) => chunkAt(chunks, i)),
      // what is in lanes behind the last element does not matter
      guard && ((violated) => guard(isFull(i) ? violated : v128.and(violated, lanesBelow(size - 4 * i)))),
    );
  const results: Local<"v128">[] = [];
  for (let i = 0; i < count; i++) results.push(chunk(i));
  values.setChunks(output!, results);
}

/** Ones in the lanes below `count`. */
const lanesBelow = (count: number): V128 => {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0));
  return i32x4.const([a!, b!, c!, d!]);
};
