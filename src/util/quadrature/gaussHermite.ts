// Gauss–Hermite quadrature for the standard normal distribution.
import type { QuadratureRule } from "./gaussLegendre.js";

/** The orthonormal Hermite polynomials h₀ … hₙ at x: hₖ₊₁ = (x·hₖ − √k·hₖ₋₁)/√(k + 1). */
function hermite(n: number, x: number): number[] {
  const h = [1];
  for (let k = 0; k < n; k++) h.push((x * h[k]! - Math.sqrt(k) * (h[k - 1] ?? 0)) / Math.sqrt(k + 1));
  return h;
}

/** The root of hₙ between two points that enclose it: bisection, then Newton's method with hₙ′ = √n·hₙ₋₁. */
function rootBetween(n: number, low: number, high: number): number {
  const sign = Math.sign(hermite(n, low)[n]!);
  let [from, to] = [low, high];
  for (let step = 0; step < 12; step++) {
    const middle = 0.5 * (from + to);
    if (Math.sign(hermite(n, middle)[n]!) === sign) from = middle;
    else to = middle;
  }
  let x = 0.5 * (from + to);
  for (let step = 0; step < 8; step++) {
    const h = hermite(n, x);
    x -= h[n]! / (Math.sqrt(n) * h[n - 1]!);
  }
  return x;
}

/**
 * The rule of n nodes: Σ wᵢ·f(xᵢ) is E f(x), x ~ N(0, 1), for polynomials f up to degree 2n − 1. Roots of neighbouring
 * degrees interlace, so each is found between two of the degree below; wᵢ = 1/Σ hₖ(xᵢ)² over k < n.
 */
export function gaussHermite(n: number): QuadratureRule {
  let nodes = [0];
  for (let degree = 2; degree <= n; degree++) {
    const end = 2 * Math.sqrt(degree + 1);
    const fences = [-end, ...nodes, end];
    nodes = nodes.concat(0).map((_, i) => rootBetween(degree, fences[i]!, fences[i + 1]!));
  }
  const weights = nodes.map((x) => 1 / hermite(n - 1, x).reduce((sum, h) => sum + h * h, 0));
  return { nodes, weights };
}
