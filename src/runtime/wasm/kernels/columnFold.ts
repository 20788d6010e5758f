// Reductions down the columns of rows that are contiguous, as for the gradients of biases: several columns side by side.
import type { I32, Local, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { forEachBlock } from "./walks.js";

/** Accumulators that take turns, so that none waits for itself. */
const accumulators = 8;
const vectorBytes = 16;
/** Rows that one accumulator takes before it is added to the total. */
const blockRows = 512;

/** How lanes are folded. */
export interface ColumnFold {
  readonly neutral: V128;
  readonly join: (x: V128, y: V128) => V128;
  /** Reads four elements at an offset from the input's start. */
  readonly load: (offset: I32, further: number) => V128;
  /** Visits what is above the rows; the body gets an offset to add. */
  readonly above: (from: I32, body: (at: I32) => void) => void;
}

/**
 * Folds `rows` rows that are `stride` bytes apart into one of `length` columns; `store` gets the vectors. The last of them may
 * run over the end of the row.
 */
export function foldColumns(
  fn: FunctionBuilder,
  fold: ColumnFold,
  start: I32,
  { rows, stride, length }: { readonly rows: number; readonly stride: number; readonly length: number },
  store: (column: I32, value: V128, further: number) => void,
): void {
  forEachBlock(fn, Math.ceil(length / 4), accumulators, (chunk, vectors) =>
    fn.scope(() => {
      const column = fn.let(i32.mul(chunk, vectorBytes));
      const totals = Array.from({ length: vectors }, () => fn.let(fold.neutral));
      fold.above(fn.let(i32.add(start, column)), (at) =>
        forEachBlock(fn, rows, blockRows, (row, height) =>
          fn.scope(() => {
            const from = fn.let(i32.add(at, i32.mul(row, stride)));
            foldBlock(fn, fold, from, { rows: height, stride }, totals, height === rows);
          }),
        ),
      );
      totals.forEach((total, k) => {
        store(column, total, k * vectorBytes);
      });
    }),
  );
}

/** Rows of one block, into the totals: by themselves first, unless there is only one block. */
function foldBlock(
  fn: FunctionBuilder,
  { neutral, join, load }: ColumnFold,
  from: Local<"i32">,
  { rows, stride }: { readonly rows: number; readonly stride: number },
  totals: readonly Local<"v128">[],
  isOnly: boolean,
): void {
  // few columns: several rows at a time
  const ways = Math.min(rows, Math.max(1, Math.floor(accumulators / 2 / totals.length)));
  const sums = Array.from({ length: ways }, (_, way) =>
    totals.map((total) => (isOnly && way === 0 ? total : fn.let(neutral))),
  );
  const take = (way: number, at: number): void =>
    fn.scope(() => {
      const values = totals.map((_, k) => fn.let(load(from, at * stride + k * vectorBytes)));
      sums[way]!.forEach((sum, k) => {
        fn.set(sum, join(sum, values[k]!));
      });
    });
  const rest = rows % ways;
  fn.loop((rows - rest) / ways, () => {
    for (let way = 0; way < ways; way++) take(way, way);
    fn.set(from, i32.add(from, ways * stride));
  });
  for (let k = 0; k < rest; k++) take(0, k);
  totals.forEach((total, k) => {
    const parts = sums.map((each) => each[k]!).filter((sum) => sum !== total);
    if (parts.length > 0) fn.set(total, parts.reduce<V128>(join, total));
  });
}
