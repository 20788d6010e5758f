// The innermost part of matrix products: a few rows times a few columns, held in registers.
import type { I32, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";

const lanes = 4;

/** Rows × columns of C that are computed together, and the steps in bytes between rows and along the inner axis. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly aRow: number;
  readonly aInner: number;
  readonly bInner: number;
  readonly cRow: number;
  /** Whether the product is added to what C holds. */
  readonly isAdded: boolean;
}

/** Pointers into A, B and C, and the end of A's inner axis. */
export interface TilePlaces {
  readonly a: I32;
  readonly aEnd: I32;
  readonly b: I32;
  readonly c: I32;
}

const cross = <T>(rows: number, columns: number, make: (row: number, column: number) => T): T[][] =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => make(row, column)));

/**
 * One tile. Eight vectors of C are what fits the sixteen registers of x64; nothing is unrolled, because engines then spill.
 */
export function multiplyTile(fn: FunctionBuilder, tile: Tile, { a, aEnd, b, c }: TilePlaces): void {
  const { rows, columns, aRow, aInner, bInner, cRow, isAdded } = tile;
  const vectors = Math.ceil(columns / lanes);
  fn.scope(() => {
    const [left, right] = [fn.let(a), fn.let(b)];
    const sums = cross(rows, vectors, (row, k) => fn.let(isAdded ? v128.load(c, row * cRow + 16 * k) : f32x4.const(0)));
    fn.while(i32.ltU(left, aEnd), () =>
      fn.scope(() => {
        const factors = Array.from({ length: vectors }, (_, k) => fn.let(v128.load(right, 16 * k)));
        sums.forEach((line, row) => {
          const factor = fn.let(v128.load32Splat(left, row * aRow));
          line.forEach((sum, k) => {
            fn.set(sum, f32x4.ma(factor, factors[k]!, sum));
          });
        });
        fn.set(left, i32.add(left, aInner));
        fn.set(right, i32.add(right, bInner));
      }),
    );
    sums.forEach((line, row) => {
      line.forEach((sum, k) => {
        storeLanes(fn, c, sum, Math.min(lanes, columns - lanes * k), row * cRow + 16 * k);
      });
    });
  });
}

/** Writes the first lanes of a vector and leaves what stands behind them alone. */
export function storeLanes(fn: FunctionBuilder, address: I32, vector: V128, count: number, offset = 0): void {
  if (count === lanes) fn.store(address, vector, offset);
  if (count === 2 || count === 3) fn.storeLane64(address, vector, 0, offset);
  if (count === 1 || count === 3) fn.storeLane32(address, vector, count - 1, offset + 4 * (count - 1));
}
