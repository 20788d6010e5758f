import { Table } from "console-table-printer";

const leftAligned = new Set([
  "address",
  "choices",
  "distribution",
  "element",
  "estimator",
  "leaves",
  "line",
  "operation",
  "after",
  "shape",
  "strategy",
  "verdict",
  "why",
]);

/** A table of rows without colours; columns of numbers stand to the right. */
export function table(columns: readonly string[], rows: readonly Readonly<Record<string, string | number>>[]): string {
  const made = new Table({
    shouldDisableColors: true,
    columns: columns.map((name) => ({ name, alignment: leftAligned.has(name) ? "left" : "right" })),
  });
  for (const row of rows) made.addRow(row);
  return made.render();
}
