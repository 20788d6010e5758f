// Student's t distribution of ν = 2h degrees of freedom in r = t/√ν, whose density is (1 + r²)^{−h − ½}/B(h, ½): there the
// distribution function is an incomplete beta function at a point that does not depend on h.
import { betainc } from "./betainc.js";
import { logitBetaRoot } from "./quantiles.js";

/** ∂ⁿ/∂hⁿ of P(R ≤ r), exact in the lower tail. */
export function studentTCdf(n: number, h: number, r: number): number {
  if (!(h > 0) || Number.isNaN(r)) return Number.NaN;
  const atCentre = n === 0 ? 0.5 : 0;
  if (r === 0) return atCentre;
  const above = Math.abs(r) === Number.POSITIVE_INFINITY ? 1 : 1 / (1 + 1 / (r * r));
  const below = 1 / (1 + r * r);
  // both are the same number, from the side on which it has all its digits
  const tail =
    below < (h + 1) / (h + 2.5)
      ? 0.5 * betainc([n, 0], h, 0.5, below)
      : atCentre - 0.5 * betainc([0, n], 0.5, h, above);
  if (r < 0) return tail;
  return n === 0 ? 1 - tail : -tail;
}

/** The r of P(R ≤ r) = p. */
export function studentTQuantile(p: number, h: number): number {
  if (!(p >= 0 && p <= 1 && h > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const r = Math.exp(-0.5 * logitBetaRoot(2 * tail, 1 - 2 * tail, h, 0.5));
  return p < 0.5 ? -r : r;
}
