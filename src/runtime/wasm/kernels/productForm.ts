import type { DType } from "../../../ir/program.js";

/** C = A·B or C + A·B: the matrices' sizes, and the steps in bytes along their axes; C's columns are neighbours. */
export interface Product {
  readonly dtype: DType;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly a: { readonly row: number; readonly inner: number };
  readonly b: { readonly inner: number; readonly column: number };
  readonly cRow: number;
  readonly isAdded: boolean;
}

/** Cᵀ = Bᵀ·Aᵀ for a result that stands in memory the same way as before, as a vector does. */
export const transposed = ({ rows, columns, a, b, ...rest }: Product): Product => ({
  ...rest,
  rows: columns,
  columns: rows,
  a: { row: b.column, inner: b.inner },
  b: { inner: a.inner, column: a.row },
});
