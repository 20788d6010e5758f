// The entropy of negative binomial counts and its first derivatives, as in src/util/special/negativeBinomialEntropy.ts.
import { ordered, primitive, type Source } from "./calls.js";
import { expectation, type Law, upTo, walk } from "./countWalks.js";

const failureLaw = (r: string): Law => ({
  mode: `max(0f, floor((${r} - 1f) * odds))`,
  last: "1e9f",
  up: `d_mul(d_div(d_sum(k - 1f, ${r}), vec2f(k, 0f)), share)`,
  down: `d_div(d_div(vec2f(k, 0f), d_sum(k - 1f, ${r})), share)`,
});

export const negativeBinomialEntropy: Readonly<Record<string, Source>> = {
  // −E (log p)·(s − E s), s the derivative of log p, of which a constant can be left out
  negative_binomial_entropy: (i = 0, j = 0) => {
    const start = `fn negative_binomial_entropy_${i}_${j}(r: f32, odds: f32) -> f32 {
  if (!(r > 0f && odds >= 0f) || is_infinite(r) || is_infinite(odds)) { return not_a_number(); }
  if (odds == 0f) { return ${["0f", "infinity()", "-infinity()"][j]}; }
  let share = d_div(vec2f(odds, 0f), d_sum(1f, odds));
`;
    if (i + j === 0) return `${start}${expectation(failureLaw("r"), "surprise_of(p, mass)")}  return mean;\n}`;
    // r·E log((K + 1)/(K + r)) differentiated: expectations of reciprocals are known, and what is left has one sign
    if (j === 2)
      return `${start}  let s = r + 2f;
${expectation(failureLaw("s"), "failure_gaps(k, r)")}  return -r * (r + 1f) * mean - r / odds * of_exp(-(r + 1f) * of_log1p(odds));\n}`;
    const steps =
      i === 1
        ? { up: "change += 1f / (r + k);", down: "change -= 1f / (r + k);" }
        : { up: "change += 1f;", down: "change -= 1f;" };
    return `${start}  var mass = vec2f(0f, 0f);
  var moment = vec2f(0f, 0f);
${walk(failureLaw("r"), "mass = d_add(mass, p);\n      moment = d_add(moment, vec2f(p.x * change, 0f));", steps)}  let mean = d_single(moment) / mass.x;
  var sum = vec2f(0f, 0f);
${walk(failureLaw("r"), "sum = d_add(sum, vec2f(p.x * of_log(p.x) * (change - mean), 0f));", steps)}  return -d_single(sum) / mass.x${j === 1 ? " / (odds * (1f + odds))" : ""};
}`;
  },
  failure_gaps: () => `fn failure_gaps(k: f32, r: f32) -> f32 {
  let x = k + r + 1f;
  return reciprocal_gap(k + 1f) + log_gap(-1f / x, (k + r) / x);
}`,
  // other second derivatives are small differences of large sums
  math_negativeBinomialEntropy: upTo(2, (i = 0, j = 0) =>
    i > 0 && i + j > 1
      ? undefined
      : primitive(
          i + j === 0 ? "negativeBinomialEntropy" : ordered("negativeBinomialEntropy", i, j),
          ["r", "odds"],
          `negative_binomial_entropy_${i}_${j}(r, odds)`,
        ),
  ),
};
