import { dirname, resolve } from "node:path";
import { readTable } from "../data/readTable.js";
import { ElbowError } from "../errors.js";
import { loadModule } from "./loadModule.js";
import { type ModelModule, readModelModule } from "./modelModule.js";
import { noteFile } from "./watched.js";

/** What a command is told about data. */
export interface DataOptions {
  /** A file in the place of the one that the module names. */
  readonly data?: string;
}

type Exports = Readonly<Record<string, unknown>>;

/** Imports a user's module and gets its data. @throws ElbowError "model-file", "model-exports", "data-…" */
export const loadModelModule = async (file: string, options: DataOptions = {}): Promise<ModelModule> =>
  readModelModule(file, await loadExports(file, options));

/** The module's exports, with `data` as the data arguments themselves. */
export async function loadExports(file: string, options: DataOptions = {}): Promise<Exports> {
  const exports = await loadModule(file);
  return { ...exports, data: await dataOf(file, exports, options) };
}

/**
 * The data of a module: as they are, what its function `data` makes of the file, or the columns of the file. The file is that
 * of the command line, else `dataFile`, or `data` itself where that is text; relative to the module.
 */
async function dataOf(file: string, { data, dataFile }: Exports, options: DataOptions): Promise<unknown> {
  const own = typeof data === "string" ? data : dataFile;
  if (own !== undefined && typeof own !== "string" && !(own instanceof URL))
    throw new ElbowError("model-exports", {
      message: `${file} exports a dataFile that is no path\n  received: ${typeof own}`,
    });
  const path = options.data === undefined ? own && absolute(own, file) : resolve(options.data);
  if (path !== undefined) noteFile(path);
  if (typeof data === "function") return data(path);
  if (data === undefined || typeof data === "string") return path === undefined ? undefined : [await readTable(path)];
  if (options.data !== undefined)
    throw new ElbowError("model-exports", {
      message: `--data ${options.data} was given, and ${file} does not read its data from a file`,
      hint: "Export data as a function of the file, data = async (file: string) => […], or only dataFile.",
    });
  return data;
}

const absolute = (path: string | URL, module: string): string =>
  path instanceof URL || /^(https?|file):/.test(path) ? String(path) : resolve(dirname(module), path);
