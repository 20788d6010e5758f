// Batches of products with operands and results of any steps, brought to a form that has the longest loops inside.
import { broadcastShapes, broadcastStrides, type Shape } from "../../../util/shapes.js";
import { type Product, transposed } from "./productForm.js";
import type { View } from "./view.js";
import { wordBytes } from "./walks.js";

/** The operands, with all axes of the batch, and the result; the result's steps are 0 along axes that are summed. */
export interface ProductViews {
  readonly a: View;
  readonly b: View;
  readonly c: View;
}

/** Whether the result of products can be written to these places: its rows or its columns are contiguous. */
export function canWrite({ shape, steps }: View): boolean {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const [row, column] = steps.slice(-2) as [number, number];
  if ((rows > 1 && row === 0) || (columns > 1 && column === 0)) return false;
  return isWritable({ rows, columns, c: { row: row * wordBytes, column: column * wordBytes } });
}

/** Whether kernels can walk along the inner axis (counted from the end): repeated elements lead them nowhere. */
export const canRead = ({ shape, steps }: View, inner: -1 | -2): boolean =>
  shape.at(inner)! <= 1 || steps.at(inner) !== 0;

/** Operands in their own order. */
export function plainViews(a: Shape, b: Shape): ProductViews {
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2))!;
  const viewOf = (shape: Shape): View => {
    const all = [...batch, ...shape.slice(-2)];
    return { shape: all, steps: broadcastStrides(shape, all), offset: 0 };
  };
  return { a: viewOf(a), b: viewOf(b), c: viewOf([...batch, a.at(-2)!, b.at(-1)!]) };
}

/** Bytes from one product to the next along an axis of the batch; of the result 0 if they are added. */
interface BatchAxis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** A product whose result may have any steps. */
type Form = Omit<Product, "cRow" | "isAdded"> & { readonly c: { readonly row: number; readonly column: number } };

/** One product, and the batch that it is repeated over. */
export interface BatchedProduct {
  readonly product: Product;
  readonly batch: readonly BatchAxis[];
  /** Whether it is Cᵀ = Bᵀ·Aᵀ, with A and B exchanged in the batch too. */
  readonly isExchanged: boolean;
}

export function batchedProduct({ a, b, c }: ProductViews, dtype: Product["dtype"]): BatchedProduct {
  const bytes = ({ steps }: View, axis: number): number => steps.at(axis)! * wordBytes;
  let form: Form = {
    dtype,
    rows: a.shape.at(-2)!,
    inner: a.shape.at(-1)!,
    columns: b.shape.at(-1)!,
    a: { row: bytes(a, -2), inner: bytes(a, -1) },
    b: { inner: bytes(b, -2), column: bytes(b, -1) },
    c: { row: bytes(c, -2), column: bytes(c, -1) },
  };
  let batch = c.shape
    .slice(0, -2)
    .map((size, axis): BatchAxis => ({ size, a: bytes(a, axis), b: bytes(b, axis), c: bytes(c, axis) }))
    .filter(({ size }) => size !== 1);
  for (;;) {
    const found = batch
      .map((axis) => ({ axis, joined: axis.size > 0 ? joinedWith(form, axis) : undefined }))
      .find(({ joined }) => joined);
    if (!found) break;
    form = found.joined!;
    batch = batch.filter((axis) => axis !== found.axis);
  }
  form = withoutIdleSteps(form);
  const isExchanged = form.columns > 1 && form.c.column !== wordBytes;
  const isAdded = batch.some((axis) => axis.c === 0);
  const { c: steps, ...rest } = form;
  const cRow = isExchanged ? steps.column : form.columns === 1 ? wordBytes : steps.row;
  const product: Product = isExchanged
    ? { ...transposed({ ...rest, cRow, isAdded }), cRow }
    : { ...rest, cRow, isAdded };
  return {
    product,
    batch: isExchanged ? batch.map((axis) => ({ ...axis, a: axis.b, b: axis.a })) : batch,
    isExchanged,
  };
}

/** Steps along axes of size 1 lead nowhere; as those of neighbours they fit every method. */
const withoutIdleSteps = (form: Form): Form => {
  const { rows, inner, columns, a, b } = form;
  const along = (size: number, step: number): number => (size === 1 ? wordBytes : step);
  return {
    ...form,
    a: { row: along(rows, a.row), inner: along(inner, a.inner) },
    b: { inner: along(inner, b.inner), column: along(columns, b.column) },
  };
};

const isWritable = ({ rows, columns, c }: Pick<Form, "rows" | "columns" | "c">): boolean =>
  (columns > 1 && c.column === wordBytes) || (rows > 1 && c.row === wordBytes) || (rows === 1 && columns === 1);

/** The product with an axis of the batch as part of one of its own axes, if the steps go on evenly. */
function joinedWith(form: Form, axis: BatchAxis): Form | undefined {
  const { rows, inner, columns, a, b, c } = form;
  if (axis.c === 0) {
    const joined = join([inner, a.inner, b.inner], [axis.size, axis.a, axis.b]);
    if (!joined || joined.includes(0)) return undefined;
    const [size, ofA, ofB] = joined;
    return { ...form, inner: size, a: { ...a, inner: ofA }, b: { ...b, inner: ofB } };
  }
  const joinedRows = axis.b === 0 && join([rows, a.row, c.row], [axis.size, axis.a, axis.c]);
  if (joinedRows) {
    const [size, ofA, ofC] = joinedRows;
    const tall = { ...form, rows: size, a: { ...a, row: ofA }, c: { ...c, row: ofC } };
    if (isWritable(tall)) return tall;
  }
  const joinedColumns = axis.a === 0 && join([columns, b.column, c.column], [axis.size, axis.b, axis.c]);
  if (joinedColumns) {
    const [size, ofB, ofC] = joinedColumns;
    const wide = { ...form, columns: size, b: { ...b, column: ofB }, c: { ...c, column: ofC } };
    if (isWritable(wide)) return wide;
  }
  return undefined;
}

type Steps = readonly [size: number, first: number, second: number];

/** Two axes as one, whichever is the inner one. */
function join(x: Steps, y: Steps): Steps | undefined {
  if (x[0] === 1) return y;
  const follows = (inner: Steps, outer: Steps): boolean =>
    outer[1] === inner[0] * inner[1] && outer[2] === inner[0] * inner[2];
  const size = x[0] * y[0];
  if (follows(x, y)) return [size, x[1], x[2]];
  return follows(y, x) ? [size, y[1], y[2]] : undefined;
}
