// The regularised incomplete gamma functions and their derivatives in the shape, as in src/util/special/gammainc.ts. In single
// precision the continued fraction is evaluated from its end, where rounding errors die out; how long it must be, Lentz' method tells.
// That of a whole a ends after a terms, its derivatives do not.

import { factorial } from "../../../../util/special/polygamma.js";
import { f32Literal } from "../literals.js";
import { ordered, primitive, type Source } from "./calls.js";
import { jetOf, jetType, linear } from "./jets.js";

/** ∂ⁿ/∂aⁿ from a series. */
const derivative = (jet: string, n: number): string =>
  n < 2 ? `${jet}[${n}]` : `${jet}[${n}] * ${f32Literal(factorial(n))}`;

/** log xᵃe⁻ˣ/Γ(a + 1), but for its value, as a series in a. */
const logTerm = (n: number): string =>
  jetOf(
    n,
    0,
    Object.fromEntries(
      Array.from({ length: n }, (_, k) => [
        `${k + 1},0`,
        k === 0 ? "gamma_slope(a, x, of_log(x))" : `of_polygamma${k}(a + 1f) * ${f32Literal(-1 / factorial(k + 1))}`,
      ]),
    ),
  );

/** Σ xᵏ/((a + 1)…(a + k)): all terms positive. */
const series: Source = (n = 0) => {
  const type = jetType(n, 0);
  const orders = Array.from({ length: n + 1 }, (_, k) => k);
  const terms = orders.map((k) => `    term[${k}] = (term[${k}] * x${k > 0 ? ` - term[${k - 1}]` : ""}) * i;\n`);
  const sums = orders.map((k) => `    sum[${k}] += term[${k}];\n`);
  const isDone = orders.map((k) => `abs(term[${k}]) <= 1.5e-8f * abs(sum[${k}])`).join(" && ");
  return `fn gamma_series_${n}(a: f32, x: f32) -> ${type} {
  var term = ${jetOf(n, 0, { "0,0": "1f" })};
  var sum = term;
  for (var k = 1f; k < 20000f; k += 1f) {
    let i = 1f / (a + k);
${terms.join("")}${sums.join("")}    if (${isDone}) { break; }
  }
  return sum;
}`;
};

/** Γ(a, x)·eˣ/xᵃ = 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)) (DLMF 8.9.2). */
const fraction: Source = (n = 0) => {
  const b = (k: string) => linear(n, 0, `(d + (2f * ${k} + 1f))`, "-1f");
  const type = jetType(n, 0);
  return `fn gamma_fraction_${n}(a: f32, x: f32) -> ${type} {
  let d = x - a;
  var c = d + 1f;
  var r = 0f;
  var k = 1f;
  for (; k < 20000f; k += 1f) {
    let p = k * (${n === 0 ? "a" : "a + 0.37f"} - k);
    let q = d + (2f * k + 1f);
    r = 1f / (q + p * r);
    c = q + p / c;
    if (abs(c * r - 1f) < 1e-7f) { break; }
  }
  k = floor(k * ${n > 0 ? "1.5f" : "1.1f"}) + ${f32Literal(2 + 6 * n)};
  var v = ${b("k")};
  for (; k > 0f; k -= 1f) {
    v = jet_add_${n}_0(${b("(k - 1f)")}, jet_div_${n}_0(${linear(n, 0, "k * (a - k)", "k")}, v));
  }
  return jet_div_${n}_0(${jetOf(n, 0, { "0,0": "1f" })}, v);
}`;
};

export const incompleteGamma: Readonly<Record<string, Source>> = {
  // log xᵃe⁻ˣ/Γ(a + 1): of small shapes directly, else by Loader's saddle-point form
  gamma_log_term: () => `fn gamma_log_term(a: f32, x: f32) -> f32 {
  if (a < 4f) { return a * of_log(x) - x - lgamma_above(a); }
  return -stirling_rest(a) - of_deviance(a, x) - 0.5f * of_log(6.2831855f * a);
}`,
  gamma_term: () => "fn gamma_term(a: f32, x: f32) -> f32 { return of_exp(gamma_log_term(a, x)); }",
  // log x − ψ(a + 1) where log x is known
  gamma_slope: () => `fn gamma_slope(a: f32, x: f32, logarithm: f32) -> f32 {
  if (a < 4f) { return logarithm - digamma_above(a); }
  let rest = digamma_tail(a) - 1f / a;
  if (x > 0.5f * a) { return of_log1p((x - a) / a) + rest; }
  return (logarithm - of_log(a)) + rest;
}`,
  // from here on the fraction is used
  gamma_turn: () => "fn gamma_turn(a: f32) -> f32 { return max(a, 0.75f); }",
  gamma_series: series,
  gamma_fraction: fraction,
  gamma_lower: (n = 0) => `fn gamma_lower_${n}(a: f32, x: f32) -> f32 {
  let z = jet_mul_${n}_0(jet_exp_${n}_0(${logTerm(n)}, gamma_term(a, x)), gamma_series_${n}(a, x));
  return ${derivative("z", n)};
}`,
  gamma_upper: (n = 0) => `fn gamma_upper_${n}(a: f32, x: f32) -> f32 {
  let density = jet_mul_${n}_0(jet_exp_${n}_0(${logTerm(n)}, gamma_term(a, x)), ${linear(n, 0, "a", "1f")});
  let z = jet_mul_${n}_0(density, gamma_fraction_${n}(a, x));
  return ${derivative("z", n)};
}`,
  // 1 − xᵃ/Γ(1 + a)·(1 + a Σ (−x)ᵏ/((a + k) k!)), where 1 − P would cancel
  gamma_upper_near_zero: () => `fn gamma_upper_near_zero(a: f32, x: f32, logarithm: f32) -> f32 {
  var sum = 0f;
  var power = 1f;
  for (var k = 1f; k < 14f; k += 1f) {
    power *= -x / k;
    sum += power / (a + k);
  }
  let exponent = a * logarithm - lgamma_1p(a);
  return -of_expm1(exponent) - of_exp(exponent) * a * sum;
}`,
  gamma_inside: (n = 0) => `fn gamma_inside_${n}(a: f32, x: f32) -> f32 {
  if (a < 0f || x < 0f || (a == 0f && ${n > 0 ? "true" : "x == 0f"})) { return not_a_number(); }
  if (a == 0f) { return 1f; }
  if (x == 0f) { return 0f; }
  if (is_infinite(x)) { return ${n === 0 ? "select(1f, not_a_number(), is_infinite(a))" : "0f"}; }
  if (is_infinite(a)) { return 0f; }
  if (x < gamma_turn(a)) { return gamma_lower_${n}(a, x); }
  return ${n === 0 ? "1f" : "0f"} - gamma_upper_${n}(a, x);
}`,
  gamma_outside: () => `fn gamma_outside(a: f32, x: f32) -> f32 {
  if (a < 0f || x < 0f || (a == 0f && x == 0f)) { return not_a_number(); }
  if (a == 0f || is_infinite(x)) { return 0f; }
  if (x == 0f || is_infinite(a)) { return 1f; }
  if (x >= gamma_turn(a)) { return gamma_upper_0(a, x); }
  if (a < 1f) { return gamma_upper_near_zero(a, x, of_log(x)); }
  return 1f - gamma_lower_0(a, x);
}`,
  math_gammainc: (n = 0) =>
    primitive(n === 0 ? "gammainc" : ordered("gammainc", n), ["a", "x"], `gamma_inside_${n}(a, x)`),
  math_gammaincc: () => primitive("gammaincc", ["a", "x"], "gamma_outside(a, x)"),
  // d log x/da at a fixed quantile, of y = log x: the densities cancel
  gamma_flow: () => `fn gamma_flow(a: f32, y: f32) -> f32 {
  if (!(a > 0f) || is_infinite(a)) { return not_a_number(); }
  if (y > 88f) { return 0f; }
  let x = of_exp(y);
  let slope = gamma_slope(a, x, y);
  if (x < gamma_turn(a)) {
    let s = gamma_series_1(a, x);
    return -(slope * s[0] + s[1]) / a;
  }
  let f = gamma_fraction_1(a, x);
  return (1f / a + slope) * f[0] + f[1];
}`,
  math_logGammaFlow: () => primitive("logGammaFlow", ["a", "y"], "gamma_flow(a, y)"),
};
