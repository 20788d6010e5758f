// Products of two matrices in memory, each as a function of the module.
import type { I32 } from "../assembler/expression.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { KernelContext } from "./kernel.js";
import { multiplyBlocked, packedBytes, wantsPacking } from "./productBlocks.js";
import type { Product } from "./productForm.js";
import { multiplyTile, multiplyVector, type Tile } from "./productTile.js";
import { fillRun } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { forEachPlace, wordBytes } from "./walks.js";

const signature = { params: ["i32", "i32", "i32", "i32"] } as const;
type Multiply = Callable<typeof signature.params>;

/** The same product with the operands exchanged, Cᵀ = Bᵀ·Aᵀ, where that has the better form for vectors. */
function isBetterTransposed({ rows, columns, a, b }: Product): boolean {
  if (columns === 1 && rows > 1) return a.inner !== wordBytes && a.row === wordBytes;
  return rows === 1 && columns > 1 && b.column !== wordBytes && b.inner === wordBytes;
}

/** A vector of results is contiguous in both readings. */
const transposed = ({ dtype, rows, inner, columns, a, b, isAdded }: Product): Product => ({
  dtype,
  rows: columns,
  inner,
  columns: rows,
  a: { row: b.column, inner: b.inner },
  b: { inner: a.inner, column: a.row },
  cRow: wordBytes,
  isAdded,
});

const isVector = ({ columns, a, b }: Product): boolean =>
  columns === 1 && a.inner === wordBytes && b.inner === wordBytes;

/** Bytes of temporary memory that a product needs. */
export function productScratch(product: Product): number {
  if (isVector(product) || isBetterTransposed(product)) return 0;
  if (wantsPacking(product)) return packedBytes(product);
  return product.b.column === wordBytes ? 0 : product.inner * product.columns * wordBytes;
}

/** A way to write products of this form: the code stands in the module once. */
export function productOf({ fn, scratch }: KernelContext, product: Product): (a: I32, b: I32, c: I32) => void {
  const bytes = productScratch(product);
  const temporary = i32.const(bytes > 0 ? scratch(bytes) : 0);
  const isExchanged = isBetterTransposed(product);
  const multiply = functionOf(fn, isExchanged ? transposed(product) : product);
  return (a, b, c) => fn.call(multiply, isExchanged ? b : a, isExchanged ? a : b, c, temporary);
}

function functionOf(fn: FunctionBuilder, product: Product): Multiply {
  return fn.surroundings.helper(`product ${JSON.stringify(product)}`, signature, (own, a, b, c, scratch) => {
    // Functions differ in their types, but not in what can be written.
    const body = own as unknown as FunctionBuilder;
    const { rows, inner, columns, cRow, isAdded } = product;
    if (inner === 0) {
      if (!isAdded)
        forEachPlace(body, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(body, row!, 0, columns));
    } else if (product.dtype !== "float32") multiplyIntegers(body, product, a, b, c);
    else if (isVector(product)) multiplyByVector(body, product, a, b, c);
    else if (wantsPacking(product)) multiplyBlocked(body, product, { a, b, c, scratch });
    else multiplyPlainly(body, product, a, withContiguousRows(body, product, b, scratch), c);
  });
}

function multiplyByVector(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { rows, inner, isAdded } = product;
  const aRow = product.a.row;
  const rest = rows % 4;
  fn.loop({ to: rows - rest, step: 4 }, (row) => {
    const places = { a: i32.add(a, i32.mul(row, aRow)), b, c: i32.add(c, i32.mul(row, wordBytes)) };
    multiplyVector(fn, { rows: 4, inner, aRow, isAdded }, places);
  });
  if (rest === 0) return;
  const done = rows - rest;
  const places = { a: i32.add(a, done * aRow), b, c: i32.add(c, done * wordBytes) };
  multiplyVector(fn, { rows: rest, inner, aRow, isAdded }, places);
}

/** B itself if its rows are contiguous, else a copy of which that is true. */
function withContiguousRows(fn: FunctionBuilder, { inner, columns, b }: Product, start: I32, scratch: I32) {
  if (b.column === wordBytes) return { start, step: b.inner };
  const step = columns * wordBytes;
  const from = { start, steps: [b.inner, b.column] };
  stridedCopy(fn, [inner, columns], from, { start: scratch, steps: [step, wordBytes] });
  return { start: scratch, step };
}

/** Vectors of a row of the tile by its rows: eight vectors in all, except for three rows. */
const vectorsOf = [0, 8, 4, 2, 2] as const;

/** Tile by tile, reading A and B where they stand. */
function multiplyPlainly(
  fn: FunctionBuilder,
  { rows, inner, columns, a: { row: aRow, inner: aInner }, cRow, isAdded }: Product,
  a: I32,
  b: { start: I32; step: number },
  c: I32,
): void {
  const depth = inner * aInner;
  const strip = (tileRows: number, width: number, fromRow: I32, fromColumn: I32): void => {
    const tile: Tile = { rows: tileRows, columns: width, aRow, aInner, bInner: b.step, cRow, isAdded };
    fn.scope(() => {
      const left = fn.let(i32.add(a, i32.mul(fromRow, aRow)));
      const column = fn.let(i32.mul(fromColumn, wordBytes));
      multiplyTile(fn, tile, {
        a: left,
        aEnd: fn.let(i32.add(left, depth)),
        b: i32.add(b.start, column),
        c: fn.let(i32.add(i32.add(c, i32.mul(fromRow, cRow)), column)),
      });
    });
  };
  const lines = (height: number, fromRow: number, toRow: number): void => {
    const width = 4 * vectorsOf[height]!;
    const rest = columns % width;
    const down = (size: number, column: I32): void =>
      fn.loop({ from: fromRow, to: toRow, step: height }, (row) => strip(height, size, row, column));
    fn.loop({ to: columns - rest, step: width }, (column) => down(width, column));
    if (rest > 0) down(rest, i32.const(columns - rest));
  };
  const rest = rows % 4;
  lines(4, 0, rows - rest);
  if (rest > 0) lines(rest, rows - rest, rows);
}

function multiplyIntegers(fn: FunctionBuilder, product: Product, x: I32, y: I32, z: I32): void {
  const { rows, inner, columns, a, b, cRow, isAdded } = product;
  const walks = [
    { start: x, steps: [a.row, 0] },
    { start: y, steps: [0, b.column] },
    { start: z, steps: [cRow, wordBytes] },
  ];
  forEachPlace(fn, [rows, columns], walks, ([left, right, to]) => {
    const sum = fn.let(isAdded ? i32.load(to!) : i32.const(0));
    const line = [
      { start: left!, steps: [a.inner] },
      { start: right!, steps: [b.inner] },
    ];
    forEachPlace(fn, [inner], line, ([p, q]) => fn.set(sum, i32.add(sum, i32.mul(i32.load(p!), i32.load(q!)))));
    fn.store(to!, sum);
  });
}
