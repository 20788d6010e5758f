// The nearest of some names, for messages.

/** The closest text by edit distance, if it is close at all: an address's last name counts for that. */
export function nearestTo(text: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, distance: editDistance(text, candidate) }));
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0];
  const length = (address: string) => address.length - address.lastIndexOf("/") - 1;
  return best &&
    best.distance < Math.max(text.length, 2) &&
    best.distance <= Math.max(1, Math.ceil(Math.max(length(text), length(best.candidate)) / 2))
    ? best.candidate
    : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one text to the other. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const [above, before] = [rows[i - 1]!, rows[i - 2]];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (isSame ? 0 : 1));
      const isSwap = before && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
