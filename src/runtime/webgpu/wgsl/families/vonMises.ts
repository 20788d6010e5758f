// The von Mises distribution, as in src/util/special/vonMises.ts.
import { increasingRoot, ordered, primitive, type Source } from "./calls.js";
import { relativeDensity } from "./circular.js";
import { integrate } from "./quadrature.js";

const isConcentration = "kappa >= 0f && !is_infinite(kappa)";

export const vonMises: Readonly<Record<string, Source>> = {
  // turns, and what is left in [−π, π]
  wrapped: () => `fn wrapped(angle: f32) -> vec2f {
  let turns = round(angle * 0.15915494f);
  let rest = d_single(d_sub(vec2f(angle, 0f), d_mul(vec2f(turns, 0f), vec2f(6.2831855f, -1.7484555e-7f))));
  return vec2f(turns, clamp(rest, -3.1415927f, 3.1415927f));
}`,
  von_mises_ratio: (n = 1) => `fn von_mises_ratio_${n}(kappa: f32, angle: f32) -> f32 {
  if (!(${isConcentration}) || is_infinite(angle)) { return not_a_number(); }
  let theta = wrapped(angle).y;
  return sign(theta) * circle_ratio_${n}(kappa, 0f, abs(theta));
}`,
  math_vonMisesRatio: (n = 1) =>
    primitive(ordered("vonMisesRatio", n), ["kappa", "angle"], `von_mises_ratio_${n}(kappa, angle)`),
  math_logBesselI0e: (n = 0) =>
    primitive(
      ordered("logBesselI0e", n),
      ["kappa"],
      `select(not_a_number(), circle_cumulants_${n}(min(kappa, 1e30f), 0f)[${n}], ${isConcentration})`,
    ),
  // P(t ≤ −θ)/p(θ) for 0 ≤ θ ≤ π
  von_mises_tail: () => `fn von_mises_tail(kappa: f32, theta: f32) -> f32 {
  let end = circle_end(kappa, 0f, theta, 0f, to_pi(theta));
  var sum = 0f;
${integrate("0f", "end", 4, "sum += w * of_exp(circle_rise(kappa, 0f, theta, s));")}  return sum;
}`,
  von_mises_log_density: () => `fn von_mises_log_density(kappa: f32, theta: f32) -> f32 {
  return kappa * lowered(theta) - of_logBesselI0e(kappa) - 1.837877f;
}`,
  von_mises_cdf: () => `fn von_mises_cdf(kappa: f32, angle: f32) -> f32 {
  if (!(${isConcentration}) || is_infinite(angle)) { return not_a_number(); }
  let at = wrapped(angle);
  let theta = abs(at.y);
  let tail = von_mises_tail(kappa, theta) * of_exp(von_mises_log_density(kappa, theta));
  return at.x + select(tail, 1f - tail, at.y > 0f);
}`,
  math_vonMisesCdf: () => primitive("vonMisesCdf", ["kappa", "angle"], "von_mises_cdf(kappa, angle)"),
  von_mises_residual: () => `fn von_mises_residual(kappa: f32, angle: f32, goal: f32) -> vec2f {
  let ratio = max(von_mises_tail(kappa, -angle), 1e-30f);
  return vec2f(of_log(ratio) + von_mises_log_density(kappa, -angle) - goal, 1f / ratio);
}`,
  von_mises_quantile: () => `fn von_mises_quantile(p: f32, kappa: f32) -> f32 {
  if (!(${isConcentration} && p >= 0f && p <= 1f)) { return not_a_number(); }
  let tail = min(p, 1f - p);
  if (tail == 0f) { return select(3.1415927f, -3.1415927f, p < 0.5f); }
  if (tail == 0.5f) { return 0f; }
  let goal = of_log(tail);
${increasingRoot("von_mises_residual(kappa, y, goal)", "max(-3f, of_ndtri(tail) / sqrt(kappa + 0.3f))", "-3.1415927f", "0f")}  return select(-y, y, p < 0.5f);
}`,
  math_vonMisesQuantile: () => primitive("vonMisesQuantile", ["p", "kappa"], "von_mises_quantile(p, kappa)"),
  von_mises_variance: (n = 0) => `fn von_mises_variance_${n}(kappa: f32) -> f32 {
  if (!(${isConcentration})) { return not_a_number(); }
  let all = circle_cumulants_${n}(kappa, 0f);
  let end = circle_end(kappa, 0f, 0f, 0f, 3.1415927f);
  var sum = 0f;
  var g: array<f32, ${n + 1}>;
  g[0] = 1f;
${integrate("0f", "end", 4, `${relativeDensity(n, "(lowered(s) - all[1])")}\n      sum += w * s * s * g[${n}] * of_exp(kappa * lowered(s));`)}  return sum * of_exp(-all[0]);
}`,
  math_vonMisesVariance: (n = 0) =>
    primitive(
      n === 0 ? "vonMisesVariance" : ordered("vonMisesVariance", n),
      ["kappa"],
      `von_mises_variance_${n}(kappa)`,
    ),
};
