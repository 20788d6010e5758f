import { ElbowError } from "../errors.js";
import { checkOptionNames } from "../util/options.js";
import { type Columns, type ReadOptions, type Table, tensorsOf } from "./columns.js";
import { type FileSource, nameOf, readText } from "./readText.js";

/** Options of {@link readCsv}. */
export interface CsvOptions<C extends Columns = Columns> extends ReadOptions<C> {
  /** @defaultValue guessed: comma, tab, semicolon or bar */
  readonly delimiter?: string;
  /** Names of the columns, for a file whose first line has none. @defaultValue those of the first line */
  readonly header?: readonly string[];
}

/**
 * Reads a table of comma-separated values (RFC 4180): one tensor per column, [rows]. Empty cells, NA, NaN, null and a single dot
 * count as missing.
 *
 * @throws ElbowError "data-file", "data-column"; "data-missing" and "data-value" with file and line
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readCsv } from "elbow";
 * const file = join(tmpdir(), "elbow-readCsv.csv");
 * writeFileSync(file, "x,group\n1.5,b\n2,a\n");
 * const { x, group } = await readCsv(file, { columns: { x: "float32", group: ["a", "b"] } });
 * console.log(x.arraySync(), group.arraySync()); // => [ 1.5, 2 ] [ 1, 0 ]
 * ```
 */
export async function readCsv<const C extends Columns = Readonly<Record<string, "float32">>>(
  source: FileSource,
  settings: CsvOptions<C> = {},
): Promise<Table<C>> {
  checkOptionNames("readCsv", settings, ["columns", "missing", "delimiter", "header"]);
  const { delimiter = "", header, ...options } = settings;
  const file = nameOf(source);
  const text = (await readText(source)).replace(/^\uFEFF/, "");
  const { default: papa } = await import("papaparse");
  const records: string[][] = [];
  const lines: number[] = [];
  let [line, counted] = [1, 0];
  let start = 0;
  papa.parse<string[]>(text, {
    delimiter,
    step: ({ data, errors, meta }) => {
      for (; counted < start; counted++) if (text.charCodeAt(counted) === 10) line++;
      start = meta.cursor;
      const [error] = errors.filter(({ code }) => code !== "UndetectableDelimiter");
      if (error) throw new ElbowError("data-value", { message: error.message, at: { source: `${file}:${line}` } });
      // an empty line is no record, and may be the last one
      if (data.length === 1 && data[0] === "") return;
      records.push(data);
      lines.push(line);
    },
  });
  const names = (header ?? records.shift() ?? []).map((name) => name.trim());
  if (!header) lines.shift();
  const odd = records.findIndex((record) => record.length !== names.length);
  if (odd >= 0)
    throw new ElbowError("data-value", {
      message: `a row has another number of values than there are columns\n  expected: ${names.length} (${names.join(", ")})\n  received: ${records[odd]!.length}`,
      at: { source: `${file}:${lines[odd]}` },
    });
  const columns = Object.fromEntries(names.map((name, i) => [name, records.map((record) => record[i]!)]));
  return tensorsOf({ columns, file, place: (row) => `${file}:${lines[row]}` }, options);
}
