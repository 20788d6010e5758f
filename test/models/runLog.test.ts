// Logs of long runs are read as they were written.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LogRow, readLog, writeRow } from "../../models/support/runLog.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbow-log-"));
});
afterAll(() => rm(folder, { recursive: true }));

const rows: LogRow[] = [
  { step: 0, objective: undefined, bound: 441.04, accuracy: 0.3555, secondsPerStep: undefined, load: 1.5 },
  { step: 250, objective: -495.96, bound: 547.85, accuracy: 0.7246, secondsPerStep: 0.1332, load: 2 },
];

it("rows are read as they were written; a run from the start begins anew", async () => {
  const file = join(folder, "deep", "run.csv");
  for (const row of [...rows, ...rows]) await writeRow(file, row);
  expect(await readLog(file)).toEqual(rows);
  await writeRow(file, { ...rows[1]!, step: 500 });
  expect((await readLog(file)).map(({ step }) => step)).toEqual([0, 250, 500]);
});
