// Quantiles that have no closed form, by Newton's method on the logarithm of the nearer tail.
import { normalQuantile } from "../normalQuantile.js";
import { betainc } from "./betainc.js";
import { gammainc, gammaincc } from "./gammainc.js";
import { densityOfLog } from "./gammaShapeParts.js";
import { lgamma } from "./lgamma.js";
import { increasingRoot } from "./newton.js";

/** The y of P(a, eʸ) = p, where q = 1 − p. */
function logGammaRoot(p: number, q: number, a: number): number {
  if (!(a > 0 && a < Number.POSITIVE_INFINITY && p >= 0 && q >= 0)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (q === 0) return Number.POSITIVE_INFINITY;
  // Wilson and Hilferty's cube root; xᵃ/Γ(a + 1) where that is no number, or the shape is small
  const z = p < q ? normalQuantile(p) : -normalQuantile(q);
  const root = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  const start = a > 0.5 && root > 0.1 ? Math.log(a) + 3 * Math.log(root) : (Math.log(p) + lgamma(a + 1)) / a;
  const lower = (y: number): readonly [number, number] => {
    const x = Math.exp(y);
    if (x < 1e-300) return [a * y - lgamma(a + 1) - Math.log(p), a];
    const value = gammainc(0, a, x);
    return [Math.log(value / p), densityOfLog(a, y) / value];
  };
  const upper = (y: number): readonly [number, number] => {
    const value = gammaincc(0, a, Math.exp(y));
    return [-Math.log(value / q), densityOfLog(a, y) / value];
  };
  return increasingRoot(p < q ? lower : upper, start);
}

/** The logarithm of the x of P(a, x) = p. */
export const logGammaQuantile = (p: number, a: number): number => logGammaRoot(p, 1 - p, a);

/** The logarithm of the x of Q(a, x) = q. */
export const logGammaUpperQuantile = (q: number, a: number): number => logGammaRoot(1 - q, q, a);

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

/** The t of I_x(a, b) = p at x = 1/(1 + e⁻ᵗ), where q = 1 − p. */
export function logitBetaRoot(p: number, q: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && a + b < Number.POSITIVE_INFINITY && p >= 0 && q >= 0)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (q === 0) return Number.POSITIVE_INFINITY;
  if (p > q) return -logitBetaRoot(q, p, b, a);
  const logBeta = lgamma(a) + lgamma(b) - lgamma(a + b);
  const residual = (t: number): readonly [number, number] => {
    const x = sigmoid(t);
    // far below, I = xᵃ/(a·B(a, b))
    if (x < 1e-300) return [a * t - Math.log(a) - logBeta - Math.log(p), a];
    const value = betainc([0, 0], a, b, x);
    return [Math.log(value / p), Math.exp(a * Math.log(x) + b * Math.log(sigmoid(-t)) - logBeta) / value];
  };
  return increasingRoot(residual, Math.min(Math.log(a / b), (Math.log(p) + Math.log(a) + logBeta) / a));
}

/** The x of I_x(a, b) = p. */
export const betaQuantile = (p: number, a: number, b: number): number => sigmoid(logitBetaRoot(p, 1 - p, a, b));
