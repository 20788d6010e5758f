// Large products: B is copied, block by block, into strips that stay in the cache while A passes by.
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import type { Product } from "./productForm.js";
import { multiplyTile, type Tile } from "./productTile.js";
import { fillRun } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { evenly, forEachBlock, forEachPlace, wordBytes } from "./walks.js";

/** A strip has as many columns as a tile. */
const stripColumns = 8;
const stripBytes = stripColumns * wordBytes;
const tileRows = 4;
/** A strip of this depth fills half of a first-level cache of 32 KiB. */
const blockDepth = 512;
const blockColumns = 512;
/** Rows of A that pass by all strips of a block before the next ones come. */
const blockRows = 128;

/** Packing pays off when many rows share it and the rows of B are far apart. */
export const wantsPacking = ({ rows, inner, columns, b }: Product): boolean =>
  rows >= 32 && columns >= stripColumns && inner * columns >= 16_384 && (columns >= 64 || b.column !== wordBytes);

const stripsOf = (columns: number): number => Math.ceil(columns / stripColumns);

export const packedBytes = ({ inner, columns }: Product): number =>
  Math.min(inner, blockDepth) * stripsOf(Math.min(columns, blockColumns)) * stripBytes;

interface Places {
  readonly a: I32;
  readonly b: I32;
  readonly c: I32;
  readonly scratch: I32;
}

export function multiplyBlocked(fn: FunctionBuilder, product: Product, { a, b, c, scratch }: Places): void {
  const { rows, inner, columns, cRow } = product;
  const depth = evenly(inner, blockDepth);
  const isAdded = product.isAdded || depth < inner;
  if (isAdded && !product.isAdded)
    forEachPlace(fn, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(fn, row!, 0, columns));
  forEachBlock(fn, columns, blockColumns, (column, width) =>
    forEachBlock(fn, inner, depth, (k, height) =>
      fn.scope(() => {
        const from = fn.let(i32.add(i32.add(b, i32.mul(column, product.b.column)), i32.mul(k, product.b.inner)));
        pack(fn, product, { from, to: scratch, height, width });
        const left = fn.let(i32.add(a, i32.mul(k, product.a.inner)));
        const target = fn.let(i32.add(c, i32.mul(column, wordBytes)));
        const block: Product = { ...product, inner: height, columns: width, isAdded };
        multiplyBlock(fn, block, { a: left, b: scratch, c: target });
      }),
    ),
  );
}

interface Packing {
  readonly from: I32;
  readonly to: I32;
  readonly height: number;
  readonly width: number;
}

function pack(fn: FunctionBuilder, { b }: Product, { from, to, height, width }: Packing): void {
  const strip = (at: I32, size: number): void => {
    const start = fn.let(i32.add(from, i32.mul(at, b.column)));
    // `at` columns stand before this strip in all rows.
    const target = fn.let(i32.add(to, i32.mul(at, height * wordBytes)));
    stridedCopy(fn, [height, size], { start, steps: [b.inner, b.column] }, { start: target, steps: [stripBytes, 4] });
  };
  forEachBlock(fn, width, stripColumns, (at, size) => fn.scope(() => strip(at, size)));
}

/** All rows of A times one packed block. */
function multiplyBlock(fn: FunctionBuilder, product: Product, { a, b, c }: Omit<Places, "scratch">): void {
  const { rows, inner, columns, cRow } = product;
  const rest = rows % tileRows;
  const whole = rows - rest;
  const strip = (height: number, width: number, row: I32, rowEnd: I32, column: I32): void =>
    fn.scope(() => {
      const call = stripFunction(fn, product, height, width);
      const left = i32.add(a, i32.mul(row, product.a.row));
      const end = i32.add(a, i32.mul(rowEnd, product.a.row));
      const strips = i32.add(b, i32.mul(column, inner * wordBytes));
      const target = i32.add(i32.add(c, i32.mul(row, cRow)), i32.mul(column, wordBytes));
      fn.call(call, left, end, strips, target, i32.const(inner * product.a.inner));
    });
  fn.loop({ to: whole, step: blockRows }, (row) => {
    const last = fn.let(i32.add(row, blockRows));
    fn.set(last, select(i32.ltS(last, whole), last, i32.const(whole)));
    forEachBlock(fn, columns, stripColumns, (column, width) => strip(tileRows, width, row, last, column));
  });
  if (rest > 0)
    forEachBlock(fn, columns, stripColumns, (column, width) =>
      strip(rest, width, i32.const(whole), i32.const(rows), column),
    );
}

/** Tiles below each other: their own function, so that an engine can replace it by a better one during the first product. */
function stripFunction(fn: FunctionBuilder, { a, cRow, isAdded }: Product, rows: number, columns: number) {
  const tile: Tile = { rows, columns, aRow: a.row, aInner: a.inner, bInner: stripBytes, cRow, isAdded };
  const signature = { params: ["i32", "i32", "i32", "i32", "i32"] } as const;
  return fn.surroundings.helper(`strip ${JSON.stringify(tile)}`, signature, (own, first, end, b, to, depth) => {
    const body = own as unknown as FunctionBuilder;
    const [left, c] = [body.let(first), body.let(to)];
    body.while(i32.ltU(left, end), () =>
      body.scope(() => {
        multiplyTile(body, tile, { a: left, aEnd: body.let(i32.add(left, depth)), b, c });
        body.set(left, i32.add(left, rows * a.row));
        body.set(c, i32.add(c, rows * cRow));
      }),
    );
  });
}
