// The standard normal distribution on an interval [a, b], either end of which may be infinite, exact in both tails.
import { normalQuantile } from "../normalQuantile.js";
import { integrate } from "../quadrature/gaussLegendre.js";
import { erfc } from "./erf.js";
import { inverseMills, logNdtr } from "./logNdtr.js";

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);

/** The point of [a, b] that is nearest to 0: the mode. */
const modeOf = (a: number, b: number): number => (a > 0 ? a : b < 0 ? b : 0);

const isInterval = (a: number, b: number): boolean =>
  a < b && a < Number.POSITIVE_INFINITY && b > Number.NEGATIVE_INFINITY;

/** −(x² − m²)/2 */
const exponent = (x: number, mode: number): number => -0.5 * (x - mode) * (x + mode);

/** Where the density has fallen to e⁻⁴⁵ of its height at the mode, or the end before that. */
function effective(a: number, b: number): readonly [number, number] {
  const mode = modeOf(a, b);
  const reach = 90 / (Math.abs(mode) + Math.sqrt(mode * mode + 90));
  return [Math.max(a, mode - reach), Math.min(b, mode + reach)];
}

/** log ∫ e^{−(x² − m²)/2} over [a, b], m the mode. */
function logMass(a: number, b: number): number {
  if (a > -b) return logMass(-b, -a);
  // now a < 0, and b ≤ |a|
  if (b > 0) {
    const mass = 1 - 0.5 * erfc(-a * Math.SQRT1_2) - 0.5 * erfc(b * Math.SQRT1_2);
    if (mass > 0.1) return Math.log(mass) + logRootTwoPi;
  }
  const mode = modeOf(a, b);
  const [from, to] = effective(a, b);
  return Math.log(integrate((x) => Math.exp(exponent(x, mode)), from, to, 8));
}

/** log φ(x) − log(Φ(b) − Φ(a)) */
export function truncatedLogDensity(x: number, a: number, b: number): number {
  if (!isInterval(a, b)) return Number.NaN;
  return exponent(x, modeOf(a, b)) - logMass(a, b);
}

/** log(eˣ(1 − w) + eʸw) */
function logMix(x: number, y: number, w: number): number {
  const [first, second] = [x + Math.log1p(-w), y + Math.log(w)];
  const larger = Math.max(first, second);
  return larger === Number.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(-Math.abs(first - second)));
}

/** The x ≤ 0 of log Φ(x) = y. */
function quantileOfLog(y: number): number {
  if (y > -20) return normalQuantile(Math.exp(y));
  // log Φ(x) ≈ −x²/2 − log(−x√2π), then Newton's method
  let x = -Math.sqrt(-2 * y - Math.log(-4 * Math.PI * y));
  for (let step = 0; step < 8; step++) x -= (logNdtr(x) - y) / inverseMills(x);
  return x;
}

/** The x of (Φ(x) − Φ(a))/(Φ(b) − Φ(a)) = u, from whichever tail holds less. */
export function truncatedQuantile(u: number, a: number, b: number): number {
  if (!isInterval(a, b) || !(u >= 0 && u <= 1)) return Number.NaN;
  if (u === 0) return a;
  if (u === 1) return b;
  const below = logMix(logNdtr(a), logNdtr(b), u);
  const above = logMix(logNdtr(-a), logNdtr(-b), u);
  const x = below < above ? quantileOfLog(below) : -quantileOfLog(above);
  return Math.min(b, Math.max(a, x));
}

/** ∫ f(x)·p(x) over [a, b], p the density. */
function expectation(f: (x: number) => number, a: number, b: number): number {
  const [from, to] = effective(a, b);
  const mode = modeOf(a, b);
  const density = (x: number) => Math.exp(exponent(x, mode));
  return integrate((x) => f(x) * density(x), from, to, 8) / integrate(density, from, to, 8);
}

/** E x */
export function truncatedMean(a: number, b: number): number {
  if (!isInterval(a, b)) return Number.NaN;
  const mode = modeOf(a, b);
  return mode + expectation((x) => x - mode, a, b);
}

/** E (x − E x)², without cancellation for narrow intervals and far tails. */
export function truncatedVariance(a: number, b: number): number {
  if (!isInterval(a, b)) return Number.NaN;
  const mode = modeOf(a, b);
  const offset = expectation((x) => x - mode, a, b);
  return expectation((x) => (x - mode - offset) ** 2, a, b);
}

/** ∫ of the density from a to x, from the tail that the interval lies in. */
export function truncatedCdf(x: number, a: number, b: number): number {
  if (!isInterval(a, b) || Number.isNaN(x)) return Number.NaN;
  if (x <= a) return 0;
  if (x >= b) return 1;
  /** The share of an interval that begins or ends where [a, b] does. */
  const share = (from: number, to: number): number =>
    Math.exp(logMass(from, to) - logMass(a, b) - exponent(modeOf(a, b), modeOf(from, to)));
  const below = share(a, x);
  return below < 0.5 ? below : 1 - share(x, b);
}

/** −E log p */
export function truncatedEntropy(a: number, b: number): number {
  if (!isInterval(a, b)) return Number.NaN;
  const mode = modeOf(a, b);
  return logMass(a, b) - expectation((x) => exponent(x, mode), a, b);
}
