import { erfc, erfcx } from "./erf.js";

/** e^{−x²/2}: x² is split so that no digit of it is lost. */
function bell(x: number): number {
  const high = Math.fround(x);
  return Math.exp(-0.5 * high * high) * Math.exp(0.5 * (high - x) * (high + x));
}

/** Φ(x), the standard normal distribution function, exact in the lower tail. */
export function ndtr(x: number): number {
  const z = -x * Math.SQRT1_2;
  if (!(x < -1)) return 0.5 * erfc(z);
  return x < -39 ? 0 : 0.5 * bell(x) * erfcx(z);
}

/** log Φ(x), exact in both tails. */
export function logNdtr(x: number): number {
  return x > 0 ? Math.log1p(-ndtr(-x)) : Math.log(erfcx(-x * Math.SQRT1_2) / 2) - 0.5 * x * x;
}

/** φ(x)/Φ(x), the derivative of log Φ (the inverse Mills ratio of −x), exact in both tails. */
export function inverseMills(x: number): number {
  const z = x * Math.SQRT1_2;
  if (x <= 0) return Math.sqrt(2 / Math.PI) / erfcx(-z);
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI) / (1 - erfc(z) / 2);
}
