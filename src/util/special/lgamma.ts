import { hurwitzZeta } from "./hurwitzZeta.js";

const eulerGamma = 0.5772156649015329;
const halfLogTwoPi = 0.9189385332046728;

/** (−1)ᵏ(ζ(k) − 1)/k for k = 2, 3, …: the Taylor coefficients of log Γ at 2. */
const taylor = Array.from({ length: 29 }, (_, i) => ((-1) ** i * hurwitzZeta(i + 2, 2)) / (i + 2));

/** B₂ₖ/(2k(2k − 1)) for k = 1, 2, …: Stirling's series. */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

/** log Γ(2 + z) for |z| ≤ ½, exact also near its zero at z = 0. */
function nearTwo(z: number): number {
  let sum = 0;
  for (let k = taylor.length - 1; k >= 0; k--) sum = sum * z + taylor[k]!;
  return z * (1 - eulerGamma + z * sum);
}

function positive(x: number): number {
  if (x < 0.5) return positive(x + 1) - Math.log(x);
  if (x < 1.5) return nearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 2.5) return nearTwo(x - 2);
  if (x < 10) {
    const steps = Math.ceil(x - 2.5);
    let product = 1;
    for (let k = 1; k <= steps; k++) product *= x - k;
    return nearTwo(x - steps - 2) + Math.log(product);
  }
  let sum = 0;
  for (let k = stirling.length - 1; k >= 0; k--) sum = sum / (x * x) + stirling[k]!;
  return (x - 0.5) * (Math.log(x) - 1) - 0.5 + halfLogTwoPi + sum / x;
}

/** sin πx without loss for large x. */
const sinPi = (x: number): number => Math.sin(Math.PI * (x - 2 * Math.round(x / 2)));

/** log |Γ(x)|: Taylor series at 2, recurrence, Stirling's series, and Γ(x)Γ(1 − x) = π/sin πx for negative x. */
export function lgamma(x: number): number {
  if (x > 0) return positive(x);
  if (Number.isNaN(x)) return x;
  if (Number.isInteger(x) || x === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  // Near 0 the reflection would cancel: log Γ(x) = log Γ(1 + x) − log |x|.
  if (x > -0.5) return positive(1 + x) - Math.log(-x);
  return Math.log(Math.PI / Math.abs(sinPi(x))) - positive(1 - x);
}
