// log Γ(x)Γ(x + 2h)/Γ(x + h)² without the cancellation of its terms: the recurrence up to 12, then Stirling's formula, in which the
// logarithms of c = x + h, the middle, have gone and everything is a power of t = h/c.
import { primitive, type Source } from "./calls.js";

export const lgammaCurvature: Readonly<Record<string, Source>> = {
  // log x(x + 2h)/(x + h)²
  log_share: () => `fn log_share(x: f32, h: f32) -> f32 {
  let t = h / (x + h);
  if (t < 0.7f) { return of_log1p(-t * t); }
  return of_log(x / (x + h)) + of_log((x + 2f * h) / (x + h));
}`,
  curvature_inside: () => `fn curvature_inside(lowest: f32, h: f32) -> f32 {
  var x = lowest;
  var below = 0f;
  for (; x < 12f; x += 1f) { below -= log_share(x, h); }
  let c = x + h;
  let t = h / c;
  var main = 0f;
  if (t < 0.5f) { main = (c - 0.5f) * of_log1p(-t * t) + 2f * h * of_atanh(t); }
  else { main = (x - 0.5f) * of_log(x / c) + (x + 2f * h - 0.5f) * of_log((x + 2f * h) / c); }
  let e = (h / x) * (h / (x + 2f * h));
  let rest = (e / c) * (0.16666667f - (6f + e * (9f + 4f * e)) / (180f * c * c));
  return below + main + rest;
}`,
  curvature: () => `fn curvature(x: f32, h: f32) -> f32 {
  let last = x + 2f * h;
  if (h == 0f) { return 0f; }
  if (x > 0f && last > 0f) { return curvature_inside(min(x, last), abs(h)); }
  return of_lgamma(x) - 2f * of_lgamma(x + h) + of_lgamma(last);
}`,
  math_lgammaCurvature: () => primitive("lgammaCurvature", ["x", "h"], "curvature(x, h)"),
  math_logCentralBinomial: () => primitive("logCentralBinomial", ["x"], "curvature(1f, x)"),
};
