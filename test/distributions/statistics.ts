// Tests of draws against a law. Bounds: a correct sampler fails with a probability below 10⁻⁵.

/**
 * Kolmogorov–Smirnov statistic √n·sup|F̂ − F|; P(statistic > 2.5) ≈ 2·exp(−2·2.5²) = 7·10⁻⁶.
 */
export function kolmogorovSmirnov(draws: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(draws).sort();
  const n = sorted.length;
  let largest = 0;
  sorted.forEach((x, i) => {
    const probability = cdf(x);
    largest = Math.max(largest, probability - i / n, (i + 1) / n - probability);
  });
  return Math.sqrt(n) * largest;
}

/** Bins with fewer expected counts are joined with the next. */
const leastExpected = 20;

/**
 * Pearson's statistic for counts 0, 1, 2, … as a standard normal score, by Wilson and Hilferty's cube root of χ²/df.
 */
export function chiSquareScore(draws: ArrayLike<number>, mass: (k: number) => number): number {
  const n = draws.length;
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i++) counts.set(draws[i]!, (counts.get(draws[i]!) ?? 0) + 1);
  const largest = Math.max(...counts.keys());
  let statistic = 0;
  let bins = 0;
  let expected = 0;
  let observed = 0;
  let remaining = n;
  let unseen = n;
  const close = (e: number, o: number) => {
    statistic += (o - e) ** 2 / e;
    bins++;
  };
  for (let k = 0; k <= largest && remaining > 2 * leastExpected; k++) {
    expected += n * mass(k);
    observed += counts.get(k) ?? 0;
    if (expected < leastExpected || remaining - expected < leastExpected) continue;
    close(expected, observed);
    remaining -= expected;
    unseen -= observed;
    expected = 0;
    observed = 0;
  }
  close(remaining, unseen);
  const df = bins - 1;
  if (df === 0) return 0;
  const variance = 2 / (9 * df);
  return (Math.cbrt(statistic / df) - (1 - variance)) / Math.sqrt(variance);
}

/** How many standard errors, estimated from the draws, their mean is away from the truth. */
export function meanScore(draws: ArrayLike<number>, truth: number): number {
  const n = draws.length;
  const values = Float64Array.from(draws);
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return variance === 0
    ? Math.abs(mean - truth) < 1e-6
      ? 0
      : Number.POSITIVE_INFINITY
    : (mean - truth) / Math.sqrt(variance / n);
}

/** The same for the variance about a known mean. */
export const varianceScore = (draws: ArrayLike<number>, mean: number, truth: number): number =>
  meanScore(
    Float64Array.from(draws, (x) => (x - mean) ** 2),
    truth,
  );
