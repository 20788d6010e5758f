// The modified Bessel functions I₀ and I₁, scaled by e^{−x}, from series all of whose terms are positive: nothing cancels.

/** The largest order for which the asymptotic series is exact to double precision from here on. */
const far = (n: number): number => 24 + 3 * n;

/** Σ of terms, each the one before times `ratio`, until they no longer matter or begin to grow. */
function sumOf(first: number, ratio: (k: number) => number): number {
  let sum = first;
  let term = first;
  for (let k = 0; k < 500; k++) {
    const next = term * ratio(k);
    if (k > 0 && next > term && next < 1e-15 * sum) break;
    term = next;
    const total = sum + term;
    if (total === sum) break;
    sum = total;
  }
  return sum;
}

/** 2ⁿ·(½)ₙ/n!, the mean of (1 − cos t)ⁿ over all angles. */
const meanPower = (n: number): number => (n === 0 ? 1 : (meanPower(n - 1) * (2 * n - 1)) / n);

/**
 * Jₙ(x) = (1/π)∫₀^π (1 − cos t)ⁿ·e^{−x(1 − cos t)} dt for x ≥ 0: J₀ = e^{−x}I₀, and Jₙ′ = −Jₙ₊₁. It is a multiple of
 * e^{−2x}·M(½, n + 1, 2x) (DLMF 13.4.1, 13.2.39), and for large x the asymptotic series of that (13.7.2).
 */
export function besselMoment(n: number, x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x > 1e300) return x === Number.POSITIVE_INFINITY ? 0 : n === 0 ? 1 / Math.sqrt(2 * Math.PI) / Math.sqrt(x) : 0;
  if (x < far(n))
    return meanPower(n) * Math.exp(-2 * x) * sumOf(1, (k) => (((k + 0.5) / (n + 1 + k)) * 2 * x) / (k + 1));
  // Γ(n + ½)/(π√2·xⁿ⁺½)
  let first = 1 / Math.sqrt(2 * Math.PI * x);
  for (let k = 0; k < n; k++) first *= (k + 0.5) / x;
  return sumOf(first, (k) => ((k + 0.5) * (n + k + 0.5)) / ((k + 1) * 2 * x));
}

/** e^{−|x|}·I₁(x): by powers (DLMF 10.25.2), then J₀ − J₁, where J₁ is small. */
export function i1e(x: number): number {
  const a = Math.abs(x);
  if (!(a < far(1))) return Number.isNaN(x) ? x : Math.sign(x) * (besselMoment(0, a) - besselMoment(1, a));
  const quarter = (x * x) / 4;
  return 0.5 * x * Math.exp(-a) * sumOf(1, (k) => quarter / ((k + 1) * (k + 2)));
}

/** e^{−|x|}·I₀(x) */
export const i0e = (x: number): number => besselMoment(0, Math.abs(x));

/** log I₀(x), exact also near its zero at 0. */
export function logI0(x: number): number {
  const a = Math.abs(x);
  if (!(a < far(0))) return a === Number.POSITIVE_INFINITY ? a : a + Math.log(besselMoment(0, a));
  const quarter = (a * a) / 4;
  return Math.log1p(quarter * sumOf(1, (k) => quarter / ((k + 2) * (k + 2))));
}

/** I₁(x)/I₀(x) */
export const besselRatio = (x: number): number =>
  Math.abs(x) === Number.POSITIVE_INFINITY ? Math.sign(x) : i1e(x) / i0e(x);
