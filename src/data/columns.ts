import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";

/**
 * What the values of a column are: real numbers, whole numbers, true or false (0, 1), or one of some labels, which becomes its
 * position among them, int32.
 */
export type ColumnType = "float32" | "int32" | "bool" | readonly string[];

/** The columns that are wanted: by name, as real numbers, or each with its type. */
export type Columns = readonly string[] | Readonly<Record<string, ColumnType>>;

/** A table: every column as a tensor, one row each. */
export type Table<C extends Columns> = {
  readonly [K in C extends readonly (infer Name extends string)[] ? Name : Extract<keyof C, string>]: Tensor;
};

/** Options of all functions that read tables. */
export interface ReadOptions<C extends Columns = Columns> {
  /** @defaultValue all columns, as real numbers */
  readonly columns?: C;
  /**
   * What becomes of rows in which a wanted column has no value: an error that names the first, or they are left out.
   * @defaultValue "refuse"
   */
  readonly missing?: "refuse" | "drop";
}

/** Values as a file has them, and how to name their places. */
export interface RawTable {
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>;
  /** Where a row stands: "data.csv:14". */
  readonly place: (row: number) => string;
  /** The file's name, for messages. */
  readonly file: string;
}

const isArray = (cell: unknown): cell is ArrayLike<unknown> => Array.isArray(cell) || ArrayBuffer.isView(cell);
const isMissing = (cell: unknown): boolean =>
  cell === null ||
  cell === undefined ||
  (typeof cell === "number" && Number.isNaN(cell)) ||
  (typeof cell === "string" && /^\s*(|NA|N\/A|NaN|null|\.)\s*$/i.test(cell));

/** Makes tensors of the wanted columns. @throws ElbowError "data-column", "data-missing", "data-value" */
export function tensorsOf<C extends Columns>(raw: RawTable, { columns, missing = "refuse" }: ReadOptions<C>): Table<C> {
  const wanted: (readonly [string, ColumnType])[] = Array.isArray(columns)
    ? columns.map((name) => [name, "float32"])
    : columns
      ? Object.entries(columns as Readonly<Record<string, ColumnType>>)
      : Object.keys(raw.columns).map((name) => [name, "float32"]);
  for (const [name] of wanted)
    if (!Object.hasOwn(raw.columns, name))
      throw new ElbowError("data-column", {
        message: `${raw.file} has no column "${name}"\n  columns: ${Object.keys(raw.columns).join(", ") || "none"}`,
        hint: "Ask for columns by the names in the file.",
      });
  const length = wanted.length === 0 ? 0 : raw.columns[wanted[0]![0]]!.length;
  const rows = completeRows(raw, wanted, length, missing);
  if (rows.length === 0)
    throw new ElbowError("data-missing", {
      message: `${raw.file} has no rows${length > 0 ? " without missing values" : ""}`,
    });
  const tensors = wanted.map(([name, type]) => [name, columnTensor(raw, name, type, rows)] as const);
  return Object.fromEntries(tensors) as unknown as Table<C>;
}

/** The rows in which no wanted column lacks a value. */
function completeRows(
  { columns, place }: RawTable,
  wanted: readonly (readonly [string, ColumnType])[],
  length: number,
  missing: "refuse" | "drop",
): number[] {
  const complete: number[] = [];
  for (let row = 0; row < length; row++) {
    const empty = wanted.find(([name]) => isMissing(columns[name]![row]));
    if (!empty) complete.push(row);
    else if (missing === "refuse")
      throw new ElbowError("data-missing", {
        message: `the column "${empty[0]}" has no value`,
        hint: 'Fill it in, or leave such rows out: { missing: "drop" }.',
        at: { source: place(row) },
      });
  }
  return complete;
}

/** One column; a cell that is a list makes further axes. */
function columnTensor({ columns, place }: RawTable, name: string, type: ColumnType, rows: readonly number[]): Tensor {
  const cells = columns[name]!;
  const shape = shapeOf(cells[rows[0]!]);
  const values: number[] = [];
  const add = (cell: unknown, axis: number, row: number): void => {
    const isList = isArray(cell);
    if (isList !== axis < shape.length || (isList && cell.length !== shape[axis]))
      throw new ElbowError("data-value", {
        message: `the lists in the column "${name}" do not have one shape\n  first row: [${shape}]\n  this row: [${shapeOf(cells[row])}]`,
        at: { source: place(row) },
      });
    if (isList) for (let i = 0; i < cell.length; i++) add(cell[i], axis + 1, row);
    else values.push(numberOf(cell, type, name, () => place(row)));
  };
  for (const row of rows) add(cells[row], 0, row);
  return tf.tensor(values, [rows.length, ...shape], typeof type === "string" ? type : "int32");
}

const shapeOf = (cell: unknown): number[] => (isArray(cell) ? [cell.length, ...shapeOf(cell[0])] : []);

/** A number as text, in decimal notation. */
const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** @throws ElbowError "data-value" for what is not of the type, with its place */
export function numberOf(cell: unknown, type: ColumnType, name: string, place: () => string): number {
  const refuse = (expected: string, hint?: string) =>
    new ElbowError("data-value", {
      message: `the column "${name}" does not hold ${expected} here\n  received: ${typeof cell === "string" ? JSON.stringify(cell) : String(cell)}`,
      hint,
      at: { source: place() },
    });
  if (typeof type !== "string") {
    const position = type.indexOf(String(cell).trim());
    if (position < 0) throw refuse(`one of its labels (${type.join(", ")})`);
    return position;
  }
  if (type === "bool" && /^\s*(true|false)\s*$/i.test(String(cell))) return /true/i.test(String(cell)) ? 1 : 0;
  const isNumber = typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean";
  const value = isNumber || (typeof cell === "string" && decimal.test(cell)) ? Number(cell) : Number.NaN;
  if (type === "bool" && value !== 0 && value !== 1) throw refuse("true or false (or 1 or 0)");
  if (type === "int32" && (value | 0) !== value) throw refuse("a whole number of 32 bits");
  if (!Number.isFinite(Math.fround(value)))
    throw refuse(
      "a finite number",
      typeof cell === "string"
        ? `Name the labels of a column of text: { columns: { ${name}: ["a", "b"] } }.`
        : undefined,
    );
  return value;
}
