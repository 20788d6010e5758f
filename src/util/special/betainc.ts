// The regularised incomplete beta function I_x(a, b) and its derivatives in a and b of every order.
import {
  constantJet,
  continuedFraction,
  derivativeOf,
  divideJets,
  exponentialJet,
  type Jet,
  jetOf,
  linearJet,
  multiplyJets,
  type Orders,
} from "./jet.js";
import { deviance, stirlingError } from "./poissonTerm.js";
import { factorial, logMinusDigamma, polygamma } from "./polygamma.js";

/** Γ(a + b + 1)/(Γ(a + 1)Γ(b + 1))·xᵃyᵇ with y = 1 − x: a binomial probability, to nearly full precision. */
function binomialTerm(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const error = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
  return Math.exp(error) * Math.sqrt(n / (2 * Math.PI * a * b));
}

/** log(n·x/a), where the remainder n·x − a is b·x − a·y. */
const logShare = (a: number, b: number, x: number, y: number): number => {
  const excess = (b * x - a * y) / a;
  return Math.abs(excess) < 0.5 ? Math.log1p(excess) : Math.log(((a + b) * x) / a);
};

/** log xᵃyᵇ/(a·B(a, b)), but for its value. */
function logTerm(a: number, b: number, x: number, y: number, orders: Orders): Jet {
  const n = a + b;
  const ofSum = logMinusDigamma(n);
  return jetOf(orders, (i, j) => {
    if (i + j === 0) return 0;
    // log x − ψ(a + 1) + ψ(n) and log y − ψ(b) + ψ(n)
    if (i === 1 && j === 0) return logShare(a, b, x, y) + logMinusDigamma(a) - 1 / a - ofSum;
    if (i === 0 && j === 1) return logShare(b, a, y, x) + logMinusDigamma(b) - ofSum;
    const own = i === 0 ? polygamma(j - 1, b) : j === 0 ? polygamma(i - 1, a + 1) : 0;
    return (polygamma(i + j - 1, n) - own) / (factorial(i) * factorial(j));
  });
}

/** xᵃyᵇ/(a·B(a, b)). */
const term = (a: number, b: number, x: number, y: number, orders: Orders): Jet =>
  exponentialJet(logTerm(a, b, x, y, orders), (binomialTerm(a, b, x, y) * b) / (a + b));

/** 1/(1 + d₁/(1 + d₂/(1 + …))) (DLMF 8.17.22). */
function fraction(a: number, b: number, x: number, orders: Orders): Jet {
  const one = constantJet(1, orders);
  const linear = (value: number, first: number, second: number) => linearJet(value, first, second, orders);
  const numerator = (k: number): Jet => {
    const m = Math.floor(k / 2);
    const below = multiplyJets(linear(a + k - 1, 1, 0), linear(a + k, 1, 0));
    const above =
      k % 2 === 0
        ? linear(m * (b - m) * x, 0, m * x)
        : multiplyJets(linear(-(a + m) * x, -x, 0), linear(a + b + m, 1, 1));
    return divideJets(above, below);
  };
  return divideJets(
    one,
    continuedFraction(one, (k) => [numerator(k), one]),
  );
}

/** ∂ⁱ⁺ʲI_x(a, b)/∂aⁱ∂bʲ where y = 1 − x, for x on the side where the fraction converges fast. */
const lower = (orders: Orders, a: number, b: number, x: number, y: number): number =>
  derivativeOf(multiplyJets(term(a, b, x, y, orders), fraction(a, b, x, orders)));

/** ∂ⁱ⁺ʲI_x(a, b)/∂aⁱ∂bʲ for a, b > 0 and 0 ≤ x ≤ 1. */
export function betainc(orders: Orders, a: number, b: number, x: number): number {
  const isValue = orders[0] + orders[1] === 0;
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return isValue ? x : 0;
  if (x < (a + 1) / (a + b + 2)) return lower(orders, a, b, x, 1 - x);
  // I_x(a, b) = 1 − I_y(b, a)
  const upper = lower([orders[1], orders[0]], b, a, 1 - x, x);
  return isValue ? 1 - upper : -upper;
}

/**
 * (dx/da, dx/db) at a fixed quantile, −(∂I/∂a)/(∂I/∂x) and alike: how a draw of a beta distribution moves with its
 * parameters. The densities cancel, so that tails keep their digits.
 */
export function betaincFlow(inB: boolean, a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return 0;
  // 1 − x moves the other way
  if (x >= (a + 1) / (a + b + 2)) return -lowerFlow(!inB, b, a, 1 - x, x);
  return lowerFlow(inB, a, b, x, 1 - x);
}

/** I = term·fraction, and ∂I/∂x is term·a/(x·y). */
function lowerFlow(inB: boolean, a: number, b: number, x: number, y: number): number {
  const orders: Orders = inB ? [0, 1] : [1, 0];
  const [value, derivative] = fraction(a, b, x, orders).at as [number, number];
  const [, slope] = logTerm(a, b, x, y, orders).at as [number, number];
  return (-(x * y) / a) * (slope * value + derivative);
}
