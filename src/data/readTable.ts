import { ElbowError } from "../errors.js";
import type { Columns, ReadOptions, Table } from "./columns.js";
import { readArrow } from "./readArrow.js";
import { readCsv } from "./readCsv.js";
import { readJson } from "./readJson.js";
import { readParquet } from "./readParquet.js";
import { type FileSource, nameOf } from "./readText.js";

/** Reads a table by the ending of its name: .csv, .tsv, .txt; .json; .parquet; .arrow, .feather, .ipc. */
export async function readTable<const C extends Columns = Readonly<Record<string, "float32">>>(
  source: FileSource,
  options: ReadOptions<C> = {},
): Promise<Table<C>> {
  const ending = /\.(\w+)(?:[?#].*)?$/.exec(nameOf(source))?.[1]?.toLowerCase() ?? "";
  if (["csv", "tsv", "txt"].includes(ending)) return readCsv(source, options);
  if (ending === "json") return readJson(source, options);
  if (ending === "parquet") return readParquet(source, options);
  if (["arrow", "feather", "ipc"].includes(ending)) return readArrow(source, options);
  throw new ElbowError("data-file", {
    message: `${nameOf(source)} is no file that can be read as a table\n  expected: .csv, .tsv, .txt, .json, .parquet, .arrow, .feather or .ipc`,
    hint: "Name the function yourself: readCsv, readJson, readParquet or readArrow.",
  });
}
