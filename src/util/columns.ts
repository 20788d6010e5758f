/** Rows of texts, aligned in columns two blanks apart; columns without any text are left out. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => {
      const cells = row.flatMap((cell, i) => (widths[i]! > 0 ? [cell.padEnd(widths[i]!)] : []));
      return `${indent}${cells.join("  ")}`.trimEnd();
    })
    .join("\n");
}
