// Entropies of counts by summation, and their derivatives: those of E f(K) are expectations of differences of f.
import { deviance, stirlingError } from "./poissonTerm.js";

/** A law of counts 0 … last with a single peak, by its mode and by p(k)/p(k − 1). */
export interface Law {
  readonly mode: number;
  readonly last: number;
  readonly ratio: (k: number) => number;
}

/** Terms below this part of the largest do not count. */
const negligible = 1e-20;

/** E f(K) for f(k, p(k)). */
export function expectation({ mode, last, ratio }: Law, f: (k: number, p: number) => number): number {
  const above = [1];
  for (let k = mode + 1, p = 1; k <= last && p >= negligible; k++) {
    p *= ratio(k);
    above.push(p);
  }
  const below: number[] = [];
  for (let k = mode, p = 1; k > 0 && p >= negligible; k--) {
    p /= ratio(k);
    below.push(p);
  }
  const mass = [...below, ...above].reduce((sum, p) => sum + p, 0);
  const term = (k: number, weight: number): number => (weight > 0 ? (weight / mass) * f(k, weight / mass) : 0);
  const from = (weights: readonly number[], count: (i: number) => number): number =>
    weights.reduce((sum, weight, i) => sum + term(count(i), weight), 0);
  return from(below, (i) => mode - 1 - i) + from(above, (i) => mode + i);
}

const surprise = (_: number, p: number): number => -Math.log(p);

export const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
export const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
export const sign = (n: number): number => (n % 2 === 0 ? 1 : -1);

/** Δᵐ log at k + 1: log(k + 1) for m = 0, log((k + 2)/(k + 1)) for m = 1. */
function logDifference(order: number, k: number): number {
  if (order === 0) return Math.log(k + 1);
  let sum = 0;
  for (let i = 0; i < order; i++) sum += sign(order - 1 - i) * choose(order - 1, i) * Math.log1p(1 / (k + i + 1));
  return sum;
}

/** dʲ log x/dxʲ, j ≥ 1 */
export const logDerivative = (order: number, x: number): number =>
  (sign(order - 1) * factorial(order - 1)) / x ** order;

const poissonLaw = (rate: number): Law => ({
  mode: Math.floor(rate),
  last: Number.POSITIVE_INFINITY,
  ratio: (k) => rate / k,
});

/** Beyond it, ½ log 2πeλ − 1/12λ has all digits. */
const largeRate = 1e6;

/** The n-th derivative of the entropy of Poisson(rate) in the rate: H′ = E log(K + 1) − log λ. */
export function poissonEntropy(order: number, rate: number): number {
  if (!(rate >= 0)) return Number.NaN;
  if (rate === 0) return order === 0 ? 0 : sign(order - 1) * Number.POSITIVE_INFINITY;
  if (rate > largeRate) {
    if (order === 0) return 0.5 * Math.log(2 * Math.PI * Math.E * rate) - 1 / (12 * rate);
    return 0.5 * logDerivative(order, rate) + (sign(order - 1) * factorial(order)) / (12 * rate ** (order + 1));
  }
  if (order === 0) return expectation(poissonLaw(rate), surprise);
  if (order === 1) return expectation(poissonLaw(rate), (k) => Math.log((k + 1) / rate));
  return expectation(poissonLaw(rate), (k) => logDifference(order - 1, k)) - logDerivative(order - 1, rate);
}

/** @param odds - p/(1 − p) */
const binomialLaw = (count: number, odds: number): Law => ({
  mode: Math.min(count, Math.floor((count + 1) * (odds / (1 + odds)))),
  last: count,
  ratio: (k) => ((count - k + 1) / k) * odds,
});

/**
 * The n-th derivative of the entropy of Binomial(count, p) in p:
 * H′ = count·(E [log(K + 1) − log(count − K)] − log p/(1 − p)), K ~ Binomial(count − 1, p).
 */
export function binomialEntropy(order: number, count: number, p: number): number {
  if (!(Number.isInteger(count) && count >= 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (count === 0) return 0;
  const q = 1 - p;
  if (p === 0 || q === 0) return order === 0 ? 0 : (p === 0 ? sign(order - 1) : -1) * Number.POSITIVE_INFINITY;
  if (order === 0) return expectation(binomialLaw(count, p / q), surprise);
  if (order === 1)
    return count * expectation(binomialLaw(count - 1, p / q), (k) => Math.log(((k + 1) / (count - k)) * (q / p)));
  const logOdds = logDerivative(order - 1, p) + sign(order) * logDerivative(order - 1, q);
  if (order > count) return -count * logOdds;
  const own = (odds: number): number =>
    expectation(binomialLaw(count - order, odds), (k) => logDifference(order - 1, k));
  const falling = Array.from({ length: order }, (_, i) => count - i).reduce((product, each) => product * each);
  return falling * (own(p / q) + sign(order) * own(q / p)) - count * logOdds;
}

/** −log of the probability of k in a Poisson distribution of a mean. */
const poissonSurprise = (k: number, mean: number): number =>
  k === 0 ? mean : 0.5 * Math.log(2 * Math.PI * k) + stirlingError(k) + deviance(k, mean);

/**
 * The n-th derivative in p of E [log K! − K log(np) + np], K ~ Binomial(count, p): what one category adds to the entropy of
 * multinomial counts, which are Poisson counts of the means np given their sum.
 */
export function binomialSurprise(order: number, count: number, p: number): number {
  if (!(Number.isInteger(count) && count >= 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (count === 0) return 0;
  if (p === 0) return order === 0 ? 0 : sign(order - 1) * Number.POSITIVE_INFINITY;
  const all = (f: (k: number) => number): number =>
    p === 1 ? f(count - order) : expectation(binomialLaw(count - order, p / (1 - p)), f);
  if (order === 0) return all((k) => poissonSurprise(k, count * p));
  if (order === 1) return count * all((k) => Math.log((k + 1) / (count * p)));
  if (order > count) return -count * logDerivative(order - 1, p);
  const falling = Array.from({ length: order }, (_, i) => count - i).reduce((product, each) => product * each);
  return falling * all((k) => logDifference(order - 1, k)) - count * logDerivative(order - 1, p);
}
