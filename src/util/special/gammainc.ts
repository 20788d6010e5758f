// The regularised incomplete gamma functions P(a, x) = γ(a, x)/Γ(a) and Q = 1 − P, and their derivatives in a of every order.
import {
  addJets,
  constantJet,
  continuedFraction,
  derivativeOf,
  divideJets,
  exponentialJet,
  isNegligible,
  type Jet,
  jetOf,
  linearJet,
  multiplyJets,
  type Orders,
  scaleJet,
} from "./jet.js";
import { lgamma } from "./lgamma.js";
import { poissonTerm } from "./poissonTerm.js";
import { factorial, logMinusDigamma, polygamma } from "./polygamma.js";

/** log x − ψ(a + 1) without the cancellation of large logarithms. */
const logRatio = (a: number, x: number): number =>
  (x > a / 2 ? Math.log1p((x - a) / a) : Math.log(x / a)) + logMinusDigamma(a) - 1 / a;

/** xᵃe⁻ˣ/Γ(a + 1). */
function term(a: number, x: number, orders: Orders): Jet {
  const exponent = jetOf(orders, (k) => {
    if (k === 0) return 0;
    return k === 1 ? logRatio(a, x) : -polygamma(k - 1, a + 1) / factorial(k);
  });
  return exponentialJet(exponent, poissonTerm(a, x));
}

/** Σ xᵏ/((a + 1)…(a + k)), all terms positive: P = term·series (DLMF 8.11.4). */
function series(a: number, x: number, orders: Orders): Jet {
  let sum = constantJet(1, orders);
  let each = constantJet(1, orders);
  for (let k = 1; k < 100_000; k++) {
    each = divideJets(scaleJet(each, x), linearJet(a + k, 1, 0, orders));
    sum = addJets(sum, each);
    if (isNegligible(each, sum)) break;
  }
  return sum;
}

/** Γ(a, x)·eˣ/xᵃ = 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)) (DLMF 8.9.2). */
function fraction(a: number, x: number, orders: Orders): Jet {
  const b = (k: number) => linearJet(x + 1 - a + 2 * k, -1, 0, orders);
  const denominator = continuedFraction(b(0), (k) => [linearJet(k * (a - k), k, 0, orders), b(k)]);
  return divideJets(constantJet(1, orders), denominator);
}

/** Q for small x and a, where 1 − P would cancel: 1 − xᵃ/Γ(1 + a)·(1 + a Σ (−x)ᵏ/((a + k) k!)). */
function upperNearZero(a: number, x: number): number {
  let sum = 0;
  let power = 1;
  for (let k = 1; k < 200; k++) {
    power *= -x / k;
    const next = sum + power / (a + k);
    if (next === sum) break;
    sum = next;
  }
  const exponent = a * Math.log(x) - lgamma(1 + a);
  return -Math.expm1(exponent) - Math.exp(exponent) * a * sum;
}

const usesSeries = (a: number, x: number): boolean => x < a + 1;

/** The function at its ends and outside its domain; undefined inside. */
function atEdge(order: number, a: number, x: number, atZero: number): number | undefined {
  if (Number.isNaN(a) || Number.isNaN(x) || a < 0 || x < 0) return Number.NaN;
  if (a === 0) return order === 0 && x > 0 ? 1 - atZero : Number.NaN;
  if (x === 0) return order === 0 ? atZero : 0;
  if (x === Number.POSITIVE_INFINITY) return order === 0 ? 1 - atZero : 0;
  if (a === Number.POSITIVE_INFINITY) return order === 0 ? atZero : 0;
  return undefined;
}

/** ∂ⁿP(a, x)/∂aⁿ for a > 0, x ≥ 0. */
export function gammainc(order: number, a: number, x: number): number {
  const edge = atEdge(order, a, x, 0);
  if (edge !== undefined) return edge;
  if (!usesSeries(a, x)) return order === 0 ? 1 - gammaincc(0, a, x) : -gammaincc(order, a, x);
  return derivativeOf(multiplyJets(term(a, x, [order, 0]), series(a, x, [order, 0])));
}

/** ∂ⁿQ(a, x)/∂aⁿ for a > 0, x ≥ 0. */
export function gammaincc(order: number, a: number, x: number): number {
  const edge = atEdge(order, a, x, 1);
  if (edge !== undefined) return edge;
  if (usesSeries(a, x)) {
    if (order > 0) return -gammainc(order, a, x);
    return x < 1.5 && a < 1 ? upperNearZero(a, x) : 1 - gammainc(0, a, x);
  }
  // xᵃe⁻ˣ/Γ(a) is a times the term
  const density = multiplyJets(term(a, x, [order, 0]), linearJet(a, 1, 0, [order, 0]));
  return derivativeOf(multiplyJets(density, fraction(a, x, [order, 0])));
}

/**
 * d log x/da at a fixed quantile, −(∂P/∂a)/(x·∂P/∂x), for y = log x: how the logarithm of a draw of a gamma distribution
 * moves with its shape (Figurnov, Mohamed & Mnih, "Implicit reparameterization gradients", 2018). The densities cancel, so
 * that tails keep their digits, also where x itself is too small for a number.
 */
export function logGammaFlow(a: number, y: number): number {
  if (!(a > 0) || Number.isNaN(y)) return Number.NaN;
  const first = [1, 0] as const;
  const x = Math.exp(y);
  const slope = x > a / 2 ? logRatio(a, x) : y - Math.log(a) + logMinusDigamma(a) - 1 / a;
  if (usesSeries(a, x)) {
    const [value, derivative] = series(a, x, first).at as [number, number];
    return -(slope * value + derivative) / a;
  }
  const [value, derivative] = fraction(a, x, first).at as [number, number];
  return (1 / a + slope) * value + derivative;
}
