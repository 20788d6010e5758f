// Lambert's W and its derivatives, as in src/util/special/lambertw.ts; 1 + W has digits of its own near the branch point.
import { nearBranch, numerator } from "../../../../util/special/lambertw.js";
import { doubleLiteral } from "../literals.js";
import { horner, ordered, primitive, type Source } from "./calls.js";

export const lambertw: Readonly<Record<string, Source>> = {
  // W and 1 + W
  lambert_values: () => `fn lambert_values(x: f32) -> vec2f {
  let above = d_single(d_add(vec2f(x, 0f), ${doubleLiteral(1 / Math.E)}));
  if (above < 0f) { return vec2f(not_a_number(), not_a_number()); }
  if (x == 0f || is_infinite(x)) { return vec2f(x, x + 1f); }
  let p = sqrt(5.4365635f * above);
  let rise = ${horner("p", nearBranch)};
  if (p < 0.2f) { return vec2f(rise - 1f, rise); }
  var w = rise - 1f;
  if (x >= 3f) { let l = of_log(x); w = l - of_log(l); }
  else if (x >= -0.2f) { w = of_log1p(x) * (1f - 0.25f * of_tanh(x)); }
  for (var step = 0; step < 20; step++) {
    let excess = w - x * of_exp(-w);
    let slope = 1f + w - excess;
    let change = excess / (slope + excess * (w - excess) / (2f * slope));
    w -= change;
    if (abs(change) <= 1e-4f * abs(w)) { break; }
  }
  return vec2f(w, 1f + w);
}`,
  lambert_slope: (n = 1) => `fn lambert_slope_${n}(w: f32, above: f32) -> f32 {
  if (is_nan(w)) { return w; }
  let scale = of_exp(${-n}f * w);
  if (scale == 0f) { return 0f; }
  return scale * ${horner("w", numerator(n))} / (${new Array<string>(2 * n - 1).fill("above").join(" * ")});
}`,
  math_lambertw: (n = 0) =>
    n === 0
      ? primitive("lambertw", ["x"], "lambert_values(x).x")
      : primitive(ordered("lambertw", n), ["x"], `lambert_slope_${n}(lambert_values(x).x, lambert_values(x).y)`),
};
