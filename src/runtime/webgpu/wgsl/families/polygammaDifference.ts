// ψ⁽ⁿ⁾(a) − ψ⁽ⁿ⁾(a + b), n ≥ 1, term by term of the recurrence and of the Euler–Maclaurin formula, as in src/util/special/betaln.ts.
import { eulerMaclaurin } from "../../../../util/special/hurwitzZeta.js";
import { factorial } from "../../../../util/special/polygamma.js";
import { f32Literal } from "../literals.js";
import { ordered, primitive, type Source } from "./calls.js";

/** Terms of the formula that single precision needs from 10 + s/2 on. */
const terms = 3;

const power = (x: string, n: number): string => new Array<string>(n).fill(x).join(" * ");

export const polygammaDifference: Readonly<Record<string, Source>> = {
  polygamma_difference: (n = 1) => {
    const s = n + 1;
    const sign = n % 2 === 1 ? 1 : -1;
    let rising = s;
    const series = eulerMaclaurin.slice(0, terms).map((each, k) => {
      const own = each * rising;
      rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
      const order = s + 2 * k + 1;
      return `  sum -= ${f32Literal(own)} * ${power("i", order)} * of_expm1(-${order}f * share);\n`;
    });
    const infinite = sign > 0 ? "infinity()" : "-infinity()";
    return `fn polygamma_difference_${n}(first: f32, second: f32) -> f32 {
  if (first < 0f || second < 0f || (first == 0f && second == 0f)) { return not_a_number(); }
  if (first == 0f) { return ${infinite}; }
  if (is_infinite(first)) { return select(0f, not_a_number(), is_infinite(second)); }
  let b = min(second, 1e30f);
  var x = first;
  var sum = 0f;
  for (; x < ${f32Literal(10 + s / 2)}; x += 1f) {
    let i = 1f / x;
    sum -= ${power("i", s)} * of_expm1(-${s}f * of_log1p(b * i));
  }
  let i = 1f / x;
  let share = of_log1p(b * i);
  sum -= 0.5f * ${power("i", s)} * of_expm1(-${s}f * share);
  sum -= ${f32Literal(1 / n)} * ${power("i", n)} * of_expm1(-${n}f * share);
${series.join("")}  return sum * ${f32Literal(sign * factorial(n))};
}`;
  },
  math_digammaDifference: (n?: number) =>
    n === undefined
      ? undefined
      : primitive(ordered("digammaDifference", n), ["a", "b"], `polygamma_difference_${n}(a, b)`),
};
