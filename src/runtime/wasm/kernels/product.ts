// Products of two matrices in memory, each as a function of the module.
import type { I32 } from "../assembler/expression.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Regions } from "../threads/regions.js";
import type { KernelContext } from "./kernel.js";
import { blocksWork, multiplyBlocked, packedBytes, wantsPacking } from "./productBlocks.js";
import { multiplyDots } from "./productDots.js";
import { type Product, transposed } from "./productForm.js";
import { dividedBytes, multiplyInParts, partsWork } from "./productParts.js";
import { multiplyRow, wantsStream } from "./productRow.js";
import { multiplyRows } from "./productRows.js";
import { fillRun } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { forEachPlace, wordBytes } from "./walks.js";

const signature = { params: ["i32", "i32", "i32", "i32"] } as const;
type Multiply = Callable<typeof signature.params>;

/** The same product with the operands exchanged, Cᵀ = Bᵀ·Aᵀ, where that has the better form for a vector of results. */
function isBetterTransposed({ rows, columns, a, b }: Product): boolean {
  if (columns === 1 && rows > 1) return a.inner !== wordBytes && a.row === wordBytes;
  return rows === 1 && columns > 1 && b.column !== wordBytes && b.inner === wordBytes;
}

/** How a product is computed. */
type Method = "integers" | "dots" | "dotsOfCopy" | "row" | "rows" | "rowsOfCopy" | "blocks";

/** Below so many rows (or columns), it does not pay off to bring the other matrix into another order. */
const fewRows = 24;
const fewColumns = 3;

function methodFor(product: Product): Method {
  const { dtype, rows, inner, columns, a, b } = product;
  if (dtype !== "float32") return "integers";
  const isThin = columns <= fewColumns && (columns === 1 || inner >= 8);
  if (a.inner === wordBytes && b.inner === wordBytes && (isThin || (rows < fewRows && inner >= 8))) return "dots";
  if (a.inner === wordBytes && isThin && rows >= 4) return "dotsOfCopy";
  if (wantsStream(product)) return "row";
  if (wantsPacking(product)) return "blocks";
  return b.column === wordBytes || columns === 1 ? "rows" : "rowsOfCopy";
}

/** Bytes of a copy of B, with what may be read behind it. */
const copyBytes = (method: Method, { inner, columns }: Product): number =>
  method === "dotsOfCopy" || method === "rowsOfCopy" ? Math.ceil((inner * columns) / 4 + 1) * 4 * wordBytes : 0;

/** Bytes of temporary memory that a product needs. */
function scratchFor(method: Method, product: Product): number {
  if (method === "blocks") return packedBytes(product);
  return copyBytes(method, product) + (canDivide(method) ? dividedBytes(product) : 0);
}

/** Methods whose parts are products of the same method. */
const canDivide = (method: Method): boolean => method.startsWith("rows") || method.startsWith("dots");

/** Whether threads share a product of their own accord. */
function wantsThreads(method: Method, product: Product, hasFma: boolean, regions: Regions | undefined): boolean {
  const work = method === "blocks" ? blocksWork(product, hasFma) : canDivide(method) && partsWork(product);
  return work && regions ? regions.isShared(work) : false;
}

/**
 * A way to write products of this form: the code stands in the module once, as a function of the addresses of A, B, C and of
 * temporary memory. Rows and columns of the result are independent, so parts of it are products of their own.
 */
export function productOf({ fn, scratch, regions }: KernelContext, product: Product): (a: I32, b: I32, c: I32) => void {
  const isExchanged = isBetterTransposed(product);
  const form = isExchanged ? { ...transposed(product), cRow: wordBytes } : product;
  const method = methodFor(form);
  const bytes = scratchFor(method, form);
  const temporary = i32.const(bytes > 0 ? scratch(bytes) : 0);
  const isShared = wantsThreads(method, form, fn.hasFma, regions);
  const multiply = functionOf(fn, method, form, isShared ? regions : undefined);
  return (a, b, c) => fn.call(multiply, isExchanged ? b : a, isExchanged ? a : b, c, temporary);
}

/** The product as a function; where there are regions, threads share it. */
function functionOf(fn: FunctionBuilder, method: Method, product: Product, regions: Regions | undefined): Multiply {
  const key = `${regions ? "shared " : ""}product ${JSON.stringify(product)}`;
  return fn.surroundings.helper(key, signature, (own, a, b, c, scratch) => {
    // Functions differ in their types, but not in what can be written.
    const body = own as unknown as FunctionBuilder;
    const { rows, inner, columns, cRow, isAdded } = product;
    if (inner === 0) {
      if (!isAdded)
        forEachPlace(body, [rows], [{ start: c, steps: [cRow] }], ([row]) => fillRun(body, row!, 0, columns));
    } else if (method === "integers") multiplyIntegers(body, product, a, b, c);
    else if (method === "blocks") multiplyBlocked({ fn: body, regions }, product, { a, b, c, scratch });
    else if (method === "row") multiplyRow(body, product, a, b, c);
    else {
      const isCopied = method === "dotsOfCopy" || method === "rowsOfCopy";
      const isDots = method === "dots" || method === "dotsOfCopy";
      const steps = isDots
        ? { inner: wordBytes, column: inner * wordBytes }
        : { inner: columns * wordBytes, column: wordBytes };
      if (isCopied) copy(body, product, b, scratch, steps);
      const places = { a, b: isCopied ? scratch : b, c, scratch: i32.add(scratch, copyBytes(method, product)) };
      const ready = isCopied ? { ...product, b: steps } : product;
      multiplyInParts({ fn: body, regions }, ready, places, isDots ? multiplyDots : multiplyRows);
    }
  });
}

/** Copies B to where its steps are the given ones. */
function copy(fn: FunctionBuilder, { inner, columns, b }: Product, from: I32, to: I32, steps: Product["b"]): void {
  const source = { start: from, steps: [b.inner, b.column] };
  stridedCopy(fn, [inner, columns], source, { start: to, steps: [steps.inner, steps.column] });
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
