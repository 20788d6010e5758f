// Quantiles of counts by bisection between whole numbers, from their distribution functions in double precision.
import { betainc } from "./betainc.js";

/** What equals u but for rounding reaches it. */
const tie = 1 - 1e-13;

/** The smallest k in (low, high] with F(k) ≥ u, for F(high) ≥ u. */
function bisect(u: number, cdf: (k: number) => number, low: number, high: number): number {
  let [below, reached] = [low, high];
  while (reached - below > 1) {
    const middle = Math.floor((below + reached) / 2);
    // beyond 2⁵³ neighbouring numbers are further apart
    if (middle <= below || middle >= reached) break;
    if (cdf(middle) >= u * tie) reached = middle;
    else below = middle;
  }
  return reached;
}

/** The smallest k with P(K ≤ k) ≥ u for the number K of successes among n trials; q is the probability of a failure. */
export function binomialQuantile(u: number, n: number, q: number): number {
  if (!(Number.isInteger(n) && n >= 0 && q >= 0 && q <= 1) || Number.isNaN(u)) return Number.NaN;
  if (u <= 0) return 0;
  return bisect(u, (k) => betainc([0, 0], n - k, k + 1, q), -1, n);
}

/** The smallest k with P(K ≤ k) ≥ u for the number K of successes, of the odds o, before the r-th failure. */
export function negativeBinomialQuantile(u: number, r: number, odds: number): number {
  if (!(r > 0 && odds >= 0) || Number.isNaN(u)) return Number.NaN;
  if (u <= 0 || odds === 0) return 0;
  if (u >= 1 || !Number.isFinite(r * odds)) return Number.POSITIVE_INFINITY;
  const cdf = (k: number): number => betainc([0, 0], r, k + 1, 1 / (1 + odds));
  let [low, high] = [-1, Math.max(1, Math.ceil(r * odds))];
  while (cdf(high) < u * tie && Number.isFinite(high)) [low, high] = [high, 2 * high];
  return bisect(u, cdf, low, high);
}
