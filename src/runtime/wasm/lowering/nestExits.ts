// Folds over the loops of a nest: accumulators while the loops run, and their results afterwards.
import type { Local, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import type { Fold } from "../kernels/fold.js";
import { foldLanes, foldOf } from "../kernels/reductions.js";
import type { Nest, Step } from "./nest.js";
import { type At, positionsAlong } from "./nestAccess.js";

type Fn = FunctionBuilder<readonly [], undefined>;
type Vector = Local<"v128">;

/** A fold over loops. */
export interface Exit {
  readonly step: Step;
  readonly fold: Fold;
  /** How many loops, from outside, it is not folded over. */
  readonly depth: number;
  /** Its results' positions along unrolled axes, in the order of the output. */
  readonly results: readonly At[];
  /** For each result, the elements folded into it along unrolled axes. */
  readonly terms: readonly (readonly At[])[];
}

export function exitOf(step: Step, { loops, sizes }: Nest): Exit {
  const origin: At = new Array<number>(sizes.length).fill(0);
  const kept = step.output.filter((axis) => axis !== undefined && !loops.includes(axis)) as number[];
  const results = positionsAlong(kept, sizes, origin);
  const folded = step.folded.filter((axis) => !loops.includes(axis));
  return {
    step,
    fold: foldOf(step.equation.primitive.name, step.equation.inputs[0]!)!,
    depth: loops.filter((loop) => !step.folded.includes(loop)).length,
    results,
    terms: results.map((at) => positionsAlong(folded, sizes, at)),
  };
}

/** Up to four vectors, each joined over its lanes, as the lanes of one. */
export function foldFour(fn: Fn, fold: Fold, x: readonly Vector[]): Vector {
  if (x.length === 1) return foldLanes(fn, fold, x[0]!);
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => x[Math.min(i, x.length - 1)]!);
  const half = (p: V128, q: V128): Vector =>
    fn.let(fold.join(v128.shuffle32(p, q, [0, 4, 1, 5]), v128.shuffle32(p, q, [2, 6, 3, 7])));
  const [ab, cd] = [half(a!, b!), half(c!, d!)];
  return fn.let(fold.join(v128.shuffle32(ab, cd, [0, 1, 4, 5]), v128.shuffle32(ab, cd, [2, 3, 6, 7])));
}
