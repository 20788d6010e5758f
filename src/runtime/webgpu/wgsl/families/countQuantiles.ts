// Quantiles of counts by bisection, as in src/util/special/countQuantiles.ts; the smaller tail is compared.
import { primitive, type Source } from "./calls.js";

/** Lines that leave in `reached` the smallest count for which a condition on `middle` holds: the upper end is doubled, then bisection. */
const bisect = (highest: string, condition: string): string => `  var below = -1f;
  var reached = 1e38f;
  var middle = ${highest};
  for (var step = 0; step < 300; step++) {
    if (${condition}) { reached = middle; } else { below = middle; }
    if (reached == 1e38f) {
      if (below > 1e30f) { return below; }
      middle = 2f * below;
    } else {
      middle = floor(0.5f * (below + reached));
      if (reached - below <= 1f || middle <= below || middle >= reached) { break; }
    }
  }
  return reached;
`;

/** Shares of the mass that count as equal: more than rounding makes of sums. */
const tie = "1e-12f";

/**
 * Lines that return the quantile where it is found by summing probabilities over that of the mode, as sums of two numbers: as exact as
 * in double precision, where distribution functions in single precision would miss those that equal u.
 *
 * @param up - p(k)/p(k − 1) as a sum of two numbers; `down` its reciprocal
 */
const bySums = (mode: string, last: string, up: string, down: string): string => `  let mode = ${mode};
  var mass = vec2f(0f, 0f);
  var p = vec2f(1f, 0f);
  for (var k = mode; k > 0f && p.x > 1e-14f; k -= 1f) {
    p = d_mul(p, ${down});
    mass = d_add(mass, p);
  }
  var reached = d_add(mass, vec2f(1f, 0f));
  mass = reached;
  p = vec2f(1f, 0f);
  for (var k = mode + 1f; k <= ${last} && p.x > 1e-14f; k += 1f) {
    p = d_mul(p, ${up});
    mass = d_add(mass, p);
  }
  let goal = d_sub(d_mul(mass, vec2f(u, 0f)), vec2f(mass.x * ${tie}, 0f));
  p = vec2f(1f, 0f);
  var k = mode;
  if (d_le(goal, reached)) {
    loop {
      reached = d_sub(reached, p);
      if (k <= 0f || d_lt(reached, goal)) { break; }
      p = d_mul(p, ${down});
      k -= 1f;
    }
    return k;
  }
  loop {
    if (k >= ${last} || p.x <= 1e-14f || d_le(goal, reached)) { break; }
    k += 1f;
    p = d_mul(p, ${up});
    reached = d_add(reached, p);
  }
  return k;
`;

export const countQuantiles: Readonly<Record<string, Source>> = {
  // whether I_x(a, b) ≥ u, y = 1 − x
  reaches: () => `fn reaches(u: f32, a: f32, b: f32, x: vec2f, y: vec2f) -> bool {
  let isLower = u < 0.5f;
  let tail = beta_below_0_0(select(b, a, isLower), select(a, b, isLower), select(y, x, isLower), select(x, y, isLower));
  return select(tail <= 1f - u, tail >= u, isLower);
}`,
  binomial_by_sums: () => `fn binomial_by_sums(u: f32, n: f32, odds: vec2f, inverse: vec2f, share: f32) -> f32 {
${bySums("min(n, floor((n + 1f) * share))", "n", "d_mul(d_quotient(n - k + 1f, k), odds)", "d_mul(d_quotient(k, n - k + 1f), inverse)")}}`,
  binomial_quantile: () => `fn binomial_quantile(u: f32, n: f32, q: f32) -> f32 {
  if (!(n >= 0f && floor(n) == n && q >= 0f && q <= 1f) || is_infinite(n)) { return not_a_number(); }
  if (u <= 0f || q == 1f) { return select(0f, n, u > 1f); }
  if (u >= 1f || q == 0f) { return n; }
  let p = d_sum(1f, -q);
  if (u >= 1e-4f && n * q * p.x < 1e4f) { return binomial_by_sums(u, n, d_div(p, vec2f(q, 0f)), d_div(vec2f(q, 0f), p), p.x); }
${bisect("n", "middle >= n || reaches(u, n - middle, middle + 1f, vec2f(q, 0f), p)")}}`,
  math_binomialQuantile: () => primitive("binomialQuantile", ["u", "n", "q"], "binomial_quantile(u, n, q)"),
  negative_binomial_by_sums: () => `fn negative_binomial_by_sums(u: f32, r: f32, odds: f32, share: vec2f) -> f32 {
${bySums(
  "max(0f, floor((r - 1f) * odds))",
  "1e9f",
  "d_mul(d_div(d_sum(k - 1f, r), vec2f(k, 0f)), share)",
  "d_div(d_div(vec2f(k, 0f), d_sum(k - 1f, r)), share)",
)}}`,
  negative_binomial_quantile: () => `fn negative_binomial_quantile(u: f32, r: f32, odds: f32) -> f32 {
  if (!(r > 0f && odds >= 0f)) { return not_a_number(); }
  if (u <= 0f || odds == 0f) { return 0f; }
  if (u >= 1f || is_infinite(r * odds)) { return infinity(); }
  let sum = d_sum(1f, odds);
  let x = d_div(vec2f(1f, 0f), sum);
  let y = d_div(vec2f(odds, 0f), sum);
  if (u >= 1e-4f && r * odds * (1f + odds) < 1e4f) { return negative_binomial_by_sums(u, r, odds, y); }
${bisect("max(1f, ceil(r * odds))", "reaches(u, r, middle + 1f, x, y)")}}`,
  math_negativeBinomialQuantile: () =>
    primitive("negativeBinomialQuantile", ["u", "r", "odds"], "negative_binomial_quantile(u, r, odds)"),
};
