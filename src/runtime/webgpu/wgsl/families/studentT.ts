// Student's distribution function and quantile, as in src/util/special/studentT.ts.
import { ordered, primitive, type Source } from "./calls.js";

/** The lower tail, from the fraction that converges fast. */
const tailOf = (n: number): string => {
  const isOuter = "below.x < (h + 1f) / (h + 2.5f)";
  if (n === 0)
    return `  let isOuter = ${isOuter};
  let part = 0.5f * beta_lower_0_0(select(0.5f, h, isOuter), select(h, 0.5f, isOuter), select(above, below, isOuter), select(below, above, isOuter));
  let tail = select(0.5f - part, part, isOuter);
`;
  return `  var tail = 0f;
  if (${isOuter}) { tail = 0.5f * beta_lower_${n}_0(h, 0.5f, below, above); }
  else { tail = -0.5f * beta_lower_0_${n}(0.5f, h, above, below); }
`;
};

export const studentT: Readonly<Record<string, Source>> = {
  // r²/(1 + r²) and 1/(1 + r²), each a sum of two numbers
  student_shares: () => `fn student_shares(r: f32) -> array<vec2f, 2> {
  let one = vec2f(1f, 0f);
  if (is_infinite(r)) { return array<vec2f, 2>(one, vec2f(0f, 0f)); }
  let isOuter = abs(r) > 1f;
  var s = vec2f(r, 0f);
  if (isOuter) { s = d_div(one, s); }
  s = d_mul(s, s);
  let sum = d_add(one, s);
  let small = d_div(s, sum);
  let large = d_div(one, sum);
  if (isOuter) { return array<vec2f, 2>(large, small); }
  return array<vec2f, 2>(small, large);
}`,
  student_cdf: (n = 0) => {
    const atCentre = n === 0 ? "0.5f" : "0f";
    return `fn student_cdf_${n}(h: f32, r: f32) -> f32 {
  if (!(h > 0f) || is_infinite(h)) { return not_a_number(); }
  if (r == 0f) { return ${atCentre}; }
  var shares = student_shares(r);
  let above = shares[0];
  let below = shares[1];
  if (below.x <= 0f) { return select(${n === 0 ? "1f" : "0f"}, 0f, r < 0f); }
  if (above.x <= 0f) { return ${atCentre}; }
${tailOf(n)}  if (r < 0f) { return tail; }
  return ${n === 0 ? "1f" : "0f"} - tail;
}`;
  },
  math_studentTCdf: (n = 0) =>
    primitive(n === 0 ? "studentTCdf" : ordered("studentTCdf", n), ["h", "r"], `student_cdf_${n}(h, r)`),
  student_quantile: () => `fn student_quantile(p: f32, h: f32) -> f32 {
  if (!(p >= 0f && p <= 1f && h > 0f)) { return not_a_number(); }
  if (p == 0.5f) { return 0f; }
  let tail = 2f * min(p, 1f - p);
  if (tail == 0f) { return select(infinity(), -infinity(), p < 0.5f); }
  let r = of_exp(-0.5f * beta_root(tail, 1f - tail, h, 0.5f));
  return select(r, -r, p < 0.5f);
}`,
  math_studentTQuantile: () => primitive("studentTQuantile", ["p", "h"], "student_quantile(p, h)"),
};
