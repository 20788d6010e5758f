import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { ElbowError } from "../errors.js";
import type { Parameters } from "../inference/prepare.js";
import { fromJson, type Json, toJson } from "../inference/results/json.js";
import { type FitJson, fitFromJson, type SavedFit } from "../inference/results/savedFit.js";
import type { Truth } from "../inference/summary.js";
import { version } from "../util/version.js";

/** A run as it lies in a folder. */
export interface Run {
  /** The module that was fitted, as a path that can be opened from here. */
  readonly file: string;
  /** The options of the command line. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The data file that the command line named, as a path that can be opened from here. */
  readonly dataFile: string | undefined;
  readonly truth: Truth;
  readonly versions: Readonly<Record<string, string>>;
  /** When it ended: ISO 8601. */
  readonly date: string;
  readonly result: SavedFit<Parameters>;
}

interface RunJson {
  readonly format: "elbow-run";
  readonly version: 1;
  /** From the folder to the module. */
  readonly file: string;
  /** From the folder to the data file of the command line. */
  readonly dataFile?: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly truth: Json;
  readonly versions: Readonly<Record<string, string>>;
  readonly date: string;
  readonly seed: number;
  readonly fit: FitJson;
}

const nameOfRun = "result.json";

/** @throws ElbowError "run-folder" unless there is nothing, an empty folder or an earlier run */
export async function checkRunFolder(folder: string): Promise<void> {
  const refuse = (why: string) =>
    new ElbowError("run-folder", {
      message: `${folder} is not overwritten: ${why}`,
      hint: "Give --out a new folder, an empty one, or that of an earlier run.",
    });
  const found = await stat(folder).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw refuse("it is no folder");
  const names = await readdir(folder);
  if (names.length === 0) return;
  if (!names.includes(nameOfRun)) throw refuse(`it holds other files (${names.slice(0, 3).join(", ")}) and no run`);
  const text = await readFile(join(folder, nameOfRun), "utf8");
  if (!isRun(parsed(text))) throw refuse(`its ${nameOfRun} is no run of Elbow`);
}

/** Writes a run beside what may be there and then moves it in place, so that there is always a whole one. */
export async function writeRun(
  folder: string,
  {
    file,
    options,
    truth,
    result,
  }: Pick<Run, "file" | "truth" | "result"> & { readonly options: { readonly data?: string | undefined } },
): Promise<void> {
  await checkRunFolder(folder);
  await mkdir(folder, { recursive: true });
  const run: RunJson = {
    format: "elbow-run",
    version: 1,
    file: relative(resolve(folder), resolve(file)),
    ...(options.data !== undefined && { dataFile: relative(resolve(folder), resolve(options.data)) }),
    options: { ...options },
    truth: toJson(truth),
    versions: { elbow: version, node: process.versions.node },
    date: new Date().toISOString(),
    seed: result.seed,
    fit: result.toJSON(),
  };
  const temporary = join(folder, `${nameOfRun}.${process.pid}.tmp`);
  await writeFile(temporary, `${JSON.stringify(run)}\n`);
  await rename(temporary, join(folder, nameOfRun));
}

/** @throws ElbowError "run-folder" for a folder without a run that this version reads */
export async function readRun(folder: string): Promise<Run> {
  const text = await readFile(join(folder, nameOfRun), "utf8").catch(() => undefined);
  const run = text === undefined ? undefined : parsed(text);
  if (!isRun(run))
    throw new ElbowError("run-folder", {
      message: `${folder} holds no run${text === undefined ? `: there is no ${nameOfRun}` : ` that this version of Elbow reads`}`,
      hint: `Make one: elbow fit FILE --out ${folder}`,
    });
  const { file, dataFile, options, truth, versions, date, fit } = run;
  const fromHere = (path: string) => relative(process.cwd(), resolve(folder, path));
  return {
    file: fromHere(file),
    dataFile: dataFile === undefined ? undefined : fromHere(dataFile),
    options,
    truth: fromJson(truth) as Truth,
    versions,
    date,
    result: fitFromJson(fit),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRun = (json: unknown): json is RunJson =>
  typeof json === "object" &&
  json !== null &&
  (json as Partial<RunJson>).format === "elbow-run" &&
  (json as Partial<RunJson>).version === 1;
