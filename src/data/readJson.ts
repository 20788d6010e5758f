import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { type Columns, type ReadOptions, type Table, tensorsOf } from "./columns.js";
import { type FileSource, nameOf, readText } from "./readText.js";

/**
 * Reads a table as JSON: an array of objects, one for each row, `[{ "x": 1, "y": 2 }, …]`, or an object of arrays, one for each
 * column, `{ "x": [1, …], "y": [2, …] }`. Values may be lists, all of one shape: they make further axes. A number in the place of a
 * column is a scalar (data for Stan look so).
 *
 * @throws ElbowError "data-file" for what is no JSON or no table; "data-column"; "data-missing" and "data-value" with file and row
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readJson } from "elbow";
 * const file = join(tmpdir(), "elbow-readJson.json");
 * writeFileSync(file, '{ "N": 2, "y": [[1, 2], [3, 4]] }');
 * const { N, y } = await readJson(file);
 * console.log(N.arraySync(), y.shape); // => 2 [ 2, 2 ]
 * ```
 */
export async function readJson<const C extends Columns = Readonly<Record<string, "float32">>>(
  source: FileSource,
  options: ReadOptions<C> = {},
): Promise<Table<C>> {
  const file = nameOf(source);
  const value = parse(file, await readText(source));
  const refuse = () =>
    new ElbowError("data-file", {
      message: `${file} holds no table`,
      hint: "It must be an array of objects, or an object of arrays and numbers.",
    });
  if (Array.isArray(value)) {
    if (!value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))) throw refuse();
    const names = [...new Set(value.flatMap((row) => Object.keys(row as object)))];
    const columns = Object.fromEntries(names.map((name) => [name, value.map((row) => (row as Row)[name])]));
    return tensorsOf({ columns, file, place: (row) => `${file}, row ${row + 1}` }, options);
  }
  if (typeof value !== "object" || value === null) throw refuse();
  // columns need not be of one length: each is a table of its own
  const { columns: wanted = Object.keys(value) as unknown as C } = options;
  const types = Array.isArray(wanted) ? wanted.map((name) => [name, "float32"]) : Object.entries(wanted);
  const read = types.map(([name, type]): [string, Tensor] => {
    const own = (value as Row)[name];
    const isList = Array.isArray(own);
    const columns = own === undefined ? (value as Record<string, unknown[]>) : { [name]: isList ? own : [own] };
    const place = (row: number) => (isList ? `${file}, ${name}[${row}]` : `${file}, ${name}`);
    const table = tensorsOf({ columns, file, place }, { ...options, columns: { [name]: type } });
    const tensor = (table as Record<string, Tensor>)[name]!;
    return [name, isList ? tensor : tensor.reshape(tensor.shape.slice(1))];
  });
  return Object.fromEntries(read) as unknown as Table<C>;
}

type Row = Readonly<Record<string, unknown>>;

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ElbowError("data-file", { message: `${file} is no JSON: ${(error as Error).message}` });
  }
}
