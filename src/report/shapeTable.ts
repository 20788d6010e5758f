import type { ShapeRow, ShapeSite } from "../inference/shapeTable.js";
import { columns } from "../util/columns.js";
import { checkRowsOf } from "../util/expected.js";
import { formatShape } from "../util/shapes.js";

/** Names longer than this are cut, so that a row has its place in 100 columns. */
const longest = 22;

/** A table of shapes: a line for every address, the guide's below the model's, and what does not fit. */
export function formatShapeTable(rows: readonly ShapeRow[]): string {
  checkRowsOf("shapeTable(…)", "formatShapeTable", rows, ["address", "kind", "site"]);
  if (rows.length === 0) return "no random choices and no observations";
  const lines = rows.flatMap(({ address, kind, site, guide }) => [
    lineOf(address, kind, site),
    ...(guide && kind !== "guide only" ? [lineOf("", "guide", guide)] : []),
  ]);
  const header = ["address", "", "distribution", "batch", "event", "around it", "support", "dtype"];
  const problems = rows.flatMap(({ address, problem }) => (problem ? [`! ${address}: ${problem}`] : []));
  return [columns([header, ...lines]), ...problems].join("\n");
}

const lineOf = (address: string, kind: string, { distribution, batch, event, axes, support, dtype }: ShapeSite) => [
  short(address),
  kind,
  short(distribution),
  formatShape(batch),
  formatShape(event),
  axes.map(({ name, size }) => `${name} ${size}`).join(", "),
  support,
  dtype,
];

/** The end of a text tells more than its beginning: addresses are nested. */
const short = (text: string): string => (text.length <= longest ? text : `…${text.slice(text.length - longest + 1)}`);
