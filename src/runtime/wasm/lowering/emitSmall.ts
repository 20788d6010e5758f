import type { Equation } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import { foldLanes, foldOf, maskedTo } from "../kernels/reductions.js";
import { applyLanes } from "./applyLanes.js";
import type { Frame } from "./unit.js";

/** Elementwise operations and whole reductions of a few elements, in locals. */
export function emitSmall({ fn, values }: Pick<Frame, "fn" | "values">, equation: Equation): void {
  const [output] = equation.outputs;
  const operands = equation.inputs.map((input) => values.chunks(input));
  const fold = foldOf(equation.primitive.name, equation.inputs[0]!);
  if (fold) {
    const size = sizeOf(equation.inputs[0]!.shape);
    const map = fold.map ?? ((_, x) => x);
    const count = size === 1 ? 1 : Math.ceil(size / 4);
    const parts = Array.from({ length: count }, (_, i) =>
      maskedTo(fold, map(fn, pick(operands[0]!, i)), size === 1 ? 1 : size - 4 * i),
    );
    values.setChunks(output!, [foldLanes(fn, fold, fn.let(parts.reduce((sum, part) => fold.join(sum, part))))]);
    return;
  }
  // operands of one chunk are the same in all chunks: so is then the result
  const count = Math.max(...operands.map((chunks) => chunks.length));
  const chunk = (i: number) =>
    applyLanes(
      fn,
      equation,
      operands.map((chunks) => pick(chunks, i)),
    );
  values.setChunks(
    output!,
    Array.from({ length: count }, (_, i) => chunk(i)),
  );
}

const pick = <T>(chunks: readonly T[], i: number): T => chunks[chunks.length === 1 ? 0 : i]!;
