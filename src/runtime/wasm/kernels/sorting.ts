// The largest elements of the last axis, largest first; of equal ones the earlier first.
import { sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import type { Kernel } from "./kernel.js";
import { copyRun } from "./runs.js";
import { forEachPlace, wordBytes } from "./walks.js";

/** Whether the element at x comes before that at y wherever they stand. Booleans are 0 and −1 here. */
type Precedes = (x: I32, y: I32) => I32;
const precedesOf: Readonly<Record<string, Precedes>> = {
  float32: (x, y) => f32.gt(f32.load(x), f32.load(y)),
  int32: (x, y) => i32.gtS(i32.load(x), i32.load(y)),
  bool: (x, y) => i32.ltS(i32.load(x), i32.load(y)),
};

/** Up to how many elements are kept in order while all others pass by. */
const mostInserted = 16;

/** Lists of values and of positions, word for word. */
interface Lists {
  readonly values: I32;
  readonly indices: I32;
}

const copyEntry = (fn: FunctionBuilder, to: Lists, from: Lists): void => {
  fn.store(to.values, i32.load(from.values));
  fn.store(to.indices, i32.load(from.indices));
};

const at = ({ values, indices }: Lists, offset: I32 | number): Lists => ({
  values: i32.add(values, offset),
  indices: i32.add(indices, offset),
});

/** Inserts the elements of a line into lists of the k best, one by one. */
function insertBest(fn: FunctionBuilder, line: I32, length: number, k: number, out: Lists, precedes: Precedes): void {
  const count = fn.let(i32.const(0));
  fn.loop({ to: length * wordBytes, step: wordBytes }, (offset) =>
    fn.scope(() => {
      const x = fn.let(i32.add(line, offset));
      const isFull = i32.eq(count, k * wordBytes);
      const worst = i32.add(out.values, (k - 1) * wordBytes);
      const enters = fn.let(i32.eqz(isFull));
      fn.if(isFull, () => fn.set(enters, precedes(x, worst)));
      fn.if(enters, () => {
        // Where the new element goes; those that it precedes move on by one place, and the last one leaves.
        const place = fn.let(select(isFull, i32.const((k - 1) * wordBytes), count));
        fn.if(i32.eqz(isFull), () => fn.set(count, i32.add(count, wordBytes)));
        const moves = fn.let(i32.const(0));
        const test = (): void => {
          fn.set(moves, i32.gtS(place, 0));
          fn.if(moves, () => fn.set(moves, precedes(x, i32.sub(i32.add(out.values, place), wordBytes))));
        };
        test();
        fn.while(moves, () => {
          copyEntry(fn, at(out, place), at(out, i32.sub(place, wordBytes)));
          fn.set(place, i32.sub(place, wordBytes));
          test();
        });
        fn.store(i32.add(out.values, place), i32.load(x));
        fn.store(i32.add(out.indices, place), i32.shrU(offset, 2));
      });
    }),
  );
}

/** Sorts lists of some bytes by merging runs of growing length; gives the address that holds the result afterwards. */
function mergeSort(fn: FunctionBuilder, bytes: number, first: Lists, second: Lists, precedes: Precedes): Lists {
  const [from, to] = [first, second].map(({ values, indices }) => ({
    values: fn.let(values),
    indices: fn.let(indices),
  }));
  const run = fn.let(i32.const(wordBytes));
  const least = (x: I32) => select(i32.ltS(x, bytes), x, i32.const(bytes));
  fn.while(i32.ltS(run, bytes), () => {
    const start = fn.let(i32.const(0));
    fn.while(i32.ltS(start, bytes), () => {
      const [left, place] = [fn.let(start), fn.let(start)];
      const middle = fn.let(i32.add(start, run));
      fn.set(middle, least(middle));
      const end = fn.let(i32.add(middle, run));
      fn.set(end, least(end));
      const right = fn.let(middle);
      fn.while(i32.ltS(place, end), () => {
        // From the left, unless that is used up or the right one strictly precedes.
        const isLeft = fn.let(i32.ltS(left, middle));
        fn.if(i32.and(isLeft, i32.ltS(right, end)), () =>
          fn.set(isLeft, i32.eqz(precedes(i32.add(from!.values, right), i32.add(from!.values, left)))),
        );
        copyEntry(fn, at(to!, place), at(from!, select(isLeft, left, right)));
        const step = i32.shl(isLeft, 2);
        fn.set(right, i32.add(right, i32.sub(wordBytes, step)));
        fn.set(left, i32.add(left, step));
        fn.set(place, i32.add(place, wordBytes));
      });
      fn.set(start, end);
    });
    for (const list of ["values", "indices"] as const) {
      const kept = fn.let(from![list]);
      fn.set(from![list], to![list]);
      fn.set(to![list], kept);
    }
    fn.set(run, i32.shl(run, 1));
  });
  return from!;
}

const topK: Kernel = ({ fn, scratch }, [x], [values, indices], { k }) => {
  const length = x!.shape.at(-1)!;
  const rows = sizeOf(x!.shape.slice(0, -1));
  if (rows * k === 0) return;
  const precedes = precedesOf[x!.dtype]!;
  const step = k * wordBytes;
  const bytes = length * wordBytes;
  const walks = [
    { start: x!.address, steps: [bytes] },
    { start: values!.address, steps: [step] },
    { start: indices!.address, steps: [step] },
  ];
  const isShort = k <= mostInserted;
  const lists = (): Lists => ({ values: i32.const(scratch(bytes)), indices: i32.const(scratch(bytes)) });
  const buffers = isShort ? undefined : ([lists(), lists()] as const);
  forEachPlace(fn, [rows], walks, ([line, toValues, toIndices]) =>
    fn.scope(() => {
      if (!buffers) {
        insertBest(fn, line!, length, k, { values: toValues!, indices: toIndices! }, precedes);
        return;
      }
      copyRun(fn, buffers[0].values, line!, length);
      fn.loop(length, (i) => fn.store(i32.add(buffers[0].indices, i32.shl(i, 2)), i));
      const sorted = mergeSort(fn, bytes, ...buffers, precedes);
      copyRun(fn, toValues!, sorted.values, k);
      copyRun(fn, toIndices!, sorted.indices, k);
    }),
  );
};

export const sortingKernels: Readonly<Record<string, Kernel>> = { topK };
