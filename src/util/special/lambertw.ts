// The principal branch of Lambert's function, the w ≥ −1 of w·eʷ = x, and its derivatives of every order.

/** 1/e less its rounding to double precision. */
const inverseE = { high: 0.36787944117144233, low: -1.2428753672788363e-17 } as const;

/** Coefficients in p = √(2(ex + 1)) of w + 1 near the branch point x = −1/e (DLMF 4.13.6). */
export const nearBranch = [
  0,
  1,
  -1 / 3,
  11 / 72,
  -43 / 540,
  769 / 17280,
  -221 / 8505,
  680863 / 43545600,
  -1963 / 204120,
];

/** W(x) for x ≥ −1/e: a series near the branch point, elsewhere Halley's steps from an approximation. */
function value(x: number): number {
  const above = x + inverseE.high + inverseE.low;
  if (above < 0) return above < -1e-16 ? Number.NaN : -1;
  if (!(x < Number.POSITIVE_INFINITY) || x === 0) return x;
  const p = Math.sqrt(2 * Math.E * above);
  const series = nearBranch.reduceRight((sum, each) => sum * p + each, 0) - 1;
  if (p < 0.02) return series;
  // log x − log log x for large x; log(1 + x) has the slope of W at 0
  const logarithm = Math.log(x);
  let w = x < -0.2 ? series : x < 3 ? Math.log1p(x) * (1 - 0.25 * Math.tanh(x)) : logarithm - Math.log(logarithm);
  for (let step = 0; step < 20; step++) {
    // of w − x·e⁻ʷ = 0, which neither over- nor underflows
    const excess = w - x * Math.exp(-w);
    const slope = 1 + w - excess;
    const change = excess / (slope + (excess * (w - excess)) / (2 * slope));
    w -= Number.isFinite(change) ? change : 0;
    if (!(Math.abs(change) > 1e-9 * Math.abs(w))) break;
  }
  return w;
}

/** The coefficients of pₙ in W⁽ⁿ⁾ = e^{−nW}·pₙ(W)/(1 + W)²ⁿ⁻¹: pₙ₊₁ = (1 − 3n − nW)·pₙ + (1 + W)·pₙ′ (Corless and others 1996). */
export function numerator(n: number): number[] {
  let p = [1];
  for (let order = 1; order < n; order++) {
    const next = new Array<number>(p.length + 1).fill(0);
    p.forEach((coefficient, k) => {
      next[k]! += (1 - 3 * order + k) * coefficient;
      next[k + 1]! -= order * coefficient;
      if (k > 0) next[k - 1]! += k * coefficient;
    });
    p = next;
  }
  return p;
}

/** W⁽ⁿ⁾(x), n ≥ 0. */
export function lambertw(n: number, x: number): number {
  const w = value(x);
  if (n === 0 || Number.isNaN(w)) return w;
  const scale = Math.exp(-n * w);
  return scale === 0
    ? 0
    : (scale * numerator(n).reduceRight((sum, each) => sum * w + each, 0)) / (1 + w) ** (2 * n - 1);
}
