// Large products: B is copied, block by block, into strips that stay in the cache while A passes by.
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import { type Work, writeShared } from "../threads/regions.js";
import type { KernelContext } from "./kernel.js";
import type { Product } from "./productForm.js";
import { multiplyTile, type Tile } from "./productTile.js";
import { fillRun } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { evenly, forEachBlock, forEachPlace, wordBytes } from "./walks.js";

/** A strip has as many columns as a tile. */
const stripColumns = 8;
const stripBytes = stripColumns * wordBytes;
const stripsOf = (columns: number): number => Math.ceil(columns / stripColumns);
const tileRows = 4;
/** A strip of this depth fills half of a first-level cache of 32 KiB. */
const blockDepth = 512;
const blockColumns = 512;
/** Rows of A that pass by all strips of a block before the next ones come. */
const blockRows = 128;

/** Packing pays off when enough rows share it and the rows of B are far apart. */
export const wantsPacking = ({ rows, inner, columns, b }: Product): boolean =>
  rows >= 12 && columns >= stripColumns && inner * columns >= 16_384 && (columns >= 64 || b.column !== wordBytes);

/** Copying rows of A pays off when they are far from contiguous and many strips of B pass by them. */
const wantsPackedRows = ({ rows, inner, columns, a }: Product): boolean =>
  a.row === wordBytes && a.inner !== wordBytes && rows >= tileRows && inner >= 128 && columns >= 64;

const packedColumnBytes = ({ inner, columns }: Product): number =>
  Math.min(inner, blockDepth) * stripsOf(Math.min(columns, blockColumns)) * stripBytes;

/** Bytes from one packed group of rows to the next: no power of two, or neighbours would share a set of the cache. */
const groupBytes = (depth: number): number => (depth + 4) * tileRows * wordBytes;
const packedRowBytes = ({ rows, inner }: Product): number =>
  Math.ceil(rows / tileRows) * groupBytes(Math.min(inner, blockDepth));

export const packedBytes = (product: Product): number =>
  packedColumnBytes(product) + (wantsPackedRows(product) ? packedRowBytes(product) : 0);

interface Places {
  readonly a: I32;
  readonly b: I32;
  readonly c: I32;
  readonly scratch: I32;
}

/** What a multiplication and an addition take, with and without one instruction for both, and copying an element into a strip. */
const nanoseconds = { fused: 0.045, separate: 0.06, packed: 0.4 };

/** The strips of A and of B that meet in one block. */
const stepsOf = ({ rows, columns }: Pick<Product, "rows" | "columns">): number =>
  Math.ceil((rows - (rows % tileRows)) / blockRows) * stripsOf(columns);

/** What threads can share of a product. */
export const blocksWork = ({ rows, inner, columns }: Product, hasFma: boolean): Work => ({
  steps: stepsOf({ rows, columns }),
  nanoseconds: rows * inner * columns * (hasFma ? nanoseconds.fused : nanoseconds.separate),
});

/** Where the code goes; with regions, threads share it. */
type Context = Pick<KernelContext, "fn" | "regions">;

export function multiplyBlocked(context: Context, product: Product, { a, b, c, scratch }: Places): void {
  const { fn } = context;
  const { rows, inner, columns, cRow } = product;
  const depth = evenly(inner, blockDepth);
  const isAdded = product.isAdded || depth < inner;
  if (isAdded && !product.isAdded)
    forEachPlace(fn, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(fn, row!, 0, columns));
  forEachBlock(fn, columns, blockColumns, (column, width) =>
    forEachBlock(fn, inner, depth, (k, height) =>
      fn.scope(() => {
        const from = fn.let(i32.add(i32.add(b, i32.mul(column, product.b.column)), i32.mul(k, product.b.inner)));
        pack(context, product, { from, to: scratch, height, width });
        const left = fn.let(i32.add(a, i32.mul(k, product.a.inner)));
        const target = fn.let(i32.add(c, i32.mul(column, wordBytes)));
        const block: Product = { ...product, inner: height, columns: width, isAdded };
        if (wantsPackedRows(product)) {
          const group = groupBytes(height);
          const packed = fn.let(i32.add(scratch, packedColumnBytes(product)));
          packRows(context, block, left, packed, group);
          const a = { row: wordBytes, inner: tileRows * wordBytes };
          multiplyBlock(context, { ...block, a, group }, { a: packed, b: scratch, c: target });
        } else multiplyBlock(context, block, { a: left, b: scratch, c: target });
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

function pack(context: Context, { b }: Product, { from, to, height, width }: Packing): void {
  const whole = Math.floor(width / stripColumns);
  const strip = (fn: FunctionBuilder, i: I32, size: number, source: I32, packed: I32): void =>
    fn.scope(() => {
      const start = fn.let(i32.add(source, i32.mul(i, stripColumns * b.column)));
      const target = fn.let(i32.add(packed, i32.mul(i, height * stripBytes)));
      stridedCopy(fn, [height, size], { start, steps: [b.inner, b.column] }, { start: target, steps: [stripBytes, 4] });
    });
  const work = { steps: whole, nanoseconds: whole * stripColumns * height * nanoseconds.packed };
  writeShared(
    context,
    work,
    (fn, first, end, [source, packed]) =>
      fn.loop({ from: first, to: end }, (i) => strip(fn, i, stripColumns, source!, packed!)),
    [from, to],
  );
  if (width % stripColumns > 0) strip(context.fn, i32.const(whole), width % stripColumns, from, to);
}

/** Copies rows of A that are far from contiguous in groups of four, one column of a group after the other. */
function packRows(context: Context, { rows, inner, a }: Product, from: I32, to: I32, group: number): void {
  const groups = (fn: FunctionBuilder, i: I32, height: number, source: I32, target: I32): void =>
    fn.scope(() => {
      const start = fn.let(i32.add(source, i32.mul(i, blockRows * a.row)));
      const packed = fn.let(i32.add(target, i32.mul(i, (blockRows / tileRows) * group)));
      const copy = (first: number, sizes: readonly [number, number]): void =>
        stridedCopy(
          fn,
          [inner, ...sizes],
          { start: i32.add(start, first * a.row), steps: [a.inner, tileRows * a.row, a.row] },
          { start: i32.add(packed, (first / tileRows) * group), steps: [tileRows * wordBytes, group, wordBytes] },
        );
      const low = height % tileRows;
      copy(0, [(height - low) / tileRows, tileRows]);
      if (low > 0) copy(height - low, [1, low]);
    });
  const whole = Math.floor(rows / blockRows);
  const work = { steps: whole, nanoseconds: whole * blockRows * inner * nanoseconds.packed };
  writeShared(
    context,
    work,
    (fn, first, end, [source, target]) =>
      fn.loop({ from: first, to: end }, (i) => groups(fn, i, blockRows, source!, target!)),
    [from, to],
  );
  if (rows % blockRows > 0) groups(context.fn, i32.const(whole), rows % blockRows, from, to);
}

/** A product whose rows of A may come in groups of four that are so many bytes apart. */
type Grouped = Product & { readonly group?: number };

/** Bytes from one tile's rows of A to the next one's, by row. */
const rowStep = ({ a, group }: Grouped): number => (group === undefined ? a.row : group / tileRows);

/** All rows of A times one packed block. A step is a strip of it with up to `blockRows` rows, all strips before more rows. */
function multiplyBlock(context: Context, product: Grouped, { a, b, c }: Omit<Places, "scratch">): void {
  const { rows, inner, columns, cRow } = product;
  const strips = stripsOf(columns);
  const narrow = columns % stripColumns;
  const low = rows % tileRows;
  const whole = rows - low;
  writeShared(
    context,
    blocksWork(product, context.fn.hasFma),
    (fn, first, end, [ofA, ofB, ofC]) => {
      const strip = (height: number, width: number, row: I32, rowEnd: I32, index: I32): void =>
        fn.scope(() => {
          const call = stripFunction(fn, product, height, width);
          const left = i32.add(ofA!, i32.mul(row, rowStep(product)));
          const last = i32.add(ofA!, i32.mul(rowEnd, rowStep(product)));
          const packed = i32.add(ofB!, i32.mul(index, inner * stripBytes));
          const target = i32.add(i32.add(ofC!, i32.mul(row, cRow)), i32.mul(index, stripBytes));
          fn.call(call, left, last, packed, target, i32.const(inner * product.a.inner));
        });
      const block = (width: number, row: I32, index: I32): void =>
        fn.scope(() => {
          const last = fn.let(i32.add(row, blockRows));
          fn.set(last, select(i32.ltS(last, whole), last, i32.const(whole)));
          strip(tileRows, width, row, last, index);
          if (low > 0) fn.if(i32.eq(last, whole), () => strip(low, width, i32.const(whole), i32.const(rows), index));
        });
      fn.loop({ from: first, to: end }, (step) =>
        fn.scope(() => {
          const row = fn.let(i32.mul(i32.divU(step, strips), blockRows));
          const index = fn.let(i32.remU(step, strips));
          if (narrow === 0) block(stripColumns, row, index);
          else if (strips === 1) block(narrow, row, index);
          else
            fn.if(
              i32.eq(index, strips - 1),
              () => block(narrow, row, index),
              () => block(stripColumns, row, index),
            );
        }),
      );
    },
    [a, b, c],
  );
}

/** Tiles below each other: their own function, so that an engine can replace it by a better one during the first product. */
function stripFunction(fn: FunctionBuilder, product: Grouped, rows: number, columns: number) {
  const { a, cRow, isAdded } = product;
  const step = rows * rowStep(product);
  const tile: Tile = { rows, columns, aRow: a.row, aInner: a.inner, bInner: stripBytes, cRow, isAdded };
  const signature = { params: ["i32", "i32", "i32", "i32", "i32"] } as const;
  return fn.surroundings.helper(`strip ${step} ${JSON.stringify(tile)}`, signature, (own, first, end, b, to, depth) => {
    const body = own as unknown as FunctionBuilder;
    const [left, c] = [body.let(first), body.let(to)];
    body.while(i32.ltU(left, end), () =>
      body.scope(() => {
        multiplyTile(body, tile, { a: left, aEnd: body.let(i32.add(left, depth)), b, c });
        body.set(left, i32.add(left, step));
        body.set(c, i32.add(c, rows * cRow));
      }),
    );
  });
}
