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
    const parts = operands[0]!.map((chunk, i) => maskedTo(fold, map(fn, chunk), size === 1 ? 1 : size - 4 * i));
    values.setChunks(output!, [foldLanes(fn, fold, fn.let(parts.reduce((sum, part) => fold.join(sum, part))))]);
    return;
  }
  const count = sizeOf(output!.shape) === 1 ? 1 : Math.ceil(sizeOf(output!.shape) / 4);
  const chunk = (i: number) =>
    applyLanes(
      fn,
      equation,
      operands.map((chunks) => chunks[chunks.length === 1 ? 0 : i]!),
    );
  values.setChunks(
    output!,
    Array.from({ length: count }, (_, i) => chunk(i)),
  );
}
