/** What a fit remembers of a stretch of steps. */
export interface HistoryEntry {
  /** Steps taken when the stretch ended. */
  readonly step: number;
  /** Mean of the objective's estimates over the stretch. */
  readonly objective: number;
  /** Standard error of that mean, taking the estimates as independent; NaN for a single step. */
  readonly standardError: number;
  /** Mean Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** Count, mean, sum of squared deviations from the mean, and sum of gradient norms. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
  readonly norms: number;
}

export const noMoments: Moments = { count: 0, mean: 0, squares: 0, norms: 0 };

/** The moments of `count` values x from Σ (x − shift), Σ (x − shift)² and their norms' sum. */
export function momentsOfSums(count: number, shift: number, [sum, squares, norms]: readonly number[]): Moments {
  if (count === 0) return noMoments;
  const deviation = Math.max(0, squares! - (sum! * sum!) / count);
  return { count, mean: shift + sum! / count, squares: deviation, norms: norms! };
}

/** The moments of both together (Chan, Golub & LeVeque 1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const difference = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (difference * b.count) / count,
    squares: a.squares + b.squares + (difference * difference * a.count * b.count) / count,
    norms: a.norms + b.norms,
  };
}

/** √(s²/n), NaN for fewer than two values. */
export const standardErrorOf = ({ count, squares }: Moments): number =>
  count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1) / count);

export const entryOf = (step: number, moments: Moments): HistoryEntry => ({
  step,
  objective: moments.mean,
  standardError: standardErrorOf(moments),
  gradientNorm: moments.norms / moments.count,
});

/** The share of the history at its end that the final estimate is taken from. */
const finalShare = 0.1;

/** The objective over the last tenth of the steps' reports (at least one), with its standard error. */
export function smoothed(history: readonly HistoryEntry[]): { objective: number; standardError: number } {
  const from = history.length - Math.max(1, Math.ceil(finalShare * history.length));
  const moments = history.slice(from).reduce<Moments>((total, { step, objective, standardError }, i) => {
    const count = step - (history[from + i - 1]?.step ?? 0);
    const squares = count < 2 ? 0 : standardError ** 2 * count * (count - 1);
    return mergeMoments(total, { count, mean: objective, squares, norms: 0 });
  }, noMoments);
  return { objective: history.length === 0 ? Number.NaN : moments.mean, standardError: standardErrorOf(moments) };
}
