import { ElbowError } from "../errors.js";
import { isInstalled } from "../runtime/packages.js";
import { type Columns, type ReadOptions, type Table, tensorsOf } from "./columns.js";
import { type FileSource, nameOf, readBytes } from "./readText.js";

/**
 * Reads an Arrow file (Feather 2) or stream, uncompressed: one tensor per column, [rows, …] where values are lists of one shape.
 * Needs the package `apache-arrow`.
 *
 * @throws ElbowError "data-package" without that; "data-file" for what is no such file; "data-column"; "data-missing" and
 *   "data-value" with file and row
 */
export async function readArrow<const C extends Columns = Readonly<Record<string, "float32">>>(
  source: FileSource,
  options: ReadOptions<C> = {},
): Promise<Table<C>> {
  const file = nameOf(source);
  const bytes = await readBytes(source);
  const { tableFromIPC } = await arrow();
  try {
    const table = tableFromIPC(bytes);
    if (table.schema.fields.length === 0) throw new Error("it holds no columns");
    const columns = Object.fromEntries(
      table.schema.fields.map(({ name }) => {
        const values = table.getChild(name)!;
        return [name, Array.from({ length: values.length }, (_, row) => plain(values.get(row)))];
      }),
    );
    return tensorsOf({ columns, file, place: (row) => `${file}, row ${row + 1}` }, options);
  } catch (error) {
    if (error instanceof ElbowError) throw error;
    throw new ElbowError("data-file", { message: `${file} cannot be read as Arrow: ${(error as Error).message}` });
  }
}

/** Vectors of lists as arrays. */
const plain = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "toArray" in value
    ? Array.from((value as { toArray: () => ArrayLike<unknown> }).toArray(), plain)
    : value;

async function arrow(): Promise<typeof import("apache-arrow")> {
  const install = "npm install apache-arrow";
  if ((await isInstalled("apache-arrow")) === false)
    throw new ElbowError("data-package", {
      message: "Arrow files need the package apache-arrow, which is not installed",
      hint: `Run: ${install}`,
    });
  // an optional package: bundlers are not to look for it
  const name = "apache-arrow";
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as typeof import("apache-arrow");
}
