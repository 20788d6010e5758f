import { lgamma } from "./lgamma.js";

const halfLogTwoPi = 0.9189385332046728;

/** log Γ(a + 1) − (a + ½) log a + a − ½ log 2π, the error of Stirling's formula, for a > 0. */
export function stirlingError(a: number): number {
  if (a < 10) return lgamma(a + 1) - (a + 0.5) * Math.log(a) + a - halfLogTwoPi;
  const inverse = 1 / (a * a);
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
  return coefficients.reduceRight((sum, each) => sum * inverse + each, 0) / a;
}

/** a·log(a/x) + x − a ≥ 0, without cancellation near x = a; x for a = 0. */
export function deviance(a: number, x: number): number {
  if (a === 0) return x;
  const difference = a - x;
  if (!(Math.abs(difference) <= 0.4 * (a + x))) return a * Math.log(a / x) + x - a;
  if (difference === 0) return 0;
  const v = difference / (a + x);
  let sum = difference * v;
  let term = 2 * a * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** xᵃe⁻ˣ/Γ(a + 1) for a, x > 0: the probability of a in a Poisson distribution of mean x, to nearly full precision. */
export const poissonTerm = (a: number, x: number): number =>
  Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a);
