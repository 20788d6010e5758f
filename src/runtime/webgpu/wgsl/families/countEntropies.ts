// Entropies of counts by summation outwards from the mode, as in src/util/special/countEntropies.ts. Probabilities relative to that
// of the mode come by recurrence, as sums of two numbers; large rates of Poisson counts by the asymptotic series.
import { factorial } from "../../../../util/special/polygamma.js";
import { f32Literal } from "../literals.js";
import { choose, horner, ordered, primitive, type Source } from "./calls.js";

/** A law of counts up to `last`, by its mode and by p(k)/p(k − 1) and its reciprocal as sums of two numbers. */
interface Law {
  readonly mode: string;
  readonly last: string;
  readonly up: string;
  readonly down: string;
}

/** Lines that go through the counts `k` that matter and the probabilities `p` over that of the mode. */
const walk = (
  { mode, last, up, down }: Law,
  body: string,
  steps: Readonly<Record<"up" | "down", string>>,
): string => `  {
    var k = ${mode};
    var p = vec2f(1f, 0f);
    ${steps.up ? "var change = 0f;\n    " : ""}loop {
      ${body}
      ${steps.up}
      k += 1f;
      if (k > ${last} || p.x < 1e-12f) { break; }
      p = d_mul(p, ${up});
    }
    k = ${mode};
    p = vec2f(1f, 0f);
    ${steps.up ? "change = 0f;\n    " : ""}loop {
      if (k <= 0f || p.x < 1e-12f) { break; }
      p = d_mul(p, ${down});
      k -= 1f;
      ${steps.down}
      ${body}
    }
  }
`;
const none = { up: "", down: "" };

/** Lines that leave E of a function of `k` and of its weight `w` in `mean`. */
const expectation = (law: Law, f: string): string => `  var mass = vec2f(0f, 0f);
${walk(law, "mass = d_add(mass, p);", none)}  var sum = vec2f(0f, 0f);
${walk(law, `let w = p.x / mass.x;\n      sum = d_add(sum, vec2f(w * ${f}, 0f));`, none)}  let mean = d_single(sum);
`;

const poissonLaw: Law = {
  mode: "floor(rate)",
  last: "16777216f",
  up: "d_quotient(rate, k)",
  down: "d_quotient(k, rate)",
};

const binomialLaw = (count: string): Law => ({
  mode: `min(${count}, floor((${count} + 1f) * p1))`,
  last: count,
  up: `d_mul(d_quotient(${count} - k + 1f, k), odds)`,
  down: `d_mul(d_quotient(k, ${count} - k + 1f), inverse)`,
});

const failureLaw: Law = {
  mode: "mode",
  last: "1e9f",
  up: "d_mul(d_div(d_sum(k - 1f, r), vec2f(k, 0f)), share)",
  down: "d_div(d_div(vec2f(k, 0f), d_sum(k - 1f, r)), share)",
};

/** ½ log 2πeλ − Σ cₖλ⁻ᵏ is the entropy for large rates. */
const large = [1 / 12, 1 / 24, 19 / 360, 9 / 80, 863 / 2520, 1.364087301];

function largePoisson(n: number): string {
  const rising = (k: number): number =>
    n === 0 ? 1 : Array.from({ length: n }, (_, i) => k + i).reduce((a, b) => a * b);
  const sign = n % 2 === 0 ? -1 : 1;
  const series = horner(
    "i",
    large.map((each, k) => sign * each * rising(k + 1)),
  );
  const power = new Array<string>(n).fill(" * i").join("");
  return n === 0
    ? `0.5f * of_log(rate) + 1.4189385f + i * ${series}`
    : `(${f32Literal(0.5 * sign * factorial(n - 1))} + i * ${series})${power}`;
}

/** Δᵐ log at k + 1, m ≥ 1. */
const logDifference = (m: number): string =>
  Array.from({ length: m }, (_, i) => {
    const weight = (-1) ** (m - 1 - i) * choose(m - 1, i);
    return `${f32Literal(weight)} * of_log1p(1f / (k + ${i + 1}f))`;
  }).join(" + ");

function poissonEntropy(n: number): string {
  const f =
    n === 0 ? "surprise_of(p, mass)" : n === 1 ? "of_log1p((k + 1f - rate) / rate)" : `(${logDifference(n - 1)})`;
  const own =
    n < 2
      ? "0f"
      : `${f32Literal((-1) ** n * factorial(n - 2))} / (${new Array<string>(n - 1).fill("rate").join(" * ")})`;
  return `fn poisson_entropy_${n}(rate: f32) -> f32 {
  if (!(rate >= 0f)) { return not_a_number(); }
  if (rate == 0f) { return ${n === 0 ? "0f" : n % 2 === 1 ? "infinity()" : "-infinity()"}; }
  if (rate >= ${16 + 8 * n}f) {
    let i = 1f / rate;
    return ${largePoisson(n)};
  }
${expectation(poissonLaw, f)}  return mean${n < 2 ? "" : ` - ${own}`};
}`;
}

/** What both functions of binomial counts begin with. */
const binomialStart = `  if (!(count >= 0f && floor(count) == count && p1 >= 0f && p1 <= 1f) || is_infinite(count)) { return not_a_number(); }
  if (count == 0f) { return 0f; }
`;
const binomialOdds = `  let q1 = d_sum(1f, -p1);
  let odds = d_div(vec2f(p1, 0f), q1);
  let inverse = d_div(q1, vec2f(p1, 0f));
  let expected = d_product(count, p1);
`;

export const countEntropies: Readonly<Record<string, Source>> = {
  d_quotient: () => `fn d_quotient(a: f32, b: f32) -> vec2f {
  let q = rounded(a / b);
  let p = d_product(q, b);
  return d_fast(q, (rounded(a - p.x) - p.y) / b);
}`,
  // −log p/mass, also where that is near 1
  surprise_of: () => `fn surprise_of(p: vec2f, mass: vec2f) -> f32 {
  if (p.x > 0.5f * mass.x) { return -of_log1p(-d_single(d_sub(mass, p)) / mass.x); }
  return -of_log(p.x / mass.x);
}`,
  poisson_entropy: (n = 0) => poissonEntropy(n),
  math_poissonEntropy: (n = 0) =>
    primitive(n === 0 ? "poissonEntropy" : ordered("poissonEntropy", n), ["rate"], `poisson_entropy_${n}(rate)`),
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
  binomial_entropy: (n = 0) => `fn binomial_entropy_${n}(count: f32, p1: f32) -> f32 {
${binomialStart}  if (p1 == 0f || p1 == 1f) { return ${n === 0 ? "0f" : "select(-infinity(), infinity(), p1 == 0f)"}; }
${binomialOdds}${
  n === 0
    ? `${expectation(binomialLaw("count"), "surprise_of(p, mass)")}  return mean;`
    : `  let isLarge = min(expected.x, count * q1.x) > 30f;
${expectation(binomialLaw("(count - 1f)"), "select(log_binomial_ratio(k, count, p1, q1, expected), binomial_gap(k, count, q1.x, expected), isLarge)")}  if (isLarge) { return (q1.x - p1) / (p1 * q1.x) - count * mean; }
  return count * mean;`
}
}`,
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
  binomial_surprise: (n = 0) => `fn binomial_surprise_${n}(count: f32, p1: f32) -> f32 {
${binomialStart}  if (p1 == 0f) { return ${n === 0 ? "0f" : "infinity()"}; }
  if (p1 == 1f) { return ${n === 0 ? "poisson_surprise(count, count)" : "0f"}; }
${binomialOdds}${
  n === 0
    ? `${expectation(binomialLaw("count"), "poisson_surprise(k, expected.x)")}  return mean;`
    : `  let isLarge = expected.x > 30f;
${expectation(binomialLaw("(count - 1f)"), "surprise_change(k, expected, isLarge)")}  if (isLarge) { return q1.x / p1 - count * mean; }
  return count * mean;`
}
}`,
  // −E (log p)·(s − E s), s the derivative of log p, of which a constant can be left out
  negative_binomial_entropy: (i = 0, j = 0) => {
    const start = `fn negative_binomial_entropy_${i}_${j}(r: f32, odds: f32) -> f32 {
  if (!(r > 0f && odds >= 0f) || is_infinite(r) || is_infinite(odds)) { return not_a_number(); }
  if (odds == 0f) { return ${j === 0 ? "0f" : "infinity()"}; }
  let mode = max(0f, floor((r - 1f) * odds));
  let share = d_div(vec2f(odds, 0f), d_sum(1f, odds));
`;
    if (i + j === 0) return `${start}${expectation(failureLaw, "surprise_of(p, mass)")}  return mean;\n}`;
    const steps =
      i === 1
        ? { up: "change += 1f / (r + k);", down: "change -= 1f / (r + k);" }
        : { up: "change += 1f;", down: "change -= 1f;" };
    return `${start}  var mass = vec2f(0f, 0f);
  var moment = vec2f(0f, 0f);
${walk(failureLaw, "mass = d_add(mass, p);\n      moment = d_add(moment, vec2f(p.x * change, 0f));", steps)}  let mean = d_single(moment) / mass.x;
  var sum = vec2f(0f, 0f);
${walk(failureLaw, "sum = d_add(sum, vec2f(p.x * of_log(p.x) * (change - mean), 0f));", steps)}  return -d_single(sum) / mass.x${j === 1 ? " / (odds * (1f + odds))" : ""};
}`;
  },
};

/** Derivatives of higher order are left to double precision: they are small differences. */
const upTo =
  (most: number, write: Source): Source =>
  (...orders) =>
    orders.reduce((sum, each) => sum + each, 0) > most ? undefined : write(...orders);

const named = (name: string, orders: readonly number[]): string =>
  orders.length > 0 ? ordered(name, ...orders) : name;

export const countEntropyPrimitives: Readonly<Record<string, Source>> = {
  math_binomialEntropy: upTo(1, (...orders) =>
    primitive(named("binomialEntropy", orders), ["count", "p"], `binomial_entropy_${orders[0] ?? 0}(count, p)`),
  ),
  math_binomialSurprise: upTo(1, (...orders) =>
    primitive(named("binomialSurprise", orders), ["count", "p"], `binomial_surprise_${orders[0] ?? 0}(count, p)`),
  ),
  math_negativeBinomialEntropy: upTo(1, (...orders) => {
    const [i = 0, j = 0] = orders;
    return primitive(
      named("negativeBinomialEntropy", orders),
      ["r", "odds"],
      `negative_binomial_entropy_${i}_${j}(r, odds)`,
    );
  }),
};
