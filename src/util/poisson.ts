import { normalQuantile } from "./normalQuantile.js";

/** log k! − log(√(2πk)·(k/e)ᵏ), the error of Stirling's formula, for k ≥ 10. */
const stirlingError = (k: number): number => {
  const inverse = 1 / (k * k);
  return (1 / 12 - (1 / 360 - (1 / 1260 - inverse / 1680) * inverse) * inverse) / k;
};

/** Poisson probability e^−λ λᵏ / k!, in Loader's saddle-point form, which loses no digits when λ and k are large. */
function probability(k: number, rate: number): number {
  if (k < 10) {
    let p = Math.exp(-rate);
    for (let i = 1; i <= k; i++) p *= rate / i;
    return p;
  }
  const t = (k - rate) / rate;
  return Math.exp(-stirlingError(k) - rate * ((1 + t) * Math.log1p(t) - t)) / Math.sqrt(2 * Math.PI * k);
}

/** P(K ≤ k), summed downwards from k until the terms no longer count. */
function cumulative(k: number, rate: number): number {
  let sum = 0;
  for (let i = k, p = probability(k, rate); i >= 0; p *= i / rate, i--) {
    sum += p;
    if (i < rate && p < 1e-17 * sum) break;
  }
  return Math.min(sum, 1);
}

/**
 * The Poisson quantile: the smallest k with P(K ≤ k) ≥ u.
 *
 * Cornish–Fisher's expansion gives a real x whose floor is the answer unless x lies close to an integer (M. Giles,
 * "Algorithm 955", ACM TOMS 2016, eq. 9); there the distribution function is summed at the estimate and walked. Small rates
 * and far tails start at the mode.
 */
export function poissonQuantile(u: number, rate: number): number {
  if (!(rate >= 0) || Number.isNaN(u)) return Number.NaN;
  if (u >= 1) return rate === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (u <= 0 || rate === 0) return 0;
  const z = normalQuantile(u);
  const w = z * z;
  if (rate < 1000 || (w > 36 && rate < 2 ** 50)) return walk(u, rate, Math.floor(rate));
  const s = Math.sqrt(rate);
  const expansion =
    rate + s * z + (1 / 3 + w / 6) - (z * (2 + w)) / (72 * s) + (-8 / 405 + (7 * w) / 810 + (w * w) / 270) / rate;
  const error = (0.025 + w / 80 + (w * w) / 160) / rate;
  const nearest = Math.round(expansion);
  // beyond, neighbouring counts are no longer apart in double precision
  if (rate >= 2 ** 50) return Number.isFinite(rate) ? Math.floor(expansion) : rate;
  return Math.abs(expansion - nearest) > error ? Math.floor(expansion) : walk(u, rate, nearest - 1);
}

/** Walks from an estimate k to the quantile. */
function walk(u: number, rate: number, k: number): number {
  let below = cumulative(k, rate);
  let p = probability(k, rate);
  if (below >= u) {
    while (k > 0 && below - p >= u) {
      below -= p;
      p *= k / rate;
      k--;
    }
    return k;
  }
  while (below < u) {
    k++;
    p *= rate / k;
    if (p < 1e-18 * below && k > rate) break;
    below += p;
  }
  return k;
}
