import { broadcastShapes, broadcastStrides, sizeOf } from "../../../util/shapes.js";
import type { Kernel, Operand } from "./kernel.js";
import { productOf } from "./product.js";
import type { Product } from "./productForm.js";
import { collapsed, forEachPlace, type Walk, wordBytes } from "./walks.js";

/** A matrix operand as it is read: its sizes and steps in bytes, exchanged if it enters transposed. */
function matrixOf({ shape }: Operand, isTransposed: boolean): { sizes: [number, number]; steps: [number, number] } {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const row = columns * wordBytes;
  return isTransposed
    ? { sizes: [columns, rows], steps: [wordBytes, row] }
    : { sizes: [rows, columns], steps: [row, wordBytes] };
}

/** The walk of an operand's matrices through a batch that it is broadcast to. */
export function matricesOf({ address, shape }: Operand, batch: readonly number[]): Walk {
  const bytes = sizeOf(shape.slice(-2)) * wordBytes;
  return { start: address, steps: broadcastStrides(shape.slice(0, -2), batch).map((step) => step * bytes) };
}

/** Whether, in steps of whole rows, the matrices of A and of C go on below each other while B stays. */
const isTall = (sizes: readonly number[], [a, b, c]: readonly Walk[], { rows, a: { row }, cRow }: Product): boolean =>
  sizes.length === 1 && b!.steps[0] === 0 && a!.steps[0] === rows * row && c!.steps[0] === rows * cRow;

/**
 * Products of batches of matrices. Attributes `transposeA` and `transposeB`, which the primitive does not have, let an
 * engine leave out the transposition of an operand.
 */
export const matMul: Kernel = (context, inputs, outputs, { transposeA = false, transposeB = false }) => {
  const { fn } = context;
  const [a, b, out] = [inputs[0]!, inputs[1]!, outputs[0]!];
  if (sizeOf(out.shape) === 0) return;
  const [left, right] = [matrixOf(a, transposeA), matrixOf(b, transposeB)];
  const product: Product = {
    dtype: out.dtype,
    rows: left.sizes[0],
    inner: left.sizes[1],
    columns: right.sizes[1],
    a: { row: left.steps[0], inner: left.steps[1] },
    b: { inner: right.steps[0], column: right.steps[1] },
    cRow: right.sizes[1] * wordBytes,
    isAdded: false,
  };
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))!;
  const { sizes, walks } = collapsed(
    batch,
    [a, b, out].map((operand) => matricesOf(operand, batch)),
  );
  const tall = isTall(sizes, walks, product);
  const multiply = productOf(context, tall ? { ...product, rows: product.rows * sizes[0]! } : product);
  const still = walks.map(({ start }) => ({ start, steps: [] }));
  forEachPlace(fn, tall ? [] : sizes, tall ? still : walks, ([x, y, z]) => multiply(x!, y!, z!));
};
