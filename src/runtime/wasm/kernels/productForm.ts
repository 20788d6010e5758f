import type { DType } from "../../../ir/program.js";

/** C = A·B or C + A·B: the matrices' sizes, and the steps in bytes along their axes. */
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
