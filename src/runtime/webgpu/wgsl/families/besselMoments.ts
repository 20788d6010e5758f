// Jₙ(|x|) = (1/π)∫₀^π (1 − cos t)ⁿ·e^{−|x|(1 − cos t)} dt, as in src/util/special/bessel.ts, by quadrature.
import { ordered, primitive, type Source } from "./calls.js";
import { depth, integrate } from "./quadrature.js";

export const besselMoments: Readonly<Record<string, Source>> = {
  bessel_moment: (n = 1) => `fn bessel_moment_${n}(x: f32) -> f32 {
  if (is_infinite(x)) { return 0f; }
  let a = abs(x);
  var end = 3.1415927f;
  // 1 − cos t where nothing is left
  let most = ${depth + 6 * n}f;
  if (a > ${(depth + 6 * n) / 2}f) { end = 2f * of_asin(sqrt(0.5f * most / a)); }
  var sum = 0f;
${integrate("0f", "end", 4 + n, `let c = -lowered(s);\n      sum += w * ${new Array<string>(n).fill("c").join(" * ")} * of_exp(-a * c);`)}  return sum * 0.31830987f;
}`,
  math_besselMoment: (n = 1) => primitive(ordered("besselMoment", n), ["x"], `bessel_moment_${n}(x)`),
};
