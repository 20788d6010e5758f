/** Text as it may stand in HTML and XML, attributes too. */
export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** A number with so many significant digits, without trailing zeros; a minus sign as it is printed. */
export function number(x: number | undefined, digits = 4): string {
  if (x === undefined) return "";
  if (Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const text = Math.abs(x) >= 1e6 ? x.toExponential(digits - 1) : String(Number.parseFloat(x.toPrecision(digits)));
  return text.replace("-", "−");
}

/** A count with separators. */
export const count = (x: number): string => Math.round(x).toLocaleString("en-US");

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand to the right. @defaultValue true */
  readonly isNumber?: boolean;
}

/** A table that scrolls sideways where it is too wide; more rows than `most` are counted, not shown. */
export function htmlTable<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  most = 50,
): string {
  const kind = ({ isNumber = true }: Column<Row>) => (isNumber ? ' class="number"' : "");
  const head = columns.map((column) => `<th scope="col"${kind(column)}>${escaped(column.title)}</th>`).join("");
  const body = rows.slice(0, most).map((row) => {
    const [first, ...others] = columns;
    const cells = others.map((column) => `<td${kind(column)}>${escaped(column.cell(row))}</td>`).join("");
    return `<tr><th scope="row">${escaped(first!.cell(row))}</th>${cells}</tr>`;
  });
  const left = rows.length - most;
  return [
    `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${head}</tr></thead><tbody>`,
    ...body,
    "</tbody></table></div>",
    ...(left > 0
      ? [`<p class="note">The first ${most} of ${count(rows.length)} rows; ${count(left)} are left out.</p>`]
      : []),
  ].join("\n");
}
