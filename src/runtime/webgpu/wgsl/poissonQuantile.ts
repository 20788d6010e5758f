// The smallest k with P(K ≤ k) ≥ u for K ~ Poisson(rate), by sums of two numbers: the counts of src/util/poisson.ts.
import { quantileRatios } from "../../../util/normalQuantile.js";
import { two } from "./two.js";

/** Rates below which probabilities are summed; above, the expansion is wrong for fewer than one in a million. */
const summed = "400f";

const table = (coefficients: readonly number[]): string =>
  `array<vec2f, ${coefficients.length}>(${coefficients.map(two).join(", ")})`;

const ratio = (name: keyof typeof quantileRatios): string => `fn d_quantile_${name}(x: vec2f) -> vec2f {
  var top = ${table(quantileRatios[name].top)};
  var bottom = ${table(quantileRatios[name].bottom)};
  var p = top[7];
  var q = bottom[7];
  for (var k = 0u; k < 7u; k++) {
    p = d_add(d_mul(p, x), top[6u - k]);
    q = d_add(d_mul(q, x), bottom[6u - k]);
  }
  return d_div(p, q);
}`;

/** As WGSL, by name. */
export const poissonQuantile: Readonly<Record<string, string>> = {
  d_quantile_central: ratio("central"),
  d_quantile_middle: ratio("middle"),
  d_quantile_tail: ratio("tail"),
  // Φ⁻¹(p) for 0 < p < 1, by AS 241
  d_normal_quantile: `fn d_normal_quantile(p: f32) -> vec2f {
  let q = d_sum(p, -0.5f);
  if (abs(q.x) <= 0.425f) { return d_mul(q, d_quantile_central(d_sub(${two(0.180625)}, d_mul(q, q)))); }
  let logarithm = d_mul(logarithm_2(select(1f - p, p, p < 0.5f)), ${two(-Math.LN2)});
  let r = d_sqrt(logarithm);
  var size = vec2f(0f);
  if (r.x <= 5f) { size = d_quantile_middle(d_sub(r, ${two(1.6)})); }
  else { size = d_quantile_tail(d_sub(r, vec2f(5f, 0f))); }
  return select(size, -size, p < 0.5f);
}`,
  // Terms are relative to the mode's. From where they no longer count they are summed up to their end, and up to u of that.
  poisson_by_sums: `fn poisson_by_sums(u: f32, rate: f32) -> f32 {
  let inverse = d_div(vec2f(1f, 0f), vec2f(rate, 0f));
  let least = max(1e-12f * min(u, 1f), 1e-30f);
  var first = floor(rate);
  var start = vec2f(1f, 0f);
  for (var n = 0u; n < 8192u && first > 0f && start.x > least; n++) {
    start = d_mul(start, d_mul(vec2f(first, 0f), inverse));
    first -= 1f;
  }
  var k = first;
  var term = start;
  var sum = start;
  for (var n = 0u; n < 16384u && (k <= rate || term.x > 1e-14f * sum.x); n++) {
    k += 1f;
    term = d_mul(term, d_div(vec2f(rate, 0f), vec2f(k, 0f)));
    sum = d_add(sum, term);
  }
  let wanted = d_mul(sum, vec2f(u, 0f));
  k = first;
  term = start;
  sum = start;
  for (var n = 0u; n < 16384u && d_lt(sum, wanted); n++) {
    k += 1f;
    term = d_mul(term, d_div(vec2f(rate, 0f), vec2f(k, 0f)));
    sum = d_add(sum, term);
    if (k > rate && term.x < 1e-15f * sum.x) { break; }
  }
  return k;
}`,
  // Cornish and Fisher's expansion (Giles 2016, eq. 9)
  poisson_by_expansion: `fn poisson_by_expansion(z: vec2f, rate: f32) -> f32 {
  let s = d_sqrt(vec2f(rate, 0f));
  let w = z.x * z.x;
  let first = d_add(d_mul(s, z), d_add(d_mul(d_mul(z, z), ${two(1 / 6)}), ${two(1 / 3)}));
  let rest = (-0.019753087f + w * (0.008641975f + w * 0.0037037036f)) / rate - z.x * (w + 2f) / (72f * s.x);
  return d_single(d_floor(d_add(d_add(vec2f(rate, 0f), first), vec2f(rest, 0f))));
}`,
  math_poissonQuantile: `fn math_poissonQuantile(p0: u32, p1: u32) -> u32 {
  let u = from_bits(p0);
  let rate = from_bits(p1);
  if (!(rate >= 0f) || is_nan(u)) { return 0x7fc00000u; }
  if (u >= 1f) { return select(0x7f800000u, 0u, rate == 0f); }
  if (u <= 0f || rate == 0f) { return 0u; }
  if (is_infinite(rate)) { return p1; }
  if (rate < ${summed}) { return bitcast<u32>(poisson_by_sums(u, rate)); }
  let z = d_normal_quantile(u);
  // far out the expansion needs larger rates
  if (abs(z.x) > 6f && rate < 100000f) { return bitcast<u32>(poisson_by_sums(u, rate)); }
  return bitcast<u32>(poisson_by_expansion(z, rate));
}`,
};
