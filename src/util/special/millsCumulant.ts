import { integrate } from "../quadrature/gaussLegendre.js";
import { cumulantsOf } from "./cumulants.js";
import { inverseMills } from "./logNdtr.js";

/** Where the density of T has fallen to e⁻⁴⁵ of its height at the mode. */
function reach(x: number): readonly [from: number, to: number] {
  if (x < 0) return [0, 90 / (Math.sqrt(x * x + 90) - x)];
  const width = Math.sqrt(90);
  return [Math.max(0, x - width), x + width];
}

/** x + φ(x)/Φ(x) for x = −a ≤ −3: 1/(a + 2/(a + 3/(a + …))) (Abramowitz and Stegun 26.2.14). */
function excessBelow(a: number): number {
  let denominator = a;
  for (let k = Math.ceil(40 + 700 / (a * a)); k >= 2; k--) denominator = a + k / denominator;
  return 1 / denominator;
}

/** x + φ(x)/Φ(x) times a + 2 in q = (a − 3)/(a + 3), lowest power first, to 2⁻²⁵ for a ≥ ½: for single precision. */
export const excessSeries: readonly number[] = [
  1.4154932, -0.41818362, -0.12595104, 0.15760791, 9.705718e-3, -0.04973784, -2.384824e-3, 0.016436048, 1.4117538e-3,
  -4.881585e-3, -3.6888625e-4, 8.5313607e-4,
];

/**
 * The n-th cumulant, n ≥ 1, of T ≥ 0 with density ∝ e^{xt − t²/2}, which is the n-th derivative of log Φ(x) + x²/2. The
 * first is x + φ(x)/Φ(x), about −1/x for x → −∞; the others by quadrature, because formulas in φ/Φ cancel.
 */
export function millsCumulant(n: number, x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === Number.NEGATIVE_INFINITY) return 0;
  if (n === 1) return x > -3 ? x + inverseMills(x) : excessBelow(-x);
  if (x === Number.POSITIVE_INFINITY) return n === 2 ? 1 : 0;
  const [from, to] = reach(x);
  // relative to the largest value
  const density = (t: number): number => Math.exp(x < 0 ? t * (x - 0.5 * t) : -0.5 * (t - x) * (t - x));
  const weighed = (f: (t: number) => number) => integrate((t) => f(t) * density(t), from, to, 6);
  const total = weighed(() => 1);
  const mean = weighed((t) => t) / total;
  return cumulantsOf(n, mean, (k) => weighed((t) => (t - mean) ** k) / total)[n]!;
}
