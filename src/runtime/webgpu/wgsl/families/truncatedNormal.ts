// The standard normal distribution on an interval, as in src/util/special/truncatedNormal.ts: by quadrature in the distance from the
// mode, which has its digits also in far tails. The quantile there is Newton's of the tail's logarithm.
import { primitive, type Source } from "./calls.js";
import { depth, integrate } from "./quadrature.js";

const guarded = (name: string, parameters: readonly string[], body: string): string =>
  primitive(name, parameters, `select(not_a_number(), ${body}, is_interval(a, b))`);

const ends = "vec2f(clamp(a, -1e15f, 1e15f), clamp(b, -1e15f, 1e15f))";
const weight = "exp_below(s, mode)";

export const truncatedNormal: Readonly<Record<string, Source>> = {
  is_interval: () =>
    "fn is_interval(a: f32, b: f32) -> bool { return a < b && !(is_infinite(a) && a > 0f) && !(is_infinite(b) && b < 0f); }",
  // the point that is nearest to 0
  mode_of: () => "fn mode_of(ab: vec2f) -> f32 { return clamp(0f, ab.x, ab.y); }",
  // e^{−(x² − m²)/2} at x = m + s
  exp_below: () => "fn exp_below(s: f32, mode: f32) -> f32 { return of_exp(-0.5f * s * (s + 2f * mode)); }",
  // the distances from the mode between which the density matters
  effective: () => `fn effective(ab: vec2f, mode: f32) -> vec2f {
  let size = abs(mode);
  let reach = ${2 * depth}f / (size + sqrt(size * size + ${2 * depth}f));
  return vec2f(max(ab.x - mode, -reach), min(ab.y - mode, reach));
}`,
  // ∫ of the density relative to the mode, and of it times the distance, and times the fall of its logarithm
  truncated_sums: () => `fn truncated_sums(ab: vec2f, mode: f32) -> vec3f {
  let range = effective(ab, mode);
  var sum = vec3f(0f, 0f, 0f);
${integrate("range.x", "range.y", 4, `sum += (w * ${weight}) * vec3f(1f, s, 0.5f * s * (s + 2f * mode));`)}  return sum;
}`,
  truncated_log_mass: () => `fn truncated_log_mass(ab: vec2f) -> f32 {
  return of_log(truncated_sums(ab, mode_of(ab)).x);
}`,
  truncated_log_density: () => `fn truncated_log_density(x: f32, ab: vec2f) -> f32 {
  if (is_infinite(x)) { return -infinity(); }
  let mode = mode_of(ab);
  return -0.5f * (x - mode) * (x + mode) - truncated_log_mass(ab);
}`,
  math_truncatedLogDensity: () => guarded("truncatedLogDensity", ["x", "a", "b"], `truncated_log_density(x, ${ends})`),
  truncated_mean: () => `fn truncated_mean(ab: vec2f) -> f32 {
  let mode = mode_of(ab);
  let sums = truncated_sums(ab, mode);
  return mode + sums.y / sums.x;
}`,
  math_truncatedMean: () => guarded("truncatedMean", ["a", "b"], `truncated_mean(${ends})`),
  truncated_variance: () => `fn truncated_variance(ab: vec2f) -> f32 {
  let mode = mode_of(ab);
  let sums = truncated_sums(ab, mode);
  let mean = sums.y / sums.x;
  let range = effective(ab, mode);
  var sum = 0f;
${integrate("range.x", "range.y", 4, `sum += (w * ${weight}) * (s - mean) * (s - mean);`)}  return sum / sums.x;
}`,
  math_truncatedVariance: () => guarded("truncatedVariance", ["a", "b"], `truncated_variance(${ends})`),
  truncated_entropy: () => `fn truncated_entropy(ab: vec2f) -> f32 {
  let sums = truncated_sums(ab, mode_of(ab));
  return of_log(sums.x) + sums.z / sums.x;
}`,
  math_truncatedEntropy: () => guarded("truncatedEntropy", ["a", "b"], `truncated_entropy(${ends})`),
  // the share of an interval that begins or ends where the whole one does
  truncated_share: () => `fn truncated_share(part: vec2f, whole: vec2f) -> f32 {
  let m = mode_of(whole);
  let n = mode_of(part);
  return of_exp(truncated_log_mass(part) - truncated_log_mass(whole) - 0.5f * (n - m) * (n + m));
}`,
  truncated_cdf: () => `fn truncated_cdf(x: f32, ab: vec2f) -> f32 {
  if (x <= ab.x) { return 0f; }
  if (x >= ab.y) { return 1f; }
  let below = truncated_share(vec2f(ab.x, x), ab);
  if (below < 0.5f) { return below; }
  return 1f - truncated_share(vec2f(x, ab.y), ab);
}`,
  math_truncatedCdf: () => guarded("truncatedCdf", ["x", "a", "b"], `truncated_cdf(x, ${ends})`),
  // −log of the upper tail at a + s over that at a ≥ 0, by hazards h(z) = φ(z)/Φ(−z): their integral, and by their ratio
  tail_fall: () => `fn tail_fall(a: f32, s: f32) -> f32 {
  if (s * (1f + a) < 0.5f) {
    let sides = of_inverseMills(-a - 0.11270167f * s) + of_inverseMills(-a - 0.8872983f * s);
    return s * (0.2777778f * sides + 0.44444445f * of_inverseMills(-a - 0.5f * s));
  }
  let fall = 0.5f * s * (2f * a + s);
  if (fall > 1e4f) { return fall; }
  return fall + of_log(of_inverseMills(-a - s) / of_inverseMills(-a));
}`,
  // the s where the tail has fallen by a share of w, 1 − w its part beyond the interval
  tail_quantile: () => `fn tail_quantile(u: f32, a: f32, width: f32, isMirrored: bool) -> f32 {
  let exponent = -tail_fall(a, width);
  let beyond = of_exp(exponent);
  let w = -of_expm1(exponent);
  // the share from the end of the interval where the density is largest
  let v = select(u, 1f - u, isMirrored);
  let rest = select(1f - u, u, isMirrored);
  var goal = -of_log1p(-v * w);
  if (v > 0.5f) { goal = -of_log(rest + v * beyond); }
  var s = goal / of_inverseMills(-a);
  for (var step = 0; step < 40; step++) {
    let change = (tail_fall(a, s) - goal) / of_inverseMills(-a - s);
    s -= change;
    if (abs(change) <= 1e-6f * s) { break; }
  }
  return clamp(s, 0f, width);
}`,
  truncated_quantile: () => `fn truncated_quantile(u: f32, ab: vec2f) -> f32 {
  if (ab.x >= 0f) { return min(ab.x + tail_quantile(u, ab.x, ab.y - ab.x, false), ab.y); }
  if (ab.y <= 0f) { return max(ab.y - tail_quantile(u, -ab.y, ab.y - ab.x, true), ab.x); }
  let below = of_ndtr(ab.x) * (1f - u) + of_ndtr(ab.y) * u;
  let above = of_ndtr(-ab.x) * (1f - u) + of_ndtr(-ab.y) * u;
  let x = select(-of_ndtri(above), of_ndtri(below), below < above);
  return clamp(x, ab.x, ab.y);
}`,
  truncated_at: () => `fn truncated_at(u: f32, a: f32, b: f32) -> f32 {
  if (!is_interval(a, b) || !(u >= 0f && u <= 1f)) { return not_a_number(); }
  if (u == 0f) { return a; }
  if (u == 1f) { return b; }
  return truncated_quantile(u, ${ends});
}`,
  math_truncatedQuantile: () => primitive("truncatedQuantile", ["u", "a", "b"], "truncated_at(u, a, b)"),
};
