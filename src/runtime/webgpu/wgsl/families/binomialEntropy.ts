// Entropies of binomial counts and their first two derivatives in the probability, as in src/util/special/countEntropies.ts.
import { ordered, primitive, type Source } from "./calls.js";
import { expectation, type Law, upTo } from "./countWalks.js";

const binomialLaw = (count: string): Law => ({
  mode: `min(${count}, floor((${count} + 1f) * p1))`,
  last: count,
  up: `d_mul(d_quotient(${count} - k + 1f, k), odds)`,
  down: `d_mul(d_quotient(k, ${count} - k + 1f), inverse)`,
});

/** What both functions of binomial counts begin with. */
const binomialStart = `  if (!(count >= 0f && floor(count) == count && p1 >= 0f && p1 <= 1f) || is_infinite(count)) { return not_a_number(); }
  if (count == 0f) { return 0f; }
`;
const binomialOdds = `  let q1 = d_sum(1f, -p1);
  let odds = d_div(vec2f(p1, 0f), q1);
  let inverse = d_div(q1, vec2f(p1, 0f));
  let expected = d_product(count, p1);
`;

const named = (name: string, orders: readonly number[]): string =>
  orders.length > 0 ? ordered(name, ...orders) : name;

export const binomialEntropy: Readonly<Record<string, Source>> = {
  // log((k + 1)(1 − p)/((count − k)p)), whose argument is near 1
  log_binomial_ratio: () => `fn log_binomial_ratio(k: f32, count: f32, p1: f32, q1: vec2f, expected: vec2f) -> f32 {
  let excess = d_single(d_sub(d_add(vec2f(k, 0f), q1), expected));
  let t = excess / ((count - k) * p1);
  if (t > -0.5f) { return of_log1p(t); }
  return of_log((k + 1f) / (count - k) * (q1.x / p1));
}`,
  // the same less what it is for small deviations: of that the expectation is known
  binomial_gap: () => `fn binomial_gap(k: f32, count: f32, q1: f32, expected: vec2f) -> f32 {
  let rest = d_single(d_sub(vec2f(k, 0f), expected));
  let above = (rest + 1f) / expected.x;
  let below = -rest / (count * q1);
  return log_gap(above, (k + 1f) / expected.x) - log_gap(below, (count - k) / (count * q1));
}`,
  // 1/x − log(1 + 1/x)
  reciprocal_gap: () => "fn reciprocal_gap(x: f32) -> f32 { return log_gap(1f / x, 1f + 1f / x); }",
  binomial_entropy: (n = 0) => {
    const atEnds = ["0f", "select(-infinity(), infinity(), p1 == 0f)", "-infinity()"][n];
    const inside = [
      () => `${expectation(binomialLaw("count"), "surprise_of(p, mass)")}  return mean;`,
      () => `  let isLarge = min(expected.x, count * q1.x) > 30f;
${expectation(
  binomialLaw("(count - 1f)"),
  "select(log_binomial_ratio(k, count, p1, q1, expected), binomial_gap(k, count, q1.x, expected), isLarge)",
)}  if (isLarge) { return (q1.x - p1) / (p1 * q1.x) - count * mean; }
  return count * mean;`,
      // the expectations of 1/(K + 1) and 1/(count − 1 − K) are known: what is left has one sign
      () => `  let ends = of_exp((count - 1f) * of_log1p(-p1)) / p1 + of_exp((count - 1f) * of_log(p1)) / q1.x;
  if (count < 2f) { return -count * ends; }
${expectation(binomialLaw("(count - 2f)"), "(reciprocal_gap(k + 1f) + reciprocal_gap(count - 1f - k))")}  return -count * ((count - 1f) * mean + ends);`,
    ];
    return `fn binomial_entropy_${n}(count: f32, p1: f32) -> f32 {
${binomialStart}  if (p1 == 0f || p1 == 1f) { return ${atEnds}; }
${binomialOdds}${inside[n]!()}
}`;
  },
  // −log of the probability of k in a Poisson distribution of a mean
  poisson_surprise: () => `fn poisson_surprise(k: f32, mean: f32) -> f32 {
  if (k == 0f) { return mean; }
  return 0.5f * of_log(6.2831855f * k) + of_stirlingError(k) + of_deviance(k, mean);
}`,
  // log((k + 1)/mean), or t − log(1 + t) for t = (k + 1)/mean − 1
  surprise_change: () => `fn surprise_change(k: f32, mean: vec2f, isGap: bool) -> f32 {
  let t = d_single(d_sub(vec2f(k + 1f, 0f), mean)) / mean.x;
  if (isGap) { return log_gap(t, (k + 1f) / mean.x); }
  return of_log1p(t);
}`,
  binomial_surprise: (n = 0) => {
    const atZero = ["0f", "infinity()", "-infinity()"][n];
    const atOne = [
      "poisson_surprise(count, count)",
      "0f",
      "select(-count * (count - 1f) * reciprocal_gap(max(count - 1f, 1f)), -1f, count < 2f)",
    ];
    const inside = [
      () => `${expectation(binomialLaw("count"), "poisson_surprise(k, expected.x)")}  return mean;`,
      () => `  let isLarge = expected.x > 30f;
${expectation(binomialLaw("(count - 1f)"), "surprise_change(k, expected, isLarge)")}  if (isLarge) { return q1.x / p1 - count * mean; }
  return count * mean;`,
      () => `  let end = of_exp((count - 1f) * of_log1p(-p1)) / p1;
  if (count < 2f) { return -count * end; }
${expectation(binomialLaw("(count - 2f)"), "reciprocal_gap(k + 1f)")}  return -count * ((count - 1f) * mean + end);`,
    ];
    return `fn binomial_surprise_${n}(count: f32, p1: f32) -> f32 {
${binomialStart}  if (p1 == 0f) { return ${atZero}; }
  if (p1 == 1f) { return ${atOne[n]}; }
${binomialOdds}${inside[n]!()}
}`;
  },
  math_binomialEntropy: upTo(2, (...orders) =>
    primitive(named("binomialEntropy", orders), ["count", "p"], `binomial_entropy_${orders[0] ?? 0}(count, p)`),
  ),
  math_binomialSurprise: upTo(2, (...orders) =>
    primitive(named("binomialSurprise", orders), ["count", "p"], `binomial_surprise_${orders[0] ?? 0}(count, p)`),
  ),
};
