// The cumulants of order n ≥ 2 of T ≥ 0 with density ∝ e^{xt − t²/2}, as in src/util/special/millsCumulant.ts, about the mode.
import { ordered, primitive, type Source } from "./calls.js";
import { cumulants, depth } from "./quadrature.js";

export const millsCumulants: Readonly<Record<string, Source>> = {
  mills_cumulant: (n = 2) => `fn mills_cumulant_${n}(x: f32) -> f32 {
  if (is_infinite(x)) { return ${n === 2 ? "select(0f, 1f, x > 0f)" : "0f"}; }
  let mode = max(x, 0f);
  let pull = min(x, 0f);
  let first = max(-mode, ${-Math.sqrt(2 * depth)}f);
  let last = ${2 * depth}f / (sqrt(pull * pull + ${2 * depth}f) - pull);
  var result: array<f32, ${n + 1}>;
${cumulants(n, ["first", "last"], "s", "of_exp(s * (pull - 0.5f * s))")}  return result[${n}];
}`,
  math_millsCumulant: (n = 2) => primitive(ordered("millsCumulant", n), ["x"], `mills_cumulant_${n}(x)`),
};
