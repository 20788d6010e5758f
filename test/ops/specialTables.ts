// The special functions of test/reference/special-functions.json, and how far an engine is from it.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { evaluate } from "../../src/ir/evaluate.js";
import type { NDArray, Program } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import * as special from "../../src/ops/special.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import type { Nested } from "../distributions/arrays.js";

type Row = readonly (Nested | null | "" | "f64")[];
const tables: Readonly<Record<string, { columns: readonly string[]; rows: readonly Row[] }>> = JSON.parse(
  readFileSync(new URL("../reference/special-functions.json", import.meta.url), "utf8"),
);

type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

/** A function on tensors and where its truths stand. */
export interface Entry {
  readonly name: string;
  readonly f: TensorFunction;
  readonly table: string;
  /** Columns of the operands, the value, and the derivatives in the operands. */
  readonly operands: readonly string[];
  readonly value: string;
  readonly derivatives: readonly string[];
  /** What the derivatives of the column are multiplied by. */
  readonly sign?: number;
}

const unary = (name: string, table: string, f: unknown): Entry => ({
  name,
  f: f as TensorFunction,
  table,
  operands: ["x"],
  value: "value",
  derivatives: ["d_x"],
});
const several = (name: string, f: unknown, operands: readonly string[], rest: Partial<Entry> = {}): Entry => ({
  name,
  f: f as TensorFunction,
  table: name,
  operands,
  value: "value",
  derivatives: operands.map((operand) => `d_${operand}`),
  ...rest,
});

export const entries: readonly Entry[] = [
  unary("lgamma", "lgamma", special.lgamma),
  unary("digamma", "digamma", special.digamma),
  unary("trigamma", "trigamma", special.trigamma),
  unary("erf", "erf", special.erf),
  unary("erfc", "erfc", special.erfc),
  unary("erfinv", "erfinv", special.erfinv),
  unary("ndtr", "ndtr", special.ndtr),
  unary("logNdtr", "log_ndtr", special.logNdtr),
  unary("ndtri", "ndtri", special.ndtri),
  unary("log1p", "log1p", special.log1p),
  unary("expm1", "expm1", special.expm1),
  unary("softplus", "softplus", special.softplus),
  unary("logSigmoid", "log_sigmoid", special.logSigmoid),
  unary("i0e", "i0e", special.i0e),
  unary("i1e", "i1e", special.i1e),
  unary("logI0", "log_i0", special.logI0),
  unary("lambertw", "lambertw", special.lambertw),
  several("gammainc", special.gammainc, ["a", "x"]),
  several("gammaincc", special.gammaincc, ["a", "x"], { table: "gammainc", value: "upper", sign: -1 }),
  several("betainc", special.betainc, ["a", "b", "x"]),
  several("betaln", special.betaln, ["a", "b"]),
];

/** The tables that a function above stands for, and the one of vectors. */
export const covered = new Set([...entries.map(({ table }) => table), "logsumexp"]);
export const tableNames: readonly string[] = Object.keys(tables);
export const rowsOfVectors: readonly Row[] = tables.logsumexp!.rows;

/** Runs a program on arrays. */
export type Run = (program: Program, inputs: readonly NDArray[]) => NDArray[];

/** One number of the table, and what came out for it. */
export interface Point {
  readonly at: readonly number[];
  readonly column: string;
  readonly truth: number;
  readonly received: number;
}

const vector = (elements: readonly number[]): NDArray => ({
  shape: [elements.length],
  dtype: "float32",
  elements: Float64Array.from(elements),
});

/** Every value and derivative of a table, with those that a program computes; rows with numbers beyond float32 only if asked for. */
export function pointsOf(entry: Entry, run: Run = evaluate, isDouble = true): Point[] {
  const { columns, rows } = tables[entry.table]!;
  const place = (column: string) => columns.indexOf(column);
  const tag = place("tag");
  const used = rows.filter((row) => isDouble || tag < 0 || row[tag] !== "f64");
  const column = (name: string) =>
    used.map((row) => (row[place(name)] === null ? Number.NaN : Number(row[place(name)])));
  const inputs = entry.operands.map((name) => vector(column(name)));
  const types = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const [values] = run(
    trace(types, (...x) => [entry.f(...x)]),
    inputs,
  );
  const gradients = run(valueAndGrad(trace(types, (...x) => [tf.sum(entry.f(...x))])), inputs).slice(1);
  const pointsIn = (name: string, truths: readonly number[], received: NDArray): Point[] =>
    truths.flatMap((truth, i) =>
      // null: there is none
      Number.isNaN(truth)
        ? []
        : [{ at: inputs.map(({ elements }) => elements[i]!), column: name, truth, received: received.elements[i]! }],
    );
  return [
    ...pointsIn(entry.value, column(entry.value), values!),
    ...entry.derivatives.flatMap((name, k) =>
      pointsIn(
        name,
        column(name).map((each) => (entry.sign ?? 1) * each),
        gradients[k]!,
      ),
    ),
  ];
}

/** The distance in units in the last place of single precision; 0 where both under- or overflow. */
export function ulpsOf({ truth, received }: Point): number {
  const rounded = Math.fround(truth);
  if (received === rounded) return 0;
  if (!Number.isFinite(received) || !Number.isFinite(rounded)) {
    const isNextTo = Math.abs(Number.isFinite(rounded) ? rounded : received) >= 2 ** 127.999;
    return isNextTo && received * rounded > 0 ? 1 : Number.POSITIVE_INFINITY;
  }
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(truth) || 2 ** -149)), -126);
  return Math.abs(received - truth) / 2 ** (exponent - 23);
}

/** The relative error in double precision; below 1e−300 what is lost to denormal numbers does not count. */
export const relativeError = ({ truth, received }: Point): number =>
  received === truth ? 0 : Math.abs(received - truth) / Math.max(Math.abs(truth), 1e-300);

/** The point with the largest error. */
export function worstOf(points: readonly Point[], error: (point: Point) => number): { error: number; point: Point } {
  return points
    .map((point) => ({ error: error(point), point }))
    .reduce((worst, each) => (each.error <= worst.error ? worst : each));
}
