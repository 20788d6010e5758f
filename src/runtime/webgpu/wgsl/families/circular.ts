// Densities ∝ e^{κ(cos t − 1)} sinᵐ t on [0, π]: m = 0 is half of the von Mises distribution, m = n − 2 is the angle to the mean
// direction on the sphere of Rⁿ (src/util/special/vonMises.ts, vonMisesFisher.ts). Everything is a function of the distance s
// from an angle, in which large exponents do not cancel.

import { f32Literal } from "../literals.js";
import { choose, type Source } from "./calls.js";
import { cumulants, depth, integrate } from "./quadrature.js";

/** Lines that leave (∂ⁿp/∂κⁿ)/p in g[n], where cos t − E cos t = c, by gₖ₊₁ = Σ C(k, j)·h⁽ʲ⁾·gₖ₋ⱼ; `all` holds the cumulants. */
export const relativeDensity = (n: number, c: string): string =>
  Array.from({ length: n }, (_, k) => {
    const rest = Array.from(
      { length: k },
      (_, j) => ` - ${f32Literal(choose(k, j + 1))} * all[${j + 2}] * g[${k - j - 1}]`,
    );
    return `g[${k + 1}] = ${c} * g[${k}]${rest.join("")};`;
  }).join("\n      ");

export const circular: Readonly<Record<string, Source>> = {
  // sin t for |t| ≤ π, and cos t for 0 ≤ t ≤ π
  sine_of: () => `fn sine_of(t: f32) -> f32 {
  let a = abs(t);
  let b = select(a, to_pi(a), a > 1.5707964f);
  let size = select(sine_near(b), cosine_near(rounded(1.5707964f - b) - 4.371139e-8f), b > 0.7853982f);
  return select(size, -size, t < 0f);
}`,
  cosine_of: () => "fn cosine_of(t: f32) -> f32 { return sine_of(rounded(1.5707964f - t) - 4.371139e-8f); }",
  lowered: () => "fn lowered(t: f32) -> f32 { let h = sine_of(0.5f * t); return -2f * h * h; }",
  // cos(t + s) − cos t
  cosine_change: () =>
    "fn cosine_change(t: f32, s: f32) -> f32 { return -2f * sine_of(t + 0.5f * s) * sine_of(0.5f * s); }",
  to_pi: () => "fn to_pi(t: f32) -> f32 { return rounded(3.1415927f - t) - 8.742278e-8f; }",
  // how much larger the logarithm of the density is at t + s than at t
  circle_rise: () => `fn circle_rise(kappa: f32, m: f32, t: f32, s: f32) -> f32 {
  let own = kappa * cosine_change(t, s);
  if (m == 0f) { return own; }
  let sine = max(sine_of(t), 1e-30f);
  let q = 2f * cosine_of(t + 0.5f * s) * sine_of(0.5f * s) / sine;
  if (q > -0.5f) { return own + m * of_log1p(q); }
  return own + m * of_log(max(sine_of(t + s), 1e-30f) / sine);
}`,
  // the angle of the largest density, where κ sin² t = m cos t
  circle_mode: () => `fn circle_mode(kappa: f32, m: f32) -> f32 {
  if (m == 0f) { return 0f; }
  let q = kappa / m;
  let root = sqrt(1f + 4f * q * q);
  let drop = (1f + 1f / (root + 2f * q)) / (1f + root);
  return 2f * of_asin(sqrt(min(1f, 0.5f * drop)));
}`,
  // the distance from t, between two others, where the density has fallen so far that it does not matter, or the second one
  circle_end: () => `fn circle_end(kappa: f32, m: f32, t: f32, inner: f32, end: f32) -> f32 {
  if (circle_rise(kappa, m, t, end) >= ${-depth}f) { return end; }
  var near = inner;
  var far = end;
  for (var step = 0; step < 30; step++) {
    let middle = 0.5f * (near + far);
    if (circle_rise(kappa, m, t, middle) > ${-depth}f) { near = middle; } else { far = middle; }
  }
  return far;
}`,
  // log ∫ of the density, E (cos t − 1), then the cumulants of cos t up to n
  circle_cumulants: (n = 0) => `fn circle_cumulants_${n}(kappa: f32, m: f32) -> array<f32, ${Math.max(2, n + 1)}> {
  let top = circle_mode(kappa, m);
  let first = circle_end(kappa, m, top, 0f, -top);
  let last = circle_end(kappa, m, top, 0f, to_pi(top));
  var result: array<f32, ${Math.max(2, n + 1)}>;
${cumulants(n, ["first", "last"], "cosine_change(top, s)", "of_exp(circle_rise(kappa, m, top, s))")}  var height = kappa * lowered(top);
  if (m > 0f) { height += m * of_log(sine_of(top)); }
  result[0] = height + of_log(total);
  result[1] = lowered(top) + mean;
  return result;
}`,
  // (∂ⁿF/∂κⁿ)/p at an angle, F the distribution function and p the density
  circle_ratio: (n = 1) => `fn circle_ratio_${n}(kappa: f32, m: f32, t: f32) -> f32 {
  if (t <= 0f || t >= 3.1415927f) { return 0f; }
  let all = circle_cumulants_${n}(kappa, m);
  let top = circle_mode(kappa, m);
  let score = lowered(t) - all[1];
  let isInner = score > 0f;
  var first = 0f;
  var last = 0f;
  if (isInner) { first = circle_end(kappa, m, t, min(top - t, 0f), -t); }
  else { last = circle_end(kappa, m, t, max(top - t, 0f), to_pi(t)); }
  var sum = 0f;
  var g: array<f32, ${n + 1}>;
  g[0] = 1f;
${integrate("first", "last", 6, `${relativeDensity(n, "(score + cosine_change(t, s))")}\n      sum += w * g[${n}] * of_exp(circle_rise(kappa, m, t, s));`)}  return select(-sum, sum, isInner);
}`,
};
