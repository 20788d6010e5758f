// Products whose B is read where it stands, row by row: thin ones, and small ones.
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Product } from "./productForm.js";
import { multiplyTile, type Tile } from "./productTile.js";
import { fillRun } from "./runs.js";
import { evenly, forEachBlock, forEachPlace, wordBytes } from "./walks.js";

/** Half of a first-level cache: what the rows of a block take in A and B. */
const blockBytes = 16_384;
const shallowest = 16;

/** How much of the inner axis goes by at once, so that what is read of A and B is still in the cache when it is read again. */
function depthOf({ rows, inner, columns, a }: Product): number {
  const bytes = (columns + (a.inner === wordBytes ? 0 : rows)) * wordBytes;
  const most = Math.max(shallowest, Math.floor(blockBytes / bytes));
  return inner <= 1.5 * most ? inner : evenly(inner, most, 4);
}

/** C = A·B where B's rows are contiguous. */
export function multiplyRows(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { rows, inner, columns, cRow } = product;
  const depth = depthOf(product);
  if (depth === inner) {
    multiplyBlock(fn, product, a, b, c);
    return;
  }
  if (!product.isAdded)
    forEachPlace(fn, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(fn, row!, 0, columns));
  forEachBlock(fn, inner, depth, (k, height) =>
    fn.scope(() => {
      const along = (start: I32, step: number): I32 => fn.let(i32.add(start, i32.mul(k, step)));
      const block: Product = { ...product, inner: height, isAdded: true };
      multiplyBlock(fn, block, along(a, product.a.inner), along(b, product.b.inner), c);
    }),
  );
}

/** Vectors of a row of the tile by its rows: eight vectors in all, except for three rows. */
const vectorsOf = [0, 8, 4, 2, 2] as const;

/** Rows of a tile with a single vector of columns; more would not fit the registers together with their factors. */
const tallest = 6;

/** Rows of A that pass by all strips of columns before the next ones come. */
const rowsInCache = ({ rows, inner, columns }: Product): number => {
  const most = Math.max(8, 8 * Math.floor(blockBytes / (8 * inner * wordBytes)));
  return columns <= 8 || rows * inner * wordBytes <= 8 * blockBytes ? rows : most;
};

function multiplyBlock(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  forEachBlock(fn, product.rows, rowsInCache(product), (row, rows) =>
    fn.scope(() => {
      const from = fn.let(i32.add(a, i32.mul(row, product.a.row)));
      const to = fn.let(i32.add(c, i32.mul(row, product.cRow)));
      multiplyInTiles(fn, { ...product, rows }, from, b, to);
    }),
  );
}

function multiplyInTiles(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { rows, inner, columns, cRow, isAdded } = product;
  const { row: aRow, inner: aInner } = product.a;
  const tile = (height: number, width: number, row: I32, column: I32): void => {
    const form: Tile = { rows: height, columns: width, aRow, aInner, bInner: product.b.inner, cRow, isAdded };
    fn.scope(() => {
      const left = fn.let(i32.add(a, i32.mul(row, aRow)));
      const across = fn.let(i32.mul(column, wordBytes));
      multiplyTile(fn, form, {
        a: left,
        aEnd: fn.let(i32.add(left, inner * aInner)),
        b: i32.add(b, across),
        c: fn.let(i32.add(i32.add(c, i32.mul(row, cRow)), across)),
      });
    });
  };
  /** Tiles of some rows below each other, in a strip of columns. */
  const down = (height: number, from: number, to: number, width: number, column: I32): void => {
    if (from < to) fn.loop({ from, to, step: height }, (row) => tile(height, width, row, column));
  };
  const lines = (height: number, from: number, to: number): void => {
    if (from === to) return;
    const strip = 4 * vectorsOf[height]!;
    const rest = columns % strip;
    fn.loop({ to: columns - rest, step: strip }, (column) => down(height, from, to, strip, column));
    if (rest === 0) return;
    // a single vector of columns leaves registers for more rows
    const tall = height === 4 && rest <= 4 ? to - ((to - from) % tallest) : from;
    down(tallest, from, tall, rest, i32.const(columns - rest));
    const left = (to - tall) % height === 0 ? height : 2;
    down(left, tall, to, rest, i32.const(columns - rest));
  };
  const rest = rows % 4;
  lines(4, 0, rows - rest);
  if (rest > 0) lines(rest, rows - rest, rows);
}
