/** B₂ₖ/(2k)! for k = 1, 2, …: the coefficients of the Euler–Maclaurin formula. */
export const eulerMaclaurin: readonly number[] = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
];

/** From here on the Euler–Maclaurin formula with the terms above is exact to double precision. */
const start = 12;

/**
 * Hurwitz' zeta function Σₙ (n + a)⁻ˢ for s > 1, a > 0: terms up to n + a ≥ 12, then Euler–Maclaurin (DLMF 25.11.28).
 */
export function hurwitzZeta(s: number, a: number): number {
  const skipped = Math.max(0, Math.ceil(start + s / 2 - a));
  const x = a + skipped;
  let term = s * x ** (-s - 1);
  let sum = x ** (1 - s) / (s - 1) + 0.5 * x ** -s;
  eulerMaclaurin.forEach((coefficient, k) => {
    sum += coefficient * term;
    term *= ((s + 2 * k + 1) * (s + 2 * k + 2)) / (x * x);
  });
  // Smallest terms first.
  for (let n = skipped - 1; n >= 0; n--) sum += (a + n) ** -s;
  return sum;
}
