/**
 * Draws docs/images/air-bound.svg and air-accuracy.svg from the logs of long runs of models/air.ts, docs/runs/air-*.csv:
 * `npx tsx scripts/airPlots.ts`.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { readLog } from "../models/support/runLog.js";

const runs = ["enumerate", "measureValued"]
  .map((estimator) => ({ estimator, file: `docs/runs/air-${estimator}.csv` }))
  .filter(({ file }) => existsSync(file));
const rows = (
  await Promise.all(
    runs.map(async ({ estimator, file }) => (await readLog(file)).map((row) => ({ ...row, estimator }))),
  )
).flat();
const trained = rows.filter(({ objective }) => objective !== undefined);

const { document } = parseHTML("<html><body></body></html>");
const common = {
  document: document as unknown as Document,
  width: 420,
  height: 260,
  marginRight: 30,
  grid: true,
  x: { label: "step" },
  color: { domain: ["enumerate", "measureValued"], range: ["#2a6f97", "#c8553d"] },
  style: { background: "white", color: "#222", fontSize: "11px" },
};
const { document: ownDocument, ...plain } = common;

/** A file of its own, with what it shows for those who do not see it. */
async function write(name: string, label: string, options: Plot.PlotOptions): Promise<void> {
  const text = Plot.plot({ document: ownDocument, ...plain, ...options })
    .outerHTML.replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${label}" `)
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replaceAll(/-?\d+\.\d{3,}/g, (digits) => String(Math.round(100 * Number(digits)) / 100));
  await writeFile(`docs/images/${name}.svg`, `${text}\n`);
}

await write("air-bound", "the bound per canvas over steps", {
  y: { label: "bound per canvas, nats (dashed: training)", domain: [560, 655] },
  marks: [
    Plot.line(rows, { x: "step", y: "bound", stroke: "estimator", clip: true }),
    Plot.line(trained, { x: "step", y: "objective", stroke: "estimator", strokeDasharray: "3 3", clip: true }),
    ...runs.map(({ estimator }, i) =>
      Plot.text([estimator], {
        text: [`— ${estimator}`],
        fill: [estimator],
        frameAnchor: "bottom-right",
        dx: -20,
        dy: -10 - 16 * i,
      }),
    ),
  ],
});
await write("air-accuracy", "count accuracy on held-out canvases over steps", {
  y: { label: "count accuracy", domain: [0.9, 1] },
  marks: [
    Plot.ruleY([0.97], { stroke: "#888", strokeDasharray: "2 4" }),
    Plot.line(rows, { x: "step", y: "accuracy", stroke: "estimator", clip: true }),
  ],
});
