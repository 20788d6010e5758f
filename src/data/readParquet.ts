import { ElbowError } from "../errors.js";
import { type Columns, type ReadOptions, type Table, tensorsOf } from "./columns.js";
import { type FileSource, nameOf, readBytes } from "./readText.js";

/**
 * Reads a Parquet file, uncompressed or compressed with Snappy: one tensor per column, [rows, …] where values are lists of one
 * shape.
 *
 * @throws ElbowError "data-file" for what is no such file; "data-column"; "data-missing" and "data-value" with file and row
 */
export async function readParquet<const C extends Columns = Readonly<Record<string, "float32">>>(
  source: FileSource,
  options: ReadOptions<C> = {},
): Promise<Table<C>> {
  const file = nameOf(source);
  const { buffer } = await readBytes(source);
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  try {
    const names = parquetMetadata(buffer)
      .schema.slice(1)
      .map(({ name }) => name);
    const rows = await parquetReadObjects({ file: buffer });
    const top = Object.keys(rows[0] ?? {});
    const columns = Object.fromEntries(
      (top.length > 0 ? top : names).map((name) => [name, rows.map((row) => row[name])]),
    );
    return tensorsOf({ columns, file, place: (row) => `${file}, row ${row + 1}` }, options);
  } catch (error) {
    if (error instanceof ElbowError) throw error;
    throw new ElbowError("data-file", { message: `${file} cannot be read as Parquet: ${(error as Error).message}` });
  }
}
