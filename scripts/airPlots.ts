/** Draws docs/images/air-runs.svg from the logs of long runs of models/air.ts, docs/runs/air-*.csv: `npx tsx scripts/airPlots.ts`. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { type Curve, curvesSvg } from "../models/support/curves.js";
import { type LogRow, readLog } from "../models/support/runLog.js";

const runs = [
  { name: "enumerate", file: "docs/runs/air-enumerate.csv", color: "#2a6f97" },
  { name: "measureValued", file: "docs/runs/air-measureValued.csv", color: "#c8553d" },
].filter(({ file }) => existsSync(file));
const logs = await Promise.all(runs.map(async (run) => ({ ...run, rows: await readLog(run.file) })));

const curve = (
  { name, color, rows }: (typeof logs)[number],
  of: (row: LogRow) => number | undefined,
  isDashed = false,
): Curve => {
  const known = rows.filter((row) => of(row) !== undefined);
  return { name, color, isDashed, x: known.map(({ step }) => step), y: known.map((row) => of(row)!) };
};

const last = Math.max(...logs.flatMap(({ rows }) => rows.map(({ step }) => step)));
const svg = curvesSvg(
  [
    {
      title: "bound per canvas, nats",
      range: [540, 655],
      ticks: [540, 560, 580, 600, 620, 640],
      curves: logs.flatMap((run) => [
        { ...curve(run, ({ bound }) => bound), name: `${run.name}, held out` },
        { ...curve(run, ({ objective }) => objective, true), name: `${run.name}, training` },
      ]),
    },
    {
      title: "count accuracy on held-out canvases",
      range: [0.9, 1.002],
      ticks: [0.9, 0.925, 0.95, 0.97, 1],
      curves: logs.map((run) => curve(run, ({ accuracy }) => accuracy)),
    },
  ],
  { last, every: last > 5000 ? 2500 : 500 },
);
await writeFile("docs/images/air-runs.svg", svg);
