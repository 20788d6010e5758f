// The von Mises–Fisher distribution on the sphere of Rⁿ: the angle t to its mean direction has the density
// ∝ e^{κ(cos t − 1)} sinᵐ t on [0, π], m = n − 2. Its normalising constant and its distribution function, with derivatives in
// κ of every order, by quadrature in double precision.
import { integrate } from "../quadrature/gaussLegendre.js";
import { lgamma } from "./lgamma.js";

/** How far the exponent has fallen where the density no longer matters. */
const depth = 45;
const panels = 8;

/** cos t − 1, without cancellation near 0. */
const lowered = (t: number): number => -2 * Math.sin(t / 2) ** 2;

const exponent = (kappa: number, m: number, t: number): number =>
  kappa * lowered(t) + (m === 0 ? 0 : m * Math.log(Math.sin(t)));

/** The angle of the largest density, where κ sin² t = m cos t. */
function mode(kappa: number, m: number): number {
  if (m === 0) return 0;
  // 1 − cos t, from the quadratic equation of cos t
  const root = Math.hypot(m, 2 * kappa);
  const drop = (m + (m * m) / (root + 2 * kappa)) / (m + root);
  return 2 * Math.asin(Math.sqrt(Math.min(1, drop / 2)));
}

/** The angle between `inner` and `end` where the exponent, which falls on the way, has the value, or the end. */
function fallenTo(value: number, kappa: number, m: number, inner: number, end: number): number {
  if (exponent(kappa, m, end) >= value) return end;
  let [near, far] = [inner, end];
  for (let step = 0; step < 60; step++) {
    const middle = (near + far) / 2;
    if (exponent(kappa, m, middle) > value) near = middle;
    else far = middle;
  }
  return far;
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/** log ∫ of the density, E (cos t − 1), then the cumulants of cos t of order 2, 3, … up to n. */
function cumulants(n: number, kappa: number, m: number): number[] {
  const top = mode(kappa, m);
  const height = exponent(kappa, m, top);
  const from = fallenTo(height - depth, kappa, m, top, 0);
  const to = fallenTo(height - depth, kappa, m, top, Math.PI);
  const weighed = (f: (c: number) => number) =>
    integrate((t) => f(lowered(t)) * Math.exp(exponent(kappa, m, t) - height), from, to, panels);
  const total = weighed(() => 1);
  const mean = n === 0 ? 0 : weighed((c) => c) / total;
  const result = [height + Math.log(total), mean];
  // κₙ = μₙ − Σ C(n − 1, m − 1)·κₘ·μₙ₋ₘ for the moments μ about the mean, whose first is 0
  const moments = [1, 0];
  for (let k = 2; k <= n; k++) {
    moments.push(weighed((c) => (c - mean) ** k) / total);
    let cumulant = moments[k]!;
    for (let j = 2; j < k; j++) cumulant -= choose(k - 1, j - 1) * result[j]! * moments[k - j]!;
    result.push(cumulant);
  }
  return result;
}

const isLegal = (kappa: number, dimension: number): boolean =>
  kappa >= 0 && kappa < Number.POSITIVE_INFINITY && Number.isInteger(dimension) && dimension >= 2;

/** dⁿ/dκⁿ log ∫ e^{κ(μ·x − 1)} dx over the sphere of unit vectors x of a dimension ≥ 2, κ ≥ 0. */
export function logSphereIntegral(n: number, kappa: number, dimension: number): number {
  if (!isLegal(kappa, dimension)) return Number.NaN;
  const [logIntegral, ...rest] = cumulants(n, kappa, dimension - 2);
  if (n > 0) return rest[n - 1]!;
  const half = (dimension - 1) / 2;
  return Math.LN2 + half * Math.log(Math.PI) - lgamma(half) + logIntegral!;
}

/** The cumulants that were asked for last: draws mostly share theirs. */
let last: { readonly kappa: number; readonly m: number; readonly order: number; readonly values: number[] } | undefined;

function cumulantsOf(n: number, kappa: number, m: number): number[] {
  if (last?.kappa !== kappa || last.m !== m || last.order < n)
    last = { kappa, m, order: n, values: cumulants(n, kappa, m) };
  return last.values;
}

/**
 * (∂ⁿF/∂κⁿ)/p at an angle in (0, π), F the distribution function and p the density of the angle, n ≥ 1: the integral of
 * (∂ⁿp/∂κⁿ)/p(θ) from 0 to θ, or the negative of the rest up to π.
 */
export function sphereAngleRatio(n: number, kappa: number, angle: number, dimension: number): number {
  if (!(isLegal(kappa, dimension) && angle >= 0 && angle <= Math.PI)) return Number.NaN;
  const m = dimension - 2;
  if (angle === 0 || angle === Math.PI) return 0;
  const [, mean, ...higher] = cumulantsOf(n, kappa, m);
  /** (∂ᵏp/∂κᵏ)/p by gₖ₊₁ = Σ C(k, j)·h⁽ʲ⁾·gₖ₋ⱼ with h = cos t − E cos t. */
  const relative = (c: number): number => {
    const g = [1];
    for (let k = 0; k < n; k++) {
      let next = (c - mean!) * g[k]!;
      for (let j = 1; j <= k; j++) next -= choose(k, j) * higher[j - 1]! * g[k - j]!;
      g.push(next);
    }
    return g[n]!;
  };
  const own = exponent(kappa, m, angle);
  const top = mode(kappa, m);
  const integrand = (t: number): number => relative(lowered(t)) * Math.exp(exponent(kappa, m, t) - own);
  if (lowered(angle) > mean!) {
    const from = fallenTo(own - depth, kappa, m, Math.min(angle, top), 0);
    return integrate(integrand, from, angle, panels);
  }
  const to = fallenTo(own - depth, kappa, m, Math.max(angle, top), Math.PI);
  return -integrate(integrand, angle, to, panels);
}
