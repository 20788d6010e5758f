// Butler's (1969) test of symmetry about a known centre, exactly.

/** How far numbers are from lying symmetrically, and how probable so far is if they do. */
export interface Symmetry {
  /** sup |F(c + t) − (1 − F(c − t))|: the distance between the distribution and its mirror image. */
  readonly distance: number;
  /** Of a distance at least as large, for symmetric numbers. */
  readonly probability: number;
}

/**
 * Symmetry of numbers about a centre. Taken from the farthest to the nearest, the sides on which they lie are fair coins if the
 * distribution is symmetric, whatever it is otherwise; the distance is the largest excess of one side on the way, over n.
 *
 * Kolmogorov & Smirnov's test of numbers against their mirror images, which Yao et al. (2018) use, takes the two for independent.
 * Butler, "A test for symmetry using the sample distribution function" (1969).
 */
export function symmetryAbout(centre: number, numbers: readonly number[]): Symmetry {
  const sides = numbers.map((x) => x - centre).filter((x) => x !== 0);
  sides.sort((a, b) => Math.abs(b) - Math.abs(a));
  let excess = 0;
  let most = 0;
  sides.forEach((x, i) => {
    excess += Math.sign(x);
    const isLast = Math.abs(sides[i + 1] ?? 0) < Math.abs(x);
    if (isLast) most = Math.max(most, Math.abs(excess));
  });
  return { distance: numbers.length === 0 ? 0 : most / numbers.length, probability: leaving(most, sides.length) };
}

/** The probability that a fair walk of ±1 gets as far as ±bound within so many steps. */
function leaving(bound: number, steps: number): number {
  if (bound === 0) return 1;
  // the walk's law while it is inside: positions −bound + 1 … bound − 1
  const size = 2 * bound - 1;
  let law = new Float64Array(size);
  law[bound - 1] = 1;
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(size);
    for (let i = 0; i < size; i++) next[i] = ((law[i - 1] ?? 0) + (law[i + 1] ?? 0)) / 2;
    law = next;
  }
  return Math.max(0, 1 - law.reduce((sum, p) => sum + p, 0));
}
