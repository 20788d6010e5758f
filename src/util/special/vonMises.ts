// The von Mises distribution of mean 0, density e^{κ cos t}/2πI₀(κ) on (−π, π]: its normalising constant and its distribution
// function, with derivatives in κ of every order, by quadrature in double precision.
import { normalQuantile } from "../normalQuantile.js";
import { integrate } from "../quadrature/gaussLegendre.js";
import { besselMoment, logI0 } from "./bessel.js";
import { cumulantsOf as cumulantsOfMoments } from "./cumulants.js";
import { increasingRoot } from "./newton.js";

/** cos t − 1, without cancellation near 0. */
const lowered = (t: number): number => -2 * Math.sin(t / 2) ** 2;

/** Where κ(cos t − cos from) has fallen to −45, or π before that. */
function reach(kappa: number, from: number): number {
  const cosine = Math.cos(from) - 45 / kappa;
  return cosine > -1 ? Math.acos(cosine) : Math.PI;
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/** log(e^{−κ}I₀(κ)), E (cos t − 1), then the cumulants of cos t of order 2, 3, … up to n. */
function cumulants(n: number, kappa: number): number[] {
  const end = kappa > 1 ? 2 * Math.asin(Math.min(1, Math.sqrt(22.5 / kappa))) : Math.PI;
  const weighed = (f: (c: number) => number) =>
    integrate((t) => f(lowered(t)) * Math.exp(kappa * lowered(t)), 0, end, 6);
  const total = weighed(() => 1);
  const mean = n === 0 ? 0 : weighed((c) => c) / total;
  const result = cumulantsOfMoments(n, mean, (k) => weighed((c) => (c - mean) ** k) / total);
  result[0] = Math.log(total / Math.PI);
  return result;
}

/** dⁿ log(e^{−κ}I₀(κ))/dκⁿ for κ ≥ 0. */
export function logBesselI0e(n: number, kappa: number): number {
  if (!(kappa >= 0 && kappa < Number.POSITIVE_INFINITY)) return Number.NaN;
  if (n === 0) return kappa < 0.5 ? logI0(kappa) - kappa : Math.log(besselMoment(0, kappa));
  if (n > 2) return cumulants(n, kappa)[n]!;
  const mean = besselMoment(1, kappa) / besselMoment(0, kappa);
  return n === 1 ? -mean : besselMoment(2, kappa) / besselMoment(0, kappa) - mean * mean;
}

/** The cumulants of the concentration that was asked for last: draws mostly share theirs. */
let last: { readonly kappa: number; readonly order: number; readonly cumulants: number[] } | undefined;

function cumulantsOf(n: number, kappa: number): number[] {
  if (last?.kappa !== kappa || last.order < n) last = { kappa, order: n, cumulants: cumulants(n, kappa) };
  return last.cumulants;
}

/** (∂ⁿp/∂κⁿ)/p where cos t − 1 = c, by gₘ₊₁ = Σ C(m, k)·h⁽ᵏ⁾·gₘ₋ₖ with h = cos t − I₁/I₀. */
function relativeDensity(n: number, [, mean, ...higher]: readonly number[], c: number): number {
  const g = [1];
  for (let m = 0; m < n; m++) {
    let next = (c - mean!) * g[m]!;
    for (let k = 1; k <= m; k++) next -= choose(m, k) * higher[k - 1]! * g[m - k]!;
    g.push(next);
  }
  return g[n]!;
}

/**
 * (∂ⁿF/∂κⁿ)/p at an angle, F the distribution function and p the density, n ≥ 1:
 * ∫ (∂ⁿp/∂κⁿ)/p·e^{κ(cos t − cos θ)} dt from 0 to θ, or the negative of the rest up to π.
 */
export function vonMisesRatio(n: number, kappa: number, angle: number): number {
  if (!(kappa >= 0 && kappa < Number.POSITIVE_INFINITY && Number.isFinite(angle))) return Number.NaN;
  // an odd function of period 2π
  const wrapped = angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
  const theta = Math.abs(wrapped);
  const all = cumulantsOf(n, kappa);
  const mean = all[1]!;
  const relative = (c: number): number => relativeDensity(n, all, c);
  // cos t − cos θ = −2 sin((t + θ)/2)·sin((t − θ)/2)
  const integrand = (t: number): number =>
    relative(lowered(t)) * Math.exp(-2 * kappa * Math.sin((t + theta) / 2) * Math.sin((t - theta) / 2));
  const isInner = lowered(theta) > mean;
  const value = isInner ? integrate(integrand, 0, theta, 2) : -integrate(integrand, theta, reach(kappa, theta), 6);
  return Math.sign(wrapped) * value;
}

/** P(t ≤ −θ)/p(θ) for 0 ≤ θ ≤ π. */
const lowerTail = (kappa: number, theta: number): number =>
  integrate(
    (t) => Math.exp(-2 * kappa * Math.sin((t + theta) / 2) * Math.sin((t - theta) / 2)),
    theta,
    kappa === 0 ? Math.PI : reach(kappa, theta),
    6,
  );

const density = (kappa: number, angle: number): number =>
  Math.exp(kappa * lowered(angle) - cumulantsOf(0, kappa)[0]!) / (2 * Math.PI);

const isConcentration = (kappa: number): boolean => kappa >= 0 && kappa < Number.POSITIVE_INFINITY;

/** P(t ≤ θ) for −π ≤ θ ≤ π, exact in the lower tail; one more with every turn. */
export function vonMisesCdf(kappa: number, angle: number): number {
  if (!isConcentration(kappa) || !Number.isFinite(angle)) return Number.NaN;
  const turns = Math.round(angle / (2 * Math.PI));
  const wrapped = angle - 2 * Math.PI * turns;
  const tail = lowerTail(kappa, Math.abs(wrapped)) * density(kappa, wrapped);
  return turns + (wrapped > 0 ? 1 - tail : tail);
}

/** The angle of P(t ≤ θ) = p. */
export function vonMisesQuantile(p: number, kappa: number): number {
  if (!isConcentration(kappa) || !(p >= 0 && p <= 1)) return Number.NaN;
  const tail = Math.min(p, 1 - p);
  const start = Math.max(-3, normalQuantile(tail) / Math.sqrt(kappa + 0.3));
  const theta =
    tail === 0
      ? Math.PI
      : -increasingRoot(
          (angle) => {
            const ratio = lowerTail(kappa, -angle);
            return [Math.log((ratio * density(kappa, angle)) / tail), 1 / ratio];
          },
          start,
          -Math.PI,
          0,
        );
  return p < 0.5 ? -theta : theta;
}

/** dⁿ/dκⁿ E t², the variance on (−π, π]. */
export function vonMisesVariance(n: number, kappa: number): number {
  if (!isConcentration(kappa)) return Number.NaN;
  const all = cumulantsOf(n, kappa);
  const end = kappa > 1 ? reach(kappa, 0) : Math.PI;
  return 2 * integrate((t) => t * t * relativeDensity(n, all, lowered(t)) * density(kappa, t), 0, end, 6);
}
