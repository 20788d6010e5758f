import { Table } from "console-table-printer";
import type { MicroResult, Report } from "./report.js";
import type { Workload } from "./workload.js";

/** Three digits that count. */
export const format = (x: number): string => {
  if (!Number.isFinite(x)) return "";
  return x >= 1000 ? Math.round(x).toString() : String(Number.parseFloat(x.toPrecision(3)));
};

const render = (columns: readonly string[], rows: readonly (readonly string[])[]): string => {
  const table = new Table({
    shouldDisableColors: true,
    columns: columns.map((title, i) => ({ name: `${i}`, title, alignment: i === 0 ? "left" : "right" })),
  });
  for (const row of rows) table.addRow(Object.fromEntries(row.map((text, i) => [`${i}`, text])));
  return table.render();
};

/** One size of a workload: every implementation's time, and Elbow's engines divided by it. */
export function formatVariant(report: Report, { name: workload, title }: Workload, variant: string): string {
  const isOwn = (each: { readonly workload: string; readonly variant: string }) =>
    each.workload === workload && each.variant === variant;
  const results = report.results.filter(isOwn);
  const peers = report.peers.filter(isOwn);
  const columns = [
    "ms per step",
    "median",
    "min",
    "max",
    "loss",
    ...results.map(({ engine }) => `${engine} ÷ this`),
    "first step",
    "fit, per step",
  ];
  const rows = [
    ...results.map(({ engine, ms, min, max, loss, firstStepMs, fitMs }) => [
      `elbow ${engine}`,
      ...[ms, min, max].map(format),
      loss.toFixed(3),
      ...results.map((other) => format(other.ms / ms)),
      format(firstStepMs),
      format(fitMs),
    ]),
    ...peers.map(({ peer, ms, min, max, loss }) => [
      peer,
      ...[ms, min, max].map(format),
      loss.toFixed(3),
      ...results.map((other) => format(other.ms / ms)),
      "",
      "",
    ]),
  ];
  const agreement = report.agreement.find(isOwn);
  const notes = [
    ...(results[0] ? [`${results[0].equations} equations in Elbow's step`] : []),
    ...(agreement ? [formatAgreement(agreement)] : []),
    ...report.skipped.filter(isOwn).map(({ name, reason }) => `left out: ${name} (${reason})`),
  ];
  const table = rows.length > 0 ? [render(columns, rows)] : [];
  return [`${workload} ${title}: ${variant}`, ...table, ...notes.map((note) => `  ${note}`)].join("\n");
}

const formatAgreement = ({ steps, lowest, highest, tolerance, agrees }: Report["agreement"][number]): string =>
  `losses after ${steps} ${steps === 1 ? "step" : "steps"}: ${lowest.toFixed(3)} to ${highest.toFixed(3)}, ${agrees ? "the same" : "NOT THE SAME"} within ${tolerance}`;

export function formatMicro(results: readonly MicroResult[]): string {
  const engines = [...new Set(results.map(({ engine }) => engine))];
  const names = [...new Set(results.map(({ name }) => name))];
  const at = (name: string, engine: string) =>
    results.find((each) => each.name === name && each.engine === engine)?.ms ?? Number.NaN;
  return [
    "One operation, ms (median)",
    render(
      ["", ...engines],
      names.map((name) => [name, ...engines.map((engine) => format(at(name, engine)))]),
    ),
  ].join("\n");
}
