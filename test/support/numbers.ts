// Truths in plain JavaScript: brute-force expectations, and derivatives by differences.

/** Derivatives by the five-point formula: relative error about 1e-11 for smooth functions of moderate size. */
export function differences(f: (x: readonly number[]) => number, at: readonly number[], step = 1e-3): number[] {
  return at.map((_, i) => {
    const along = (h: number) => f(at.map((x, j) => (j === i ? x + h : x)));
    return (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step);
  });
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export function softmax(logits: readonly number[]): number[] {
  const weights = logits.map(Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** All tuples of `length` values among 0 … count − 1. */
export function tuples(length: number, count = 2): number[][] {
  if (length === 0) return [[]];
  return tuples(length - 1, count).flatMap((head) => Array.from({ length: count }, (_, last) => [...head, last]));
}

/** Σ_b Π p_i(b_i) f(b) over independent flips with probabilities p. */
export const overFlips = (p: readonly number[], f: (b: readonly number[]) => number): number =>
  tuples(p.length).reduce((sum, b) => sum + b.reduce((mass, bit, i) => mass * (bit ? p[i]! : 1 - p[i]!), 1) * f(b), 0);

/** E f(x) under N(mu, sigma), by the trapezoidal rule over ±12 standard deviations. */
export function overNormal(mu: number, sigma: number, f: (x: number) => number, steps = 4000): number {
  const width = 24 / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const e = -12 + i * width;
    sum += Math.exp(-0.5 * e * e) * f(mu + sigma * e);
  }
  return (sum * width) / Math.sqrt(2 * Math.PI);
}
