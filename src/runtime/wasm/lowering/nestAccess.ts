// Values in memory, seen from inside a nest: where their elements are, and how four lanes of them are read and written.
import type { Variable } from "../../../ir/program.js";
import { sameShape, stridesOf } from "../../../util/shapes.js";
import type { I32, Local, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import type { Axes, Nest } from "./nest.js";
import { transpose4 } from "./transpose4.js";

type Fn = FunctionBuilder<readonly [], undefined>;
type Vector = Local<"v128">;

/** A value in memory; strides count elements. */
export interface Access {
  readonly address: number;
  /** Along the nest's loops; 0 where the value repeats. */
  readonly loops: readonly number[];
  /** The value's unrolled axes, from outside to inside, and the strides along them. */
  readonly unrolled: readonly (readonly [axis: number, stride: number])[];
}

/** Positions along the unrolled axes, by the axes' numbers. */
export type At = readonly number[];

/** All positions along some unrolled axes, the others as they are. */
export function positionsAlong(axes: readonly number[], sizes: readonly number[], at: At): At[] {
  let positions: At[] = [at];
  for (const axis of axes)
    positions = positions.flatMap((each) => Array.from({ length: sizes[axis]! }, (_, i) => each.with(axis, i)));
  return positions;
}

export function accessTo({ shape }: Variable, axes: Axes, address: number, { loops }: Nest): Access {
  const strides = stridesOf(shape);
  return {
    address,
    loops: loops.map((loop) => (axes.includes(loop) ? strides[axes.indexOf(loop)]! : 0)),
    unrolled: axes.flatMap((axis, i) =>
      axis === undefined || loops.includes(axis) ? [] : [[axis, strides[i]!] as const],
    ),
  };
}

/**
 * Whether the nest may write one of its results over a value that it reads: where both are run through in the same order.
 * `sourceOf` gives the value that another one is a reshaped form of.
 */
export function mayOverwrite(
  nest: Nest,
  output: Variable,
  input: Variable,
  sourceOf: (variable: Variable) => Variable,
): boolean {
  const step = nest.steps.find(({ equation }) => equation.outputs[0] === output);
  if (!step || step.isExit) return false;
  const target = accessTo(output, step.output, 0, nest);
  return nest.steps.every(({ equation, operands }) =>
    equation.inputs.every(
      (each, i) => sourceOf(each) !== input || isSameAccess(accessTo(each, operands[i]!, 0, nest), target),
    ),
  );
}

/** Whether two accesses run through their memory in the same order. */
export const isSameAccess = (x: Access, y: Access): boolean =>
  sameShape(x.loops, y.loops) &&
  x.unrolled.length === y.unrolled.length &&
  x.unrolled.every((each, i) => sameShape(each, y.unrolled[i]!));

/** Four neighbours along the lane axis, or fewer at its end. */
export interface Chunk {
  readonly fn: Fn;
  /** Bytes from a value's start to the row that the outer loops are at. */
  readonly rowOf: (access: Access) => I32 | undefined;
  /** Four times the position along the lane axis, as far as it is known only at run time. */
  readonly lane: I32 | undefined;
  /** The rest of the position. */
  readonly from: number;
  readonly count: number;
  /** Offsets computed so far, by what they are made of. */
  readonly offsets: Map<string, I32>;
}

interface Position {
  readonly moving: I32 | number;
  readonly fixed: number;
}

/** The position of the first lane's element, or of another lane's. */
function positionOf(chunk: Chunk, access: Access, unrolled: number, lane = 0): Position {
  const { fn, offsets } = chunk;
  const stride = access.loops.at(-1)!;
  const fixed = access.address + 4 * ((chunk.from + lane) * stride + unrolled);
  const row = chunk.rowOf(access);
  if (!chunk.lane || stride === 0) return { moving: row ?? 0, fixed };
  if (!row && stride === 1) return { moving: chunk.lane, fixed };
  const key = access.loops.join();
  const known = offsets.get(key);
  if (known) return { moving: known, fixed };
  const along = stride === 1 ? chunk.lane : i32.mul(chunk.lane, stride);
  const moving = fn.let(row ? i32.add(row, along) : along);
  offsets.set(key, moving);
  return { moving, fixed };
}

export const offsetAt = ({ unrolled }: Access, at: At): number =>
  unrolled.reduce((sum, [axis, stride]) => sum + at[axis]! * stride, 0);

/** Elements behind each other in memory, of an unrolled axis: they are read and written as rows of four. */
function rowAxis({ loops, unrolled }: Access): number | undefined {
  return loops.at(-1)! > 1 ? unrolled.find(([, stride]) => stride === 1)?.[0] : undefined;
}

/** Loads the element `at` of four lanes, and with it others that are at hand: calls `found` for each. */
export function loadLanes(
  chunk: Chunk,
  access: Access,
  at: At,
  sizes: readonly number[],
  found: (at: At, value: Vector) => void,
): void {
  const { fn, count } = chunk;
  const stride = access.loops.at(-1)!;
  const offset = offsetAt(access, at);
  // behind the end of the axis, lanes read its last element again
  const position = (lane: number, unrolled: number) =>
    positionOf(chunk, access, unrolled, Math.min(lane, stride > 1 ? count - 1 : 3));
  const load = ({ moving, fixed }: Position): Vector => fn.let(v128.load(moving, fixed));
  if (stride === 0) {
    const { moving, fixed } = position(0, offset);
    found(at, fn.let(v128.load32Splat(moving, fixed)));
    return;
  }
  if (stride === 1) {
    found(at, load(position(0, offset)));
    return;
  }
  const axis = rowAxis(access);
  if (axis === undefined) {
    const { moving, fixed } = position(0, offset);
    const start: V128 = v128.load32Splat(moving, fixed);
    const others = [1, 2, 3].map((lane) => position(lane, offset));
    found(at, fn.let(others.reduce((x, each, i) => i32x4.replaceLane(x, i + 1, loadWord(each)), start)));
    return;
  }
  const size = sizes[axis]!;
  if (stride === 2 && size === 2) {
    const first = load(positionOf(chunk, access, offset - at[axis]!));
    const second = load(positionOf(chunk, access, offset - at[axis]!, count > 2 ? 2 : 0));
    found(at.with(axis, 0), fn.let(v128.shuffle32(first, second, [0, 2, 4, 6])));
    found(at.with(axis, 1), fn.let(v128.shuffle32(first, second, [1, 3, 5, 7])));
    return;
  }
  const start = at[axis]! - (at[axis]! % 4);
  const rows = [0, 1, 2, 3].map((lane) => load(position(lane, offset - at[axis]! + start)));
  for (const [i, value] of transpose4(fn, rows, Math.min(4, size - start)).entries())
    found(at.with(axis, start + i), value);
}

const loadWord = ({ moving, fixed }: Position): I32 => i32.load(moving, fixed);

/** Elements that are stored together: up to four along the axis whose elements are neighbours in memory. */
export function storeGroups(access: Access, sizes: readonly number[]): At[][] {
  const axis = rowAxis(access);
  let groups: At[][] = [[new Array<number>(sizes.length).fill(0)]];
  for (const [each] of access.unrolled) {
    const parts: number[][] = Array.from(
      { length: each === axis ? Math.ceil(sizes[each]! / 4) : sizes[each]! },
      (_, i) => (each === axis ? [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3].filter((k) => k < sizes[each]!) : [i]),
    );
    groups = groups.flatMap((group) => parts.map((part) => group.flatMap((at) => part.map((i) => at.with(each, i)))));
  }
  return groups;
}

/** Writes one group of elements of four lanes. */
export function storeLanes(chunk: Chunk, access: Access, group: readonly At[], values: readonly Vector[]): void {
  const { fn, count } = chunk;
  const stride = access.loops.at(-1)!;
  const offset = offsetAt(access, group[0]!);
  if (stride === 1) {
    storePart(fn, positionOf(chunk, access, offset), values[0]!, 0, count);
    return;
  }
  if (values.length === 1) {
    for (let lane = 0; lane < count; lane++)
      storePart(fn, positionOf(chunk, access, offset, lane), values[0]!, lane, 1);
    return;
  }
  const padded = [0, 1, 2, 3].map((i) => values[Math.min(i, values.length - 1)]!);
  for (const [lane, row] of transpose4(fn, padded, count).entries())
    storePart(fn, positionOf(chunk, access, offset, lane), row, 0, values.length);
}

/** Writes `count` lanes from `first` on. */
function storePart(fn: Fn, { moving, fixed }: Position, value: Vector, first: number, count: number): void {
  if (count === 4) fn.store(moving, value, fixed);
  else if (count === 1) fn.storeLane32(moving, value, first, fixed);
  else fn.storeLane64(moving, value, 0, fixed);
  if (count === 3) fn.storeLane32(moving, value, 2, fixed + 8);
}
