// log B(a, b) and differences of polygamma functions, without the cancellation of large terms.
import { eulerMaclaurin } from "./hurwitzZeta.js";
import { lgamma } from "./lgamma.js";
import { stirlingError } from "./poissonTerm.js";
import { asymptotic as digammaSeries, factorial } from "./polygamma.js";

const halfLogTwoPi = 0.9189385332046728;

/** log B(p, q) for 0 ≤ p ≤ q: what Stirling's formulas leave of one another (DiDonato and Morris 1992, section 3). */
function ordered(p: number, q: number): number {
  if (p === 0) return q < Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Number.NaN;
  if (q < 10) return lgamma(p) + (lgamma(q) - lgamma(p + q));
  if (q === Number.POSITIVE_INFINITY) return -q;
  const share = Math.log1p(p / q);
  if (p < 10) {
    // log Γ(q) − log Γ(p + q)
    const errors = stirlingError(q) - stirlingError(p + q);
    return lgamma(p) - (p * Math.log(q) - p + (p + q - 0.5) * share - errors);
  }
  const errors = stirlingError(p) + stirlingError(q) - stirlingError(p + q);
  return errors + halfLogTwoPi - 0.5 * Math.log(q) - (p - 0.5) * Math.log1p(q / p) - q * share;
}

/** log B(a, b) = log Γ(a)Γ(b)/Γ(a + b) for a, b > 0. */
export function betaln(a: number, b: number): number {
  if (!(a >= 0 && b >= 0)) return Number.NaN;
  return a < b ? ordered(a, b) : ordered(b, a);
}

/** x⁻ˢ − (x + b)⁻ˢ */
const fall = (x: number, b: number, s: number): number => -(x ** -s) * Math.expm1(-s * Math.log1p(b / x));

/** ψ(a + b) − ψ(a): the recurrence up to 10, then differences of the asymptotic series, of one sign but for small terms. */
function digammaRise(a: number, b: number): number {
  let [x, sum] = [a, 0];
  for (; x < 10; x++) sum += b / (x + b) / x;
  const [u, v] = [1 / x, 1 / (x + b)];
  // uᵏ − vᵏ for u² and v² is (u − v)·(u + v) times this
  let quotient = 1;
  let power = 1;
  let series = 0;
  for (const coefficient of digammaSeries) {
    series += coefficient * quotient;
    power *= v * v;
    quotient = u * u * quotient + power;
  }
  return sum + Math.log1p(b / x) + b * v * u * (0.5 + (u + v) * series);
}

/** ψ⁽ⁿ⁾(a) − ψ⁽ⁿ⁾(a + b) for a > 0, b ≥ 0: term by term of the recurrence and of the Euler–Maclaurin formula. */
export function polygammaDifference(n: number, a: number, b: number): number {
  if (!(a > 0 && b >= 0)) return a === 0 && b > 0 ? (-1) ** (n + 1) * Number.POSITIVE_INFINITY : Number.NaN;
  if (a === Number.POSITIVE_INFINITY) return b === a ? Number.NaN : (-1) ** (n + 1) * 0;
  if (n === 0) return b === Number.POSITIVE_INFINITY ? -b : -digammaRise(a, b);
  const s = n + 1;
  const skipped = Math.max(0, Math.ceil(12 + s / 2 - a));
  const x = a + skipped;
  // ζ(s, a) − ζ(s, a + b)
  let sum = 0.5 * fall(x, b, s) + fall(x, b, n) / n;
  let rising = s;
  eulerMaclaurin.forEach((coefficient, k) => {
    sum += coefficient * rising * fall(x, b, s + 2 * k + 1);
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
  });
  for (let k = skipped - 1; k >= 0; k--) sum += fall(a + k, b, s);
  return (-1) ** (n + 1) * factorial(n) * sum;
}
