// The entropy of negative binomial counts by summation, and its derivatives from those of the probabilities.
import { polygammaDifference } from "./betaln.js";
import { choose, expectation, type Law, logDerivative, sign } from "./countEntropies.js";

/** r failures and the odds o = p/(1 − p) of a success. */
const law = (r: number, odds: number): Law => ({
  mode: r > 1 ? Math.floor((r - 1) * odds) : 0,
  last: Number.POSITIVE_INFINITY,
  ratio: (k) => ((k - 1 + r) / k) * (odds / (1 + odds)),
});

/** ∂ⁱ⁺ʲ/∂rⁱ∂oʲ of log p(k) = log Γ(k + r)/(Γ(r) k!) + k log o − (r + k) log(1 + o), i + j ≥ 1 */
function logMassDerivative(i: number, j: number, k: number, r: number, odds: number): number {
  if (j === 0) return -polygammaDifference(i - 1, r, k) - (i === 1 ? Math.log1p(odds) : 0);
  if (i === 0 && j === 1) return (k - r * odds) / (odds * (1 + odds));
  if (i === 0) return k * logDerivative(j, odds) - (r + k) * logDerivative(j, 1 + odds);
  return i === 1 ? -logDerivative(j, 1 + odds) : 0;
}

/** Σ (i over a)(j over b)·f(a, b)·g(i − a, j − b), the derivative of a product. */
function ofProduct(i: number, j: number, f: (a: number, b: number) => number, g: (a: number, b: number) => number) {
  let sum = 0;
  for (let a = 0; a <= i; a++)
    for (let b = 0; b <= j; b++) sum += choose(i, a) * choose(j, b) * f(a, b) * g(i - a, j - b);
  return sum;
}

/** The derivative of the entropy of order i in the number r of failures and j in the odds of a success. */
export function negativeBinomialEntropy(i: number, j: number, r: number, odds: number): number {
  if (!(r > 0 && odds >= 0 && r < Number.POSITIVE_INFINITY && odds < Number.POSITIVE_INFINITY)) return Number.NaN;
  if (odds === 0) return j === 0 ? 0 : sign(j - 1) * Number.POSITIVE_INFINITY;
  if (i + j === 0) return expectation(law(r, odds), (_, p) => -Math.log(p));
  return expectation(law(r, odds), (k, p) => {
    const log = (a: number, b: number): number => (a + b === 0 ? Math.log(p) : logMassDerivative(a, b, k, r, odds));
    /** Derivatives of the probability in units of it, from p′ = p·(log p)′. */
    const mass = (a: number, b: number): number => {
      if (a + b === 0) return 1;
      return a > 0
        ? ofProduct(a - 1, b, (c, d) => log(c + 1, d), mass)
        : ofProduct(0, b - 1, (c, d) => log(c, d + 1), mass);
    };
    return -ofProduct(i, j, log, mass);
  });
}
