import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { type Accumulators, blockSize, freshLike, inBlocks } from "./accumulators.js";
import type { KernelContext } from "./kernel.js";

/** A context; without regions and scratch memory, one thread does everything. */
export type Sharing = Pick<KernelContext, "fn"> & Partial<KernelContext>;

/** Adds the terms of some iterations. */
type Run = (fn: FunctionBuilder, from: I32 | number, to: I32 | number, own: readonly Accumulators[]) => void;

/**
 * Runs through `count` iterations that add one term each, in blocks. Where threads share them, every block leaves its part in
 * memory, and the parts are joined afterwards in the order that one thread has: the result is the same in all bits.
 */
export function inSharedBlocks(
  { fn, regions, scratch }: Sharing,
  { count, nanoseconds }: { readonly count: number; readonly nanoseconds: number },
  totals: readonly Accumulators[],
  run: Run,
): void {
  const size = blockSize(count, 1);
  const work = { steps: Math.ceil(count / size), nanoseconds };
  if (!scratch || !regions?.isShared(work)) {
    inBlocks(fn, { count }, 1, totals, (from, to, own) => run(fn, from, to, own));
    return;
  }
  const locals = totals.flatMap(({ locals: each, fold }) => each.map((local) => ({ local, join: fold.join })));
  const bytes = 16 * locals.length;
  const parts = scratch(work.steps * bytes);
  regions.share(fn, work, (region, first, last) =>
    region.loop({ from: first, to: last }, (block) =>
      region.scope(() => {
        const start = region.let(i32.mul(block, size));
        const end = region.let(i32.add(start, size));
        region.if(i32.gtS(end, count), () => region.set(end, i32.const(count)));
        const own = freshLike(region, totals);
        inBlocks(region, { start, end, count: size }, 1, own, (from, to, each) => run(region, from, to, each));
        const to = region.let(i32.mul(block, bytes));
        for (const [k, local] of own.flatMap((each) => each.locals).entries()) region.store(to, local, parts + 16 * k);
      }),
    ),
  );
  fn.loop({ to: work.steps * bytes, step: bytes }, (from) => {
    for (const [k, { local, join }] of locals.entries()) fn.set(local, join(local, v128.load(from, parts + 16 * k)));
  });
}
