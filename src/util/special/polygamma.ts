import { hurwitzZeta } from "./hurwitzZeta.js";

/** B₂ₖ/(2k) for k = 1, 2, …: the asymptotic series of ψ. */
export const asymptotic: readonly number[] = [
  1 / 12,
  -1 / 120,
  1 / 252,
  -1 / 240,
  1 / 132,
  -691 / 32760,
  1 / 12,
  -3617 / 8160,
];

/** cot πx without loss for large x. */
const cotPi = (x: number): number => 1 / Math.tan(Math.PI * (x - Math.round(x)));

/** The positive zero of ψ in two parts, and the Taylor coefficients there from the first power on. */
const zero = { high: 1.4616321449683622, low: 9.549995429965697e-17 } as const;
const atZero = Array.from({ length: 14 }, (_, k) => (-1) ** k * hurwitzZeta(k + 2, zero.high));

/** ψ(x) = d log Γ(x)/dx: recurrence up to 10, then the asymptotic series; reflection for negative x. */
export function digamma(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x <= 0) return Number.isInteger(x) ? Number.NaN : digamma(1 - x) - Math.PI * cotPi(x);
  if (Math.abs(x - zero.high) < 0.1) {
    const distance = x - zero.high - zero.low;
    return distance * atZero.reduceRight((sum, each) => sum * distance + each, 0);
  }
  let below = 0;
  for (; x < 10; x++) below += 1 / x;
  let sum = 0;
  for (let k = asymptotic.length - 1; k >= 0; k--) sum = sum / (x * x) + asymptotic[k]!;
  return Math.log(x) - 0.5 / x - sum / (x * x) - below;
}

/** log x − ψ(x) for x > 0, which tends to 0 like 1/2x: without the cancellation of the two. */
export function logMinusDigamma(x: number): number {
  if (x < 10) return Math.log(x) - digamma(x);
  let sum = 0;
  for (let k = asymptotic.length - 1; k >= 0; k--) sum = sum / (x * x) + asymptotic[k]!;
  return 0.5 / x + sum / (x * x);
}

export const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** The coefficients in c = cot πx of the n-th derivative of cot πx: d p(c)/dx = −π(1 + c²)·p′(c). */
export function cotangentPolynomial(n: number): number[] {
  let coefficients = [0, 1];
  for (let order = 0; order < n; order++) {
    const next = new Array<number>(coefficients.length + 1).fill(0);
    coefficients.forEach((coefficient, k) => {
      if (k === 0) return;
      next[k - 1]! -= Math.PI * k * coefficient;
      next[k + 1]! -= Math.PI * k * coefficient;
    });
    coefficients = next;
  }
  return coefficients;
}

/** ψ⁽ⁿ⁾(x), n ≥ 0: (−1)ⁿ⁺¹ n! ζ(n + 1, x), and reflection (DLMF 5.15.6) for negative x. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  const sign = (-1) ** (n + 1);
  if (x > 0) return sign * factorial(n) * hurwitzZeta(n + 1, x);
  if (Number.isNaN(x)) return x;
  if (Number.isInteger(x)) return n % 2 === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  const c = cotPi(x);
  const reflected = cotangentPolynomial(n).reduceRight((sum, coefficient) => sum * c + coefficient, 0);
  return -sign * polygamma(n, 1 - x) - Math.PI * reflected;
}
