// The regularised incomplete beta function I and its derivatives in both shapes, as in src/util/special/betainc.ts but by another
// fraction, whose elements do not cancel near the mean: Didonato & Morris, "Algorithm 708" (ACM TOMS 1992), eq. 9.
// Arguments x and y = 1 − x are sums of two numbers.
import { factorial } from "../../../../util/special/polygamma.js";
import { f32Literal } from "../literals.js";
import { ordered, primitive, type Source } from "./calls.js";
import { jetOf, jetType, linear } from "./jets.js";

/** log xᵃyᵇ/(a·B(a, b)), but for its value, as a series in a and b. */
function logTerm(i: number, j: number): string {
  const coefficients: Record<string, string> = {};
  for (let k = 0; k <= i; k++)
    for (let l = 0; l <= j; l++) {
      if (k + l === 0) continue;
      const ofSum = k + l === 1 ? "" : `of_polygamma${k + l - 1}(a + b)`;
      const own = l === 0 ? `of_polygamma${k - 1}(a + 1f)` : k === 0 ? `of_polygamma${l - 1}(b)` : "0f";
      coefficients[`${k},${l}`] =
        k + l === 1
          ? k === 1
            ? "beta_slope_above(a, b, x, e)"
            : "beta_slope(b, a, y, -e)"
          : `(${ofSum} - ${own}) * ${f32Literal(1 / (factorial(k) * factorial(l)))}`;
    }
  return jetOf(i, j, coefficients);
}

const alpha = (i: number, j: number): string => {
  const s = `${i}_${j}`;
  return `  let i = jet_div_${s}(${linear(i, j, "n * x", "0f")}, ${linear(i, j, "(a + 2f * n - 1f)", "1f")});
  let shares = jet_mul_${s}(jet_mul_${s}(i, i), ${linear(i, j, "(b - n) / n", "0f", "1f / n")});
  let sum = ${linear(i, j, "(a + b + n - 1f)", "1f", "1f")};
  if (n == 1f) { return jet_mul_${s}(shares, sum); }
  return jet_mul_${s}(jet_mul_${s}(shares, sum), ${linear(i, j, "(a + n - 1f)", "1f")});
`;
};

const beta = (i: number, j: number): string => {
  const s = `${i}_${j}`;
  const last = linear(i, j, "(1f - e) + n * (1f + y)", "y", "-x");
  const next = linear(i, j, "(a + 2f * n + 1f)", "1f");
  return `  if (n == 0f) { return jet_div_${s}(${last}, ${next}); }
  let first = jet_div_${s}(${linear(i, j, "n * (b - n) * x", "0f", "n * x")}, ${linear(i, j, "(a + 2f * n - 1f)", "1f")});
  let second = jet_mul_${s}(jet_div_${s}(${linear(i, j, "a + n", "1f")}, ${next}), ${last});
  return jet_add_${s}(${jetOf(i, j, { "0,0": "n" })}, jet_add_${s}(first, second));
`;
};

/** I from its own fraction or from that of 1 − I. */
const lowerOrUpper = (i: number, j: number): string => {
  const isDirect = "beta_is_direct(a, b, x.x, y.x)";
  // one call of a long function, where it is the same
  if (i === j)
    return `  let isDirect = ${isDirect};
  let z = beta_lower_${i}_${j}(select(b, a, isDirect), select(a, b, isDirect), select(y, x, isDirect), select(x, y, isDirect));
  return select(${i > 0 ? "" : "1f "}- z, z, isDirect);
`;
  return `  if (${isDirect}) { return beta_lower_${i}_${j}(a, b, x, y); }
  return -beta_lower_${j}_${i}(b, a, y, x);
`;
};

export const incompleteBeta: Readonly<Record<string, Source>> = {
  // t − log(1 + t) where the sum is known
  log_gap: () => `fn log_gap(t: f32, sum: f32) -> f32 {
  if (abs(t) > 0.4f) { return t - of_log(max(sum, 1e-38f)); }
  let v = t / (2f + t);
  let s = v * v;
  let rest = 0.6666667f + s * (0.4f + s * (0.2857143f + s * (0.22222222f + s * (0.18181819f + s * 0.15384616f))));
  return v * t - v * s * rest;
}`,
  // (a + b)x − a = b·x − a·y
  beta_excess: () => `fn beta_excess(a: f32, b: f32, x: vec2f, y: vec2f) -> f32 {
  return d_single(d_sub(d_mul(vec2f(b, 0f), x), d_mul(vec2f(a, 0f), y)));
}`,
  // log xᵃyᵇ/B(a, b), for the excess e
  beta_log_term: () => `fn beta_log_term(a: f32, b: f32, x: f32, y: f32, e: f32) -> f32 {
  let n = a + b;
  // a loop: one copy of a long function
  let each = vec3f(a, b, n);
  var errors = 0f;
  for (var i = 0u; i < 3u; i++) {
    let own = stirling_error(each[i]);
    errors += select(-own, own, i == 2u);
  }
  let deviances = a * log_gap(e / a, n * x / a) + b * log_gap(-e / b, n * y / b);
  return errors - deviances;
}`,
  beta_term: () => `fn beta_term(a: f32, b: f32, x: f32, y: f32, e: f32) -> f32 {
  return of_exp(beta_log_term(a, b, x, y, e)) * sqrt(0.15915494f * b / (a + b) / a);
}`,
  // log x − ψ(a) + ψ(a + b)
  beta_slope: () => `fn beta_slope(a: f32, b: f32, x: f32, e: f32) -> f32 {
  let rest = digamma_rest(a) - digamma_rest(a + b);
  let excess = e / a;
  if (abs(excess) < 0.5f) { return of_log1p(excess) + rest; }
  return of_log((a + b) * x / a) + rest;
}`,
  // log x − ψ(a + 1) + ψ(a + b)
  beta_slope_above: () => `fn beta_slope_above(a: f32, b: f32, x: f32, e: f32) -> f32 {
  if (a > 4f) { return beta_slope(a, b, x, e) - 1f / a; }
  return of_log((a + b) * x) - digamma_rest(a + b) - digamma_above(a);
}`,
  beta_alpha: (i = 0, j = 0) =>
    `fn beta_alpha_${i}_${j}(n: f32, a: f32, b: f32, x: f32) -> ${jetType(i, j)} {\n${alpha(i, j)}}`,
  beta_beta: (i = 0, j = 0) =>
    `fn beta_beta_${i}_${j}(n: f32, a: f32, b: f32, x: f32, y: f32, e: f32) -> ${jetType(i, j)} {\n${beta(i, j)}}`,
  // I over xᵃyᵇ/(a·B(a, b)): how long it must be by Lentz' method, then from its end. That of a whole b ends after b terms, its
  // derivatives do not.
  beta_fraction: (
    i = 0,
    j = 0,
  ) => `fn beta_fraction_${i}_${j}(a: f32, b: f32, x: f32, y: f32, e: f32) -> ${jetType(i, j)} {
  var c = beta_beta_0_0(0f, a, b, x, y, e)[0];
  var r = 0f;
  var n = 1f;
  for (; n < 10000f; n += 1f) {
    let p = beta_alpha_0_0(n, a, ${i + j === 0 ? "b" : "b + 0.37f"}, x)[0];
    let q = beta_beta_0_0(n, a, b, x, y, e)[0];
    r = 1f / (q + p * r);
    c = q + p / c;
    if (abs(c * r - 1f) < 1e-7f) { break; }
  }
  n = floor(n * ${i + j > 0 ? "1.5f" : "1.1f"}) + ${f32Literal(2 + 4 * (i + j))};
  var v = beta_beta_${i}_${j}(n, a, b, x, y, e);
  for (; n > 0f; n -= 1f) {
    v = jet_add_${i}_${j}(beta_beta_${i}_${j}(n - 1f, a, b, x, y, e), jet_div_${i}_${j}(beta_alpha_${i}_${j}(n, a, b, x), v));
  }
  return jet_div_${i}_${j}(${jetOf(i, j, { "0,0": "1f" })}, v);
}`,
  // on the side where the fraction converges fast
  beta_lower: (i = 0, j = 0) => `fn beta_lower_${i}_${j}(a: f32, b: f32, xs: vec2f, ys: vec2f) -> f32 {
  let e = beta_excess(a, b, xs, ys);
  let x = xs.x;
  let y = ys.x;
  let term = jet_exp_${i}_${j}(${logTerm(i, j)}, beta_term(a, b, x, y, e));
  let z = jet_mul_${i}_${j}(term, beta_fraction_${i}_${j}(a, b, x, y, e));
  return z[${(i + 1) * (j + 1) - 1}] * ${f32Literal(factorial(i) * factorial(j))};
}`,
  // whether the fraction is that of I and not of 1 − I: it converges fast, or the other one is too close to 1, as for small b
  beta_is_direct: () => `fn beta_is_direct(a: f32, b: f32, x: f32, y: f32) -> bool {
  return x < (a + 1f) / (a + b + 2f) || (b < 0.25f && y > 1e-4f && b * of_log(y) > -0.3f);
}`,
  beta_below: (i = 0, j = 0) => `fn beta_below_${i}_${j}(a: f32, b: f32, x: vec2f, y: vec2f) -> f32 {
  if (!(a > 0f && b > 0f) || is_infinite(a) || is_infinite(b)) { return not_a_number(); }
  if (x.x <= 0f) { return 0f; }
  if (y.x <= 0f) { return ${i + j > 0 ? "0f" : "1f"}; }
${lowerOrUpper(i, j)}}`,
  math_betainc: (i = 0, j = 0) =>
    primitive(
      i + j === 0 ? "betainc" : ordered("betainc", i, j),
      ["a", "b", "x"],
      `select(not_a_number(), beta_below_${i}_${j}(a, b, vec2f(x, 0f), d_sum(1f, -x)), x >= 0f && x <= 1f)`,
    ),
};
