// Quantiles of gamma and beta variables by Newton's method on the logarithm of the nearer tail, as in
// src/util/special/quantiles.ts; logarithms of tails do not underflow.
import { increasingRoot, primitive, type Source } from "./calls.js";

export const quantiles: Readonly<Record<string, Source>> = {
  // log P(a, eʸ) and its slope in y
  gamma_log_lower: () => `fn gamma_log_lower(a: f32, y: f32) -> vec2f {
  if (y < -69f) { return vec2f(a * y - lgamma_above(a), a); }
  let x = of_exp(min(y, 88f));
  if (x < gamma_turn(a)) {
    let s = gamma_series_0(a, x)[0];
    return vec2f(gamma_log_term(a, x) + of_log(s), a / s);
  }
  let upper = gamma_upper_0(a, x);
  return vec2f(of_log1p(-upper), a * gamma_term(a, x) / (1f - upper));
}`,
  // −log Q(a, eʸ) and its slope in y
  gamma_log_upper: () => `fn gamma_log_upper(a: f32, y: f32) -> vec2f {
  if (y < -69f) {
    let exponent = a * y - lgamma_above(a);
    let upper = -of_expm1(exponent);
    return vec2f(-of_log(upper), a * of_exp(exponent) / upper);
  }
  let x = of_exp(min(y, 88f));
  if (x >= gamma_turn(a)) {
    let f = gamma_fraction_0(a, x)[0];
    return vec2f(-gamma_log_term(a, x) - of_log(a * f), 1f / f);
  }
  var upper = 0f;
  if (a < 1f) { upper = gamma_upper_near_zero(a, x, y); } else { upper = 1f - gamma_lower_0(a, x); }
  upper = max(upper, 1e-30f);
  return vec2f(-of_log(upper), a * gamma_term(a, x) / upper);
}`,
  // the y of P(a, eʸ) = p, where q = 1 − p
  gamma_root: () => `fn gamma_root(p: f32, q: f32, a: f32) -> f32 {
  if (!(a > 0f && p >= 0f && q >= 0f) || is_infinite(a)) { return not_a_number(); }
  if (p == 0f) { return -infinity(); }
  if (q == 0f) { return infinity(); }
  let isLower = p < q;
  let z = select(-1f, 1f, isLower) * of_ndtri(min(p, q));
  let root = 1f - 1f / (9f * a) + z / (3f * sqrt(a));
  var start = (of_log(p) + lgamma_above(a)) / a;
  if (a > 0.5f && root > 0.1f) { start = of_log(a) + 3f * of_log(root); }
  let goal = of_log(min(p, q));
${increasingRoot("gamma_residual(isLower, a, y, goal)", "start")}  return y;
}`,
  gamma_residual: () => `fn gamma_residual(isLower: bool, a: f32, y: f32, goal: f32) -> vec2f {
  if (isLower) { return gamma_log_lower(a, y) - vec2f(goal, 0f); }
  return gamma_log_upper(a, y) + vec2f(goal, 0f);
}`,
  math_logGammaQuantile: () => primitive("logGammaQuantile", ["p", "a"], "gamma_root(p, 1f - p, a)"),
  math_logGammaUpperQuantile: () => primitive("logGammaUpperQuantile", ["q", "a"], "gamma_root(1f - q, q, a)"),
  // log I at x = 1/(1 + e⁻ᵗ) and its slope in t
  beta_log_lower: () => `fn beta_log_lower(a: f32, b: f32, t: f32, logBeta: f32) -> vec2f {
  if (t < -69f) { return vec2f(a * t - of_log(a) - logBeta, a); }
  let x = of_sigmoid(t);
  let y = of_sigmoid(-t);
  let e = beta_excess(a, b, vec2f(x, 0f), vec2f(y, 0f));
  let isDirect = beta_is_direct(a, b, x, y);
  let p = select(b, a, isDirect);
  let q = select(a, b, isDirect);
  let f = beta_fraction_0_0(p, q, select(y, x, isDirect), select(x, y, isDirect), select(-e, e, isDirect))[0];
  let scale = beta_log_term(a, b, x, y, e) + 0.5f * of_log(0.15915494f * q / (a + b) / p);
  if (isDirect) { return vec2f(scale + of_log(f), a / f); }
  let term = of_exp(scale);
  let lower = max(1f - term * f, 1e-30f);
  return vec2f(of_log(lower), b * term / lower);
}`,
  beta_residual: () => `fn beta_residual(a: f32, b: f32, t: f32, logBeta: f32, goal: f32) -> vec2f {
  return beta_log_lower(a, b, t, logBeta) - vec2f(goal, 0f);
}`,
  // the t of I = p at x = 1/(1 + e⁻ᵗ), where q = 1 − p
  beta_root: () => `fn beta_root(p: f32, q: f32, first: f32, second: f32) -> f32 {
  if (!(first > 0f && second > 0f && p >= 0f && q >= 0f) || is_infinite(first + second)) { return not_a_number(); }
  if (p == 0f) { return -infinity(); }
  if (q == 0f) { return infinity(); }
  let isUpper = p > q;
  let a = select(first, second, isUpper);
  let b = select(second, first, isUpper);
  let logBeta = of_betaln(a, b);
  let goal = of_log(min(p, q));
${increasingRoot("beta_residual(a, b, y, logBeta, goal)", "min(of_log(a / b), (goal + of_log(a) + logBeta) / a)")}  return select(y, -y, isUpper);
}`,
  math_betaQuantile: () => primitive("betaQuantile", ["p", "a", "b"], "of_sigmoid(beta_root(p, 1f - p, a, b))"),
};
