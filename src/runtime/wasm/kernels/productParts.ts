// Large products in parts that threads can share. One thread computes the same parts: sums then agree in all bits.
import type { I32 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { blocksOf, type Work, writeShared } from "../threads/regions.js";
import type { KernelContext } from "./kernel.js";
import type { Product } from "./productForm.js";
import { storeLanes } from "./productTile.js";
import { wordBytes } from "./walks.js";

/** What a multiplication and an addition take, with one instruction for both. */
const nanosecondsEach = 0.05;
const timeOf = ({ rows, inner, columns }: Product): number => rows * inner * columns * nanosecondsEach;

/** Fewer rows are not divided. A part has whole tiles of any method: their heights divide it. */
const leastRows = 48;
const partRows = 12;
/** Parts of the inner axis are at least so long, and whole vectors. */
const leastDepth = 128;
const lanes = 4;

type Axis = "rows" | "inner";

/** How a product is divided: into so many parts of a size, and what is left over. */
interface Division {
  readonly axis: Axis;
  readonly size: number;
  readonly parts: number;
}

/** Undefined if the product is not worth dividing. */
function divisionOf(product: Product): Division | undefined {
  const axis = product.rows >= leastRows ? "rows" : "inner";
  const unit = axis === "rows" ? partRows : leastDepth;
  const units = Math.floor(product[axis] / unit);
  const { blocks, size } = blocksOf(units, timeOf(product));
  if (blocks < 2) return undefined;
  const length = axis === "rows" ? size * unit : Math.ceil(product.inner / blocks / lanes) * lanes;
  return { axis, size: length, parts: Math.floor(product[axis] / length) };
}

/** What threads can share of the product, if it is divided. */
export function partsWork(product: Product): Work | undefined {
  const division = divisionOf(product);
  return division && { steps: division.parts, nanoseconds: timeOf(product) };
}

const partBytes = ({ rows, columns }: Product): number => Math.ceil((rows * columns) / lanes) * lanes * wordBytes;

/** Bytes of temporary memory for results of parts that are added up. */
export function dividedBytes(product: Product): number {
  const division = divisionOf(product);
  if (division?.axis !== "inner") return 0;
  return partBytes(product) * (division.parts + Number(product.inner % division.size > 0));
}

type Write = (fn: FunctionBuilder, product: Product, a: I32, b: I32, c: I32) => void;

interface Places {
  readonly a: I32;
  readonly b: I32;
  readonly c: I32;
  /** Of `dividedBytes`. */
  readonly scratch: I32;
}

/** Writes the product by `write`, in parts if it is large; with regions, threads share them. */
export function multiplyInParts(
  context: Pick<KernelContext, "fn" | "regions">,
  product: Product,
  { a, b, c, scratch }: Places,
  write: Write,
): void {
  const division = divisionOf(product);
  if (!division) {
    write(context.fn, product, a, b, c);
    return;
  }
  const { axis, size, parts } = division;
  const rest = product[axis] % size;
  const bytes = partBytes(product);
  const step =
    axis === "rows"
      ? { a: product.a.row, b: 0, c: product.cRow * size }
      : { a: product.a.inner, b: product.b.inner, c: bytes };
  const part = (fn: FunctionBuilder, length: number, i: I32, [x, y, z]: readonly I32[]): void =>
    fn.scope(() => {
      const along = (start: I32, bytesEach: number): I32 => fn.let(i32.add(start, i32.mul(i, bytesEach)));
      const places = [along(x!, step.a * size), along(y!, step.b * size), along(z!, step.c)] as const;
      if (axis === "rows") write(fn, { ...product, rows: length }, ...places);
      else write(fn, { ...product, inner: length, cRow: product.columns * wordBytes, isAdded: false }, ...places);
    });
  const places = [a, b, axis === "rows" ? c : scratch];
  writeShared(
    context,
    { steps: parts, nanoseconds: timeOf(product) },
    (fn, from, to, captured) => fn.loop({ from, to }, (i) => part(fn, size, i, captured)),
    places,
  );
  if (rest > 0) part(context.fn, rest, i32.const(parts), places);
  if (axis === "inner") addParts(context.fn, product, parts + Number(rest > 0), scratch, c);
}

/** C = Σ parts, or C + Σ parts, in the order of the parts. */
function addParts(fn: FunctionBuilder, product: Product, parts: number, scratch: I32, c: I32): void {
  const { rows, columns, cRow, isAdded } = product;
  const bytes = partBytes(product);
  const add = (from: I32, to: I32, count: number): void =>
    fn.scope(() => {
      const sum = fn.let(isAdded ? f32x4.add(v128.load(to), v128.load(from)) : v128.load(from));
      const next = fn.let(from);
      fn.loop(parts - 1, () => {
        fn.set(next, i32.add(next, bytes));
        fn.set(sum, f32x4.add(sum, v128.load(next)));
      });
      storeLanes(fn, to, sum, count);
    });
  const whole = columns - (columns % lanes);
  fn.loop(rows, (row) =>
    fn.scope(() => {
      const from = fn.let(i32.add(scratch, i32.mul(row, columns * wordBytes)));
      const to = fn.let(i32.add(c, i32.mul(row, cRow)));
      fn.loop({ to: whole * wordBytes, step: lanes * wordBytes }, (at) =>
        add(fn.let(i32.add(from, at)), fn.let(i32.add(to, at)), lanes),
      );
      if (whole < columns)
        add(fn.let(i32.add(from, whole * wordBytes)), fn.let(i32.add(to, whole * wordBytes)), columns - whole);
    }),
  );
}
