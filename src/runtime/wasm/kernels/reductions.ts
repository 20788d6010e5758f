// Reductions over any axes. Sums are kept in several accumulators and added up block by block, never as one running sum.
import { sizeOf } from "../../../util/shapes.js";
import type { I32, Local, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { writeShared } from "../threads/regions.js";
import { type Accumulators, fresh, inBlocks, termsOf } from "./accumulators.js";
import { type ColumnFold, foldColumns } from "./columnFold.js";
import type { Fold } from "./fold.js";
import type { Kernel, KernelContext, Operand } from "./kernel.js";
import { inSharedBlocks, type Sharing } from "./sharedBlocks.js";

/** Positions and sizes of the kept and the reduced axes, neighbours of one kind joined. */
interface Axes {
  readonly kept: readonly (readonly [size: number, stride: number])[];
  readonly reduced: readonly (readonly [size: number, stride: number])[];
}

function axesOf({ shape }: Operand, axes: readonly number[]): Axes {
  const kept: [number, number][] = [];
  const reduced: [number, number][] = [];
  let stride = 1;
  let last: [number, number][] | undefined;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const list = axes.includes(axis) ? reduced : kept;
    const size = shape[axis]!;
    if (size !== 1) {
      if (last === list) list[0]![0] *= size;
      else list.unshift([size, stride]);
      last = list;
    }
    stride *= size;
  }
  return { kept, reduced };
}

/** All lanes joined into every lane. */
export function foldLanes(fn: FunctionBuilder, { join }: Fold, x: V128): Local<"v128"> {
  const half = fn.let(join(x, v128.shuffle32(x, x, [2, 3, 0, 1])));
  return fn.let(join(half, v128.shuffle32(half, half, [1, 0, 3, 2])));
}

/** x where the lane is below `count`, the neutral element elsewhere. */
export const maskedTo = ({ neutral }: Fold, x: V128, count: number): V128 =>
  count >= 4 ? x : v128.bitselect(x, neutral, i32x4.const([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)) as Four));
type Four = [number, number, number, number];

/** Nested loops over axes; the body gets the byte offset. */
function nest(
  fn: FunctionBuilder,
  axes: readonly (readonly [number, number])[],
  offset: I32,
  body: (at: I32) => void,
): void {
  const [first, ...rest] = axes;
  if (!first) {
    body(offset);
    return;
  }
  const [size, stride] = first;
  fn.loop(size, (i) => fn.scope(() => nest(fn, rest, fn.let(i32.add(offset, i32.mul(i, 4 * stride))), body)));
}

/** What an element takes: most of it is reading. */
const nanosecondsEach = 0.15;

/** Folds `input` over axes into `output`. */
export function emitFold(
  context: KernelContext,
  fold: Fold,
  input: Operand,
  output: Operand,
  axes: readonly number[],
): void {
  const { fn } = context;
  const { kept, reduced } = axesOf(input, axes);
  const { neutral, join, map = (_, x) => x } = fold;
  if (sizeOf(output.shape) === 0) return;
  const target = fn.let(i32.const(0));
  if (sizeOf(input.shape) === 0) {
    fn.loop({ to: 4 * sizeOf(output.shape), step: 4 }, (at) => fn.storeLane32(at, neutral, 0, output.address));
    return;
  }
  const innermostIsKept = (kept.at(-1)?.[1] ?? 0) === 1;
  if (innermostIsKept) {
    const [length] = kept.at(-1)!;
    const [rows, stride] = reduced.at(-1) ?? [1, 0];
    const columns: ColumnFold = {
      neutral,
      join,
      load: (offset, further) => map(fn, fn.let(v128.load(offset, input.address + further))),
      above: (from, body) => nest(fn, reduced.slice(0, -1), from, body),
    };
    nest(fn, kept.slice(0, -1), i32.const(0), (row) => {
      foldColumns(fn, columns, row, { rows, stride: 4 * stride, length }, (column, value, further) =>
        fn.store(i32.add(target, column), value, output.address + further),
      );
      fn.set(target, i32.add(target, 4 * length));
    });
    return;
  }
  const [length] = reduced.at(-1) ?? [1, 1];
  if (kept.length === 0 && reduced.length <= 1) {
    const total = fresh(fn, fold, 1);
    foldRow(context, i32.const(0), length, input.address, total);
    fn.storeLane32(target, foldLanes(fn, fold, total.locals[0]!), 0, output.address);
    return;
  }
  const store = (to: FunctionBuilder, row: I32, at: I32): void => {
    const total = fresh(to, fold, 1);
    foldRows(to, reduced.slice(0, -1), row, total, (from, own) =>
      foldRow({ fn: to }, from, length, input.address, own),
    );
    to.storeLane32(at, foldLanes(to, fold, total.locals[0]!), 0, output.address);
  };
  const [outermost, ...others] = kept;
  const [rows, stride] = outermost ?? [1, 0];
  const results = sizeOf(others.map(([size]) => size));
  writeShared(context, { steps: rows, nanoseconds: sizeOf(input.shape) * nanosecondsEach }, (own, from, to) =>
    own.loop({ from, to }, (i) =>
      own.scope(() => {
        const at = own.let(i32.mul(i, 4 * results));
        nest(own, others, own.let(i32.mul(i, 4 * stride)), (row) => {
          store(own, row, at);
          own.set(at, i32.add(at, 4));
        });
      }),
    ),
  );
}

/** Loops over axes that are folded over, in blocks; the body adds the terms of a row. */
function foldRows(
  fn: FunctionBuilder,
  axes: readonly (readonly [size: number, stride: number])[],
  offset: I32,
  total: Accumulators,
  add: (at: I32, own: Accumulators) => void,
): void {
  const [first, ...rest] = axes;
  if (!first) {
    add(offset, total);
    return;
  }
  const [size, stride] = first;
  const inner = rest.reduceRight((terms, [count]) => termsOf(count, terms), 1);
  inBlocks(fn, { count: size }, inner, [total], (from, to, [own]) =>
    fn.loop({ from, to }, (i) =>
      fn.scope(() => foldRows(fn, rest, fn.let(i32.add(offset, i32.mul(i, 4 * stride))), own!, add)),
    ),
  );
}

/** Folds a contiguous row (at a number known now, if threads are to share it), with four accumulators: one alone waits for its last addition. */
function foldRow(context: Sharing, start: I32, length: number, address: number, total: Accumulators): void {
  const { fn } = context;
  const { fold } = total;
  const { join, map = (_, x) => x } = fold;
  const sum = total.locals[0]!;
  const load = (to: FunctionBuilder, offset: I32 | number, further: number): V128 =>
    map(to, to.let(v128.load(i32.add(start, offset), address + further)));
  const quads = Math.floor(length / 16);
  if (quads > 0)
    fn.scope(() => {
      const four = fresh(fn, fold, 4);
      const work = { count: quads, nanoseconds: length * nanosecondsEach };
      inSharedBlocks(context, work, [four], (inside, first, end, [own]) => {
        const [from, to] = [first, end].map((position) =>
          typeof position === "number" ? 64 * position : inside.let(i32.shl(position, 6)),
        );
        inside.loop({ from: from!, to: to!, step: 64 }, (offset) =>
          inside.scope(() => {
            for (const [k, local] of own!.locals.entries())
              inside.set(local, join(local, load(inside, offset, 16 * k)));
          }),
        );
      });
      const [a, b, c, d] = four.locals;
      fn.set(sum, join(sum, join(join(a!, b!), join(c!, d!))));
    });
  for (let from = 16 * quads; from < length; from += 4)
    fn.set(sum, join(sum, maskedTo(fold, load(fn, 4 * from, 0), length - from)));
}

const floatFolds: Readonly<Record<string, Fold>> = {
  reduceSum: { neutral: f32x4.const(0), join: f32x4.add },
  reduceProd: { neutral: f32x4.const(1), join: f32x4.mul },
  reduceMax: { neutral: f32x4.const(Number.NEGATIVE_INFINITY), join: f32x4.max },
  reduceMin: { neutral: f32x4.const(Number.POSITIVE_INFINITY), join: f32x4.min },
};
const integerFolds: Readonly<Record<string, Fold>> = {
  reduceSum: { neutral: i32x4.const(0), join: i32x4.add },
  reduceProd: { neutral: i32x4.const(1), join: i32x4.mul },
  reduceMax: { neutral: i32x4.const(-(2 ** 31)), join: i32x4.maxS },
  reduceMin: { neutral: i32x4.const(2 ** 31 - 1), join: i32x4.minS },
};
const maskFolds: Readonly<Record<string, Fold>> = {
  // a mask counts as −1
  reduceSum: { neutral: i32x4.const(0), join: i32x4.add, map: (_, x) => i32x4.neg(x) },
  reduceAny: { neutral: i32x4.const(0), join: v128.or },
  reduceAll: { neutral: i32x4.const(-1), join: v128.and },
};

/** The fold of a reduction, or undefined if the primitive is none for this dtype. */
export const foldOf = (name: string, { dtype }: Pick<Operand, "dtype">): Fold | undefined =>
  (dtype === "float32" ? floatFolds : dtype === "int32" ? integerFolds : maskFolds)[name];

export const reduction =
  (name: string): Kernel =>
  (context, [input], [output], { axes }) =>
    emitFold(context, foldOf(name, input!)!, input!, output!, axes);
