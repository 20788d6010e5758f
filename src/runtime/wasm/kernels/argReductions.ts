// The first positions of extrema along an axis. NaN is never better, so one in front stays.
import { sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Kernel } from "./kernel.js";
import { fillRun } from "./runs.js";
import { forEachPlace, wordBytes } from "./walks.js";

/** Whether the element at the first place is better than the one at the second. */
type Better = (x: I32, best: I32) => I32;

const floats =
  (compare: typeof f32.gt): Better =>
  (x, best) =>
    compare(f32.load(x), f32.load(best));
const integers =
  (compare: typeof i32.gtS): Better =>
  (x, best) =>
    compare(i32.load(x), i32.load(best));

/** Calls with the place of the best element of a line that starts at `first`. */
function seekBest(
  fn: FunctionBuilder,
  first: I32,
  length: number,
  step: number,
  isBetter: Better,
  use: (best: I32) => void,
) {
  fn.scope(() => {
    const best = fn.let(first);
    forEachPlace(fn, [length], [{ start: first, steps: [step] }], ([x]) =>
      fn.if(isBetter(x!, best), () => fn.set(best, x!)),
    );
    use(best);
  });
}

/** Of booleans, which are 0 and −1 here, the truth is the larger one. */
const argReduction =
  (float: Better, integer: Better, bool: Better): Kernel =>
  ({ fn }, [x], [out], { axis }) => {
    const isBetter = { float32: float, int32: integer, bool }[x!.dtype];
    const length = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const outer = sizeOf(x!.shape.slice(0, axis));
    const step = inner * wordBytes;
    if (length === 0) {
      if (outer * inner > 0) fillRun(fn, i32.const(out!.address), 0, outer * inner);
      return;
    }
    const walks = [
      { start: x!.address, steps: [length * step, wordBytes] },
      { start: out!.address, steps: [step, wordBytes] },
    ];
    forEachPlace(fn, [outer, inner], walks, ([first, to]) =>
      seekBest(fn, first!, length, step, isBetter, (best) => fn.store(to!, i32.divU(i32.sub(best, first!), step))),
    );
  };

export const argReductionKernels: Readonly<Record<string, Kernel>> = {
  argMax: argReduction(floats(f32.gt), integers(i32.gtS), integers(i32.ltS)),
  argMin: argReduction(floats(f32.lt), integers(i32.ltS), integers(i32.gtS)),
};
