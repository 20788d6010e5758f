import { sizeOf } from "../../../util/shapes.js";
import type { F64, I32, V128 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import { f64 } from "../assembler/f64.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import { v128 } from "../assembler/v128.js";
import type { Kernel } from "./kernel.js";
import { forEachPlace, wordBytes } from "./walks.js";

const doubleBytes = 8;

/** Columns that are computed together. */
const blockOf = (n: number): number => (n <= 2 ? 2 : n <= 4 ? 4 : 8);

/** A factor U = Lᵀ in temporary memory, in double precision, its rows padded to whole blocks. */
interface Factor {
  readonly n: number;
  readonly address: number;
  readonly block: number;
  /** Bytes of a row. */
  readonly row: number;
}

/** U ← ½(A + Aᵀ) */
function symmetrize(fn: FunctionBuilder, a: I32, { n, address, row }: Factor): void {
  const walks = [
    { start: a, steps: [n * wordBytes, wordBytes] },
    { start: a, steps: [wordBytes, n * wordBytes] },
    { start: address, steps: [row, doubleBytes] },
  ];
  forEachPlace(fn, [n, n], walks, ([x, y, to]) => {
    const sum = f64.add(f64.promoteF32(f32.load(x!)), f64.promoteF32(f32.load(y!)));
    fn.store(to!, f64.mul(sum, 0.5));
  });
}

/** Row by row, U_j· ← (A_j· − Σ_{k<j} U_kj·U_k·)/U_jj from the diagonal on; whatever follows a bad pivot is NaN. */
function factorize(fn: FunctionBuilder, { n, address, block, row }: Factor): void {
  const walks = [
    { start: address, steps: [row] },
    { start: 0, steps: [doubleBytes] },
  ];
  forEachPlace(fn, [n], walks, ([start, offset]) => {
    const [line, diagonal] = [start!, offset!];
    const first = fn.let(i32.and(diagonal, -block * doubleBytes));
    fn.loop({ from: first, to: row, step: block * doubleBytes }, (column) =>
      fn.scope(() => subtractRows(fn, { line: line, diagonal, column, address, block, row })),
    );
    const pivot = fn.let(f64.load(i32.add(line, diagonal)));
    fn.set(pivot, select(f64.gt(pivot, 0), f64.sqrt(pivot), f64.const(Number.NaN)));
    const divisor = fn.let(f64x2.splat(pivot));
    fn.loop({ from: first, to: row, step: 2 * doubleBytes }, (column) => {
      const place = i32.add(line, column);
      fn.store(place, f64x2.div(v128.load(place), divisor));
    });
  });
}

interface Subtraction extends Pick<Factor, "address" | "block" | "row"> {
  readonly line: I32;
  /** Bytes from the start of a row. */
  readonly diagonal: I32;
  readonly column: I32;
}

function subtractRows(fn: FunctionBuilder, { line, diagonal, column, address, block, row }: Subtraction): void {
  const place = fn.let(i32.add(line, column));
  const rests = Array.from({ length: block / 2 }, (_, k) => fn.let(v128.load(place, 16 * k)));
  const above = fn.let(i32.add(column, address));
  const factors = fn.let(i32.add(diagonal, address));
  fn.while(i32.ltU(above, place), () =>
    fn.scope(() => {
      const factor: V128 = fn.let(v128.load64Splat(factors));
      rests.forEach((rest, k) => {
        fn.set(rest, f64x2.sub(rest, f64x2.mul(factor, v128.load(above, 16 * k))));
      });
      fn.set(above, i32.add(above, row));
      fn.set(factors, i32.add(factors, row));
    }),
  );
  rests.forEach((rest, k) => {
    fn.store(place, rest, 16 * k);
  });
}

/** Writes L, or NaN in all of its triangle if the last pivot is. */
function writeTransposed(fn: FunctionBuilder, out: I32, { n, address, row }: Factor): void {
  const last = f64.load(i32.const(address + (n - 1) * (row + doubleBytes)));
  const poison: F64 = fn.let(select(f64.eq(last, last), f64.const(0), f64.const(Number.NaN)));
  fn.loop(n, (i) => {
    const to = fn.let(i32.add(out, i32.mul(i, n * wordBytes)));
    const from = fn.let(i32.add(i32.mul(i, doubleBytes), address));
    fn.loop(n, (j) => {
      fn.if(
        i32.leU(j, i),
        () => fn.store(to, f32.demoteF64(f64.add(f64.load(from), poison))),
        () => fn.store(to, f32.const(0)),
      );
      fn.set(to, i32.add(to, wordBytes));
      fn.set(from, i32.add(from, row));
    });
  });
}

export const cholesky: Kernel = ({ fn, scratch }, [a], [out]) => {
  const n = a!.shape.at(-1)!;
  if (sizeOf(a!.shape) === 0) return;
  const block = blockOf(n);
  const row = Math.ceil(n / block) * block * doubleBytes;
  const factor: Factor = { n, block, row, address: scratch(n * row) };
  const steps = [n * n * wordBytes];
  const walks = [a!, out!].map(({ address }) => ({ start: address, steps }));
  forEachPlace(fn, [sizeOf(a!.shape.slice(0, -2))], walks, ([from, to]) => {
    symmetrize(fn, from!, factor);
    factorize(fn, factor);
    writeTransposed(fn, to!, factor);
  });
};
