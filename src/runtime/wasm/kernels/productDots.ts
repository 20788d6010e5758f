// Products of rows with columns that both are contiguous: dot products, four elements at a time, a few of them together.
import type { I32, Local, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import type { Product } from "./productForm.js";
import { storeLanes } from "./productTile.js";
import { fillRun } from "./runs.js";
import { evenly, forEachBlock, forEachPlace, wordBytes } from "./walks.js";

const lanes = 4;
const vectorBytes = lanes * wordBytes;
/** Rows and columns of this depth stay in the cache while others pass by, and sums over more are added block by block. */
const blockDepth = 1024;

/** Dot products that are computed together: eight sums, as many as fit into the registers beside what they are made of. */
interface DotTile {
  readonly rows: number;
  readonly columns: number;
}

/** Rows and columns of tiles: results of a row are neighbours, so that those of a tile are whole vectors if there are four. */
function tileFor(rows: number, columns: number): DotTile {
  if (columns >= 4 && rows >= 2) return { rows: 2, columns: 4 };
  if (columns === 1) return { rows: 4, columns: 1 };
  return columns < 4 ? { rows: columns === 2 ? 4 : 2, columns } : { rows: 1, columns: 4 };
}

/** C = A·B where A's rows and B's columns are contiguous. */
export function multiplyDots(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { rows, columns, inner, cRow, isAdded } = product;
  if (inner <= 1.5 * blockDepth) {
    multiplyBlock(fn, product, a, b, c);
    return;
  }
  if (!isAdded) forEachPlace(fn, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(fn, row!, 0, columns));
  forEachBlock(fn, inner, evenly(inner, blockDepth, lanes), (k, depth) =>
    fn.scope(() => {
      const along = (start: I32): I32 => fn.let(i32.add(start, i32.mul(k, wordBytes)));
      multiplyBlock(fn, { ...product, inner: depth, isAdded: true }, along(a), along(b), c);
    }),
  );
}

function multiplyBlock(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { rows, columns, cRow } = product;
  const tile = tileFor(rows, columns);
  const at = (row: I32, column: I32) => ({
    a: i32.add(a, i32.mul(row, product.a.row)),
    b: i32.add(b, i32.mul(column, product.b.column)),
    c: i32.add(i32.add(c, i32.mul(row, cRow)), i32.mul(column, wordBytes)),
  });
  const across = (height: number, row: I32): void =>
    forEachBlock(fn, columns, tile.columns, (column, width) =>
      multiplyTile(fn, product, { rows: height, columns: width }, at(row, column)),
    );
  const down = (width: number, column: I32): void =>
    forEachBlock(fn, rows, tile.rows, (row, height) =>
      multiplyTile(fn, product, { rows: height, columns: width }, at(row, column)),
    );
  // the shorter side goes round inside, in the cache
  if (rows > columns) forEachBlock(fn, rows, tile.rows, (row, height) => across(height, row));
  else forEachBlock(fn, columns, tile.columns, (column, width) => down(width, column));
}

interface Places {
  readonly a: I32;
  readonly b: I32;
  readonly c: I32;
}

function multiplyTile(
  fn: FunctionBuilder,
  { inner, a: { row: aRow }, b: { column: bColumn }, cRow, isAdded }: Product,
  { rows, columns }: DotTile,
  places: Places,
): void {
  const rest = inner % lanes;
  const cells = Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns] as const);
  // a single sum waits for itself at every step: several ones take turns
  const ways = inner >= 4 * vectorBytes && cells.length < 4 ? Math.floor(4 / cells.length) : 1;
  fn.scope(() => {
    const [left, right, c] = [fn.let(places.a), fn.let(places.b), fn.let(places.c)];
    const sums = Array.from({ length: ways }, () => cells.map(() => fn.let(f32x4.const(0))));
    const add = (way: number, load: (pointer: I32, offset: number) => V128): void =>
      fn.scope(() => {
        const ofB = Array.from({ length: columns }, (_, k) => fn.let(load(right, k * bColumn + way * vectorBytes)));
        const ofA = Array.from({ length: rows }, (_, k) => fn.let(load(left, k * aRow + way * vectorBytes)));
        cells.forEach(([row, column], i) => {
          const sum = sums[way]![i]!;
          fn.set(sum, f32x4.ma(ofA[row]!, ofB[column]!, sum));
        });
      });
    const proceed = (bytes: number): void => {
      fn.set(left, i32.add(left, bytes));
      fn.set(right, i32.add(right, bytes));
    };
    const vectors = (inner - rest) / lanes;
    const rounds = Math.floor(vectors / ways);
    const end = fn.let(i32.add(left, rounds * ways * vectorBytes));
    fn.while(i32.ltU(left, end), () => {
      for (let way = 0; way < ways; way++) add(way, v128.load);
      proceed(ways * vectorBytes);
    });
    for (let done = rounds * ways; done < vectors; done++) {
      add(0, v128.load);
      proceed(vectorBytes);
    }
    if (rest > 0) add(0, (pointer, offset) => loadFirst(pointer, offset, rest));
    const total = cells.map((_, i) => sums.map((way): V128 => way[i]!).reduce(f32x4.add));
    const isFlat = rows === 1 || cRow === columns * wordBytes;
    const lines = isFlat
      ? [total]
      : Array.from({ length: rows }, (_, k) => total.slice(k * columns, (k + 1) * columns));
    lines.forEach((line, row) => {
      storeSums(fn, line, c, row * cRow, isAdded);
    });
  });
}

/** Writes, or adds, the sums of lanes of vectors to neighbouring words. */
function storeSums(fn: FunctionBuilder, vectors: readonly V128[], c: I32, offset: number, isAdded: boolean): void {
  const zero = f32x4.const(0);
  for (let k = 0; k < vectors.length; k += lanes) {
    const [x, y, z, w] = [0, 1, 2, 3].map((i) => vectors[k + i] ?? zero) as [V128, V128, V128, V128];
    const at = offset + k * wordBytes;
    const sum = laneSums(fn, x, y, z, w);
    const result: Local<"v128"> = fn.let(isAdded ? f32x4.add(sum, v128.load(c, at)) : sum);
    storeLanes(fn, c, result, Math.min(lanes, vectors.length - k), at);
  }
}

/** The sums of the lanes of four vectors. */
function laneSums(fn: FunctionBuilder, x: V128, y: V128, z: V128, w: V128): V128 {
  const halves = (first: V128, second: V128): Local<"v128"> => {
    const [p, q] = [fn.let(first), fn.let(second)];
    return fn.let(f32x4.add(v128.shuffle32(p, q, [0, 4, 1, 5]), v128.shuffle32(p, q, [2, 6, 3, 7])));
  };
  const [low, high] = [halves(x, y), halves(z, w)];
  return f32x4.add(v128.shuffle32(low, high, [0, 1, 4, 5]), v128.shuffle32(low, high, [2, 3, 6, 7]));
}

/** One to three words, and zeros: what stands behind them may be anything. */
function loadFirst(pointer: I32, offset: number, count: number): V128 {
  if (count === 1) return v128.load32Zero(pointer, offset);
  if (count === 2) return v128.load64Zero(pointer, offset);
  return v128.and(v128.load(pointer, offset), i32x4.const([-1, -1, -1, 0]));
}
