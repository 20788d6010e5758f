// Copies of words between arrays that are walked with different strides.
import type { I32, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import { v128 } from "../assembler/v128.js";
import { copyRun, forEachVector } from "./runs.js";
import { collapsed, forEachPlace, type Walk, wordBytes } from "./walks.js";

const lanes = 4;
/** Rows and columns that are transposed together: a line of the cache. */
const blockWords = 16;

/** Copies an array of the given sizes from one walk to another; they do not overlap. */
export function stridedCopy(fn: FunctionBuilder, shape: readonly number[], from: Walk, to: Walk): void {
  if (shape.includes(0)) return;
  const { sizes, walks } = collapsed(shape, [from, to]);
  const [source, target] = walks as [Walk, Walk];
  const last = sizes.length - 1;
  const outer = (axes: readonly number[]) => {
    const kept = sizes.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    return [
      kept.map((axis) => sizes[axis]!),
      walks.map(({ start, steps }) => ({ start, steps: kept.map((axis) => steps[axis]!) })),
    ] as const;
  };
  if (last >= 0 && target.steps[last] === wordBytes && Math.abs(source.steps[last]!) === wordBytes) {
    const copy = source.steps[last]! > 0 ? copyRun : copyReversed;
    forEachPlace(fn, ...outer([last]), ([a, b]) => copy(fn, b!, a!, sizes[last]!));
    return;
  }
  const along = (steps: readonly number[]): number =>
    steps.findIndex((step, axis) => step === wordBytes && sizes[axis]! >= lanes);
  const [row, column] = [along(target.steps), along(source.steps)];
  if (row >= 0 && column >= 0) {
    forEachPlace(fn, ...outer([row, column]), ([a, b]) =>
      transposeMatrix(fn, {
        columns: sizes[row]!,
        rows: sizes[column]!,
        from: a!,
        fromStep: source.steps[row]!,
        to: b!,
        toStep: target.steps[column]!,
      }),
    );
    return;
  }
  forEachPlace(fn, sizes, walks, ([a, b]) => fn.store(b!, i32.load(a!)));
}

/** Copies a run that goes down from its start. */
function copyReversed(fn: FunctionBuilder, to: I32, from: I32, count: number): void {
  forEachVector(
    fn,
    count,
    (at) => {
      const vector = fn.let(v128.load(i32.sub(i32.sub(from, at), (lanes - 1) * wordBytes)));
      fn.store(i32.add(to, at), v128.shuffle32(vector, vector, [3, 2, 1, 0]));
    },
    (at) => fn.store(i32.add(to, at), i32.load(i32.sub(from, at))),
  );
}

/** Rows and columns are the target's; words of a column are neighbours in the source, words of a row in the target. */
interface Transposition {
  readonly rows: number;
  readonly columns: number;
  readonly from: I32;
  readonly fromStep: number;
  readonly to: I32;
  readonly toStep: number;
}

function transposeMatrix(fn: FunctionBuilder, { rows, columns, from, fromStep, to, toStep }: Transposition): void {
  const [tiledRows, tiledColumns] = [rows - (rows % lanes), columns - (columns % lanes)];
  fn.scope(() =>
    fn.loop({ to: tiledColumns, step: blockWords }, (block) => {
      const end = fn.let(i32.add(block, blockWords));
      fn.set(end, select(i32.ltS(end, tiledColumns), end, i32.const(tiledColumns)));
      fn.loop({ to: tiledRows, step: lanes }, (row) => {
        const source = fn.let(i32.add(i32.add(from, i32.mul(row, wordBytes)), i32.mul(block, fromStep)));
        const target = fn.let(i32.add(i32.add(to, i32.mul(row, toStep)), i32.mul(block, wordBytes)));
        fn.loop({ from: block, to: end, step: lanes }, () => {
          transposeTile(fn, source, fromStep, target, toStep);
          fn.set(source, i32.add(source, lanes * fromStep));
          fn.set(target, i32.add(target, lanes * wordBytes));
        });
      });
    }),
  );
  const rest = (firstRow: number, firstColumn: number, height: number, width: number): void => {
    const source = i32.add(from, firstRow * wordBytes + firstColumn * fromStep);
    const target = i32.add(to, firstRow * toStep + firstColumn * wordBytes);
    const walks = [
      { start: source, steps: [wordBytes, fromStep] },
      { start: target, steps: [toStep, wordBytes] },
    ];
    forEachPlace(fn, [height, width], walks, ([a, b]) => fn.store(b!, i32.load(a!)));
  };
  rest(0, tiledColumns, rows, columns - tiledColumns);
  rest(tiledRows, 0, rows - tiledRows, tiledColumns);
}

function transposeTile(fn: FunctionBuilder, from: I32, fromStep: number, to: I32, toStep: number): void {
  const load = (k: number): V128 => fn.let(loadAt(from, k * fromStep));
  fn.scope(() => {
    const [a, b, c, d] = [load(0), load(1), load(2), load(3)] as const;
    const pairs = [
      fn.let(v128.shuffle32(a, b, [0, 4, 1, 5])),
      fn.let(v128.shuffle32(c, d, [0, 4, 1, 5])),
      fn.let(v128.shuffle32(a, b, [2, 6, 3, 7])),
      fn.let(v128.shuffle32(c, d, [2, 6, 3, 7])),
    ] as const;
    for (let k = 0; k < lanes; k++) {
      const [x, y] = k < 2 ? [pairs[0], pairs[1]] : [pairs[2], pairs[3]];
      storeAt(fn, to, k * toStep, v128.shuffle32(x, y, k % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]));
    }
  });
}

// Offsets of instructions are unsigned.
const loadAt = (from: I32, offset: number): V128 =>
  offset >= 0 ? v128.load(from, offset) : v128.load(i32.add(from, offset));

const storeAt = (fn: FunctionBuilder, to: I32, offset: number, value: V128): void =>
  offset >= 0 ? fn.store(to, value, offset) : fn.store(i32.add(to, offset), value);
