import { erfc, erfcx } from "./erf.js";

/** log Φ(x), the logarithm of the standard normal distribution function, exact in both tails. */
export function logNdtr(x: number): number {
  const z = x * Math.SQRT1_2;
  return x > 0 ? Math.log1p(-erfc(z) / 2) : Math.log(erfcx(-z) / 2) - z * z;
}

/** φ(x)/Φ(x), the derivative of log Φ (the inverse Mills ratio of −x), exact in both tails. */
export function inverseMills(x: number): number {
  const z = x * Math.SQRT1_2;
  if (x <= 0) return Math.sqrt(2 / Math.PI) / erfcx(-z);
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI) / (1 - erfc(z) / 2);
}
