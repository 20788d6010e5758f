// What folds add their terms to. Never one running sum: blocks of terms have accumulators of their own, and so have blocks
// of blocks.
import type { I32, Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Fold } from "./fold.js";

/** Variables of a fold, one for each of its results. */
export interface Accumulators {
  readonly fold: Fold;
  readonly locals: readonly Local<"v128">[];
}

/** So many terms an accumulator takes before it is added to the next one. */
const blockTerms = 64;

/** Accumulators without terms. */
export function fresh(fn: FunctionBuilder, fold: Fold, count: number): Accumulators {
  const locals = Array.from({ length: count }, () => fn.local("v128"));
  for (const local of locals) fn.set(local, fold.neutral);
  return { fold, locals };
}

export const freshLike = (fn: FunctionBuilder, others: readonly Accumulators[]): Accumulators[] =>
  others.map(({ fold, locals }) => fresh(fn, fold, locals.length));

/** Adds accumulators to others of the same folds. */
export function addTo(fn: FunctionBuilder, totals: readonly Accumulators[], parts: readonly Accumulators[]): void {
  for (const [k, { fold, locals }] of totals.entries())
    for (const [i, total] of locals.entries()) fn.set(total, fold.join(total, parts[k]!.locals[i]!));
}

/** Terms that a loop of so many iterations adds to the accumulators around it, where each adds so many. */
export function termsOf(count: number, termsEach: number): number {
  const size = blockSize(count, termsEach);
  return size < count ? Math.ceil(count / size) : count * termsEach;
}

/** Iterations of the largest blocks. */
export function blockSize(count: number, termsEach: number): number {
  let size = Math.max(1, Math.floor(blockTerms / termsEach));
  while (size * blockTerms < count) size *= blockTerms;
  return size;
}

/** Runs through `count` iterations from `start` on, of which each adds so many terms, in blocks of blocks. */
export function inBlocks(
  fn: FunctionBuilder,
  range: { readonly start?: I32 | number; readonly end?: I32 | number; readonly count: number },
  termsEach: number,
  totals: readonly Accumulators[],
  run: (from: I32 | number, to: I32 | number, own: readonly Accumulators[]) => void,
): void {
  const { count, start = 0, end = count } = range;
  const size = blockSize(count, termsEach);
  if (count <= size || totals.length === 0) {
    run(start, end, totals);
    return;
  }
  fn.loop({ from: start, to: end, step: size }, (from) =>
    fn.scope(() => {
      const to = fn.let(i32.add(from, size));
      fn.if(i32.gtS(to, end), () => fn.set(to, typeof end === "number" ? i32.const(end) : end));
      const own = freshLike(fn, totals);
      inBlocks(fn, { start: from, end: to, count: size }, termsEach, own, run);
      addTo(fn, totals, own);
    }),
  );
}
