// What a long run was like, as a small CSV: a row whenever it looks at held-out data.
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface LogRow {
  /** Steps taken so far. */
  readonly step: number;
  /** Mean objective of the steps since the row before; empty before the first. */
  readonly objective: number | undefined;
  /** The bound on held-out data. */
  readonly bound: number;
  /** Share of held-out canvases of which the number of objects was found. */
  readonly accuracy: number;
  /** Seconds per step since the row before, compiling left out. */
  readonly secondsPerStep: number | undefined;
  /** How many processes wanted to run on the machine (the average of the last minute). */
  readonly load: number;
}

const columns = ["step", "objective", "bound", "accuracy", "secondsPerStep", "load"] as const;
const digits = { step: 0, objective: 2, bound: 2, accuracy: 4, secondsPerStep: 4, load: 1 };

/** Adds a row, and at step 0 begins the file anew. */
export async function writeRow(file: string, row: LogRow): Promise<void> {
  if (row.step === 0 || !existsSync(file)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${columns.join(",")}\n`);
  }
  await appendFile(file, `${columns.map((name) => row[name]?.toFixed(digits[name]) ?? "").join(",")}\n`);
}

/** The rows of a file. */
export async function readLog(file: string): Promise<LogRow[]> {
  const [, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map((line) => {
    const values = line.split(",").map((cell) => (cell === "" ? undefined : Number(cell)));
    return Object.fromEntries(columns.map((name, i) => [name, values[i]])) as unknown as LogRow;
  });
}
