// One row times a matrix whose rows are contiguous: a few rows of it at a time are added to the result.
import type { I32, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import type { Product } from "./productForm.js";
import { storeLanes } from "./productTile.js";
import { fillRun } from "./runs.js";
import { forEachBlock, wordBytes } from "./walks.js";

const lanes = 4;
const vectorBytes = lanes * wordBytes;
/** Rows of B that are read side by side. */
const rowsAtOnce = 4;
const vectorsAtOnce = 2;
/** Results that stay in the cache while B passes by. */
const blockColumns = 2048;

/** Reading B in its own order pays off when it does not fit the first cache. */
export const wantsStream = ({ rows, inner, columns, b }: Product): boolean =>
  rows === 1 && columns >= 32 && b.column === wordBytes && inner * columns >= 8192;

/** c = a·B */
export function multiplyRow(fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32): void {
  const { inner, columns, isAdded } = product;
  if (!isAdded) fillRun(fn, c, 0, columns);
  forEachBlock(fn, columns, blockColumns, (column, width) =>
    fn.scope(() => {
      const at = fn.let(i32.mul(column, wordBytes));
      const [from, to] = [fn.let(i32.add(b, at)), fn.let(i32.add(c, at))];
      forEachBlock(fn, inner, rowsAtOnce, (k, depth) =>
        fn.scope(() => {
          const factor = fn.let(i32.add(a, i32.mul(k, product.a.inner)));
          const rows = fn.let(i32.add(from, i32.mul(k, product.b.inner)));
          addRows(fn, product, { depth, width }, { a: factor, b: rows, c: to });
        }),
      );
    }),
  );
}

function addRows(
  fn: FunctionBuilder,
  { a: { inner: aInner }, b: { inner: bInner } }: Product,
  { depth, width }: { readonly depth: number; readonly width: number },
  { a, b, c }: { readonly a: I32; readonly b: I32; readonly c: I32 },
): void {
  const factors = Array.from({ length: depth }, (_, k) => fn.let(v128.load32Splat(a, k * aInner)));
  const [from, to] = [fn.let(b), fn.let(c)];
  const chunk = (vectors: number, last: number): void =>
    fn.scope(() => {
      const sums = Array.from({ length: vectors }, (_, i): V128 => {
        const load = (k: number) => v128.load(from, k * bInner + i * vectorBytes);
        return factors.reduce<V128>((sum, factor, k) => f32x4.ma(factor, load(k), sum), v128.load(to, i * vectorBytes));
      }).map((sum) => fn.let(sum));
      sums.forEach((sum, i) => {
        storeLanes(fn, to, sum, i === vectors - 1 ? last : lanes, i * vectorBytes);
      });
    });
  const step = vectorsAtOnce * vectorBytes;
  const whole = Math.floor((width * wordBytes) / step);
  fn.loop(whole, () => {
    chunk(vectorsAtOnce, lanes);
    fn.set(from, i32.add(from, step));
    fn.set(to, i32.add(to, step));
  });
  const rest = width - (whole * step) / wordBytes;
  if (rest > 0) chunk(Math.ceil(rest / lanes), rest % lanes || lanes);
}
