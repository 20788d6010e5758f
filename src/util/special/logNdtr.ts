import { erfc, erfcx } from "./erf.js";

/** log Φ(x), the logarithm of the standard normal distribution function, exact in both tails. */
export function logNdtr(x: number): number {
  const z = x * Math.SQRT1_2;
  return x > 0 ? Math.log1p(-erfc(z) / 2) : Math.log(erfcx(-z) / 2) - z * z;
}
