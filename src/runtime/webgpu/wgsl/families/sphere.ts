// The von Mises–Fisher distribution, as in src/util/special/vonMisesFisher.ts. The dimension is an integer.
import { ordered, type Source } from "./calls.js";

const isLegal = "kappa >= 0f && !is_infinite(kappa) && dimension >= 2";

export const sphere: Readonly<Record<string, Source>> = {
  sphere_integral: (n = 0) => `fn sphere_integral_${n}(kappa: f32, dimension: i32) -> f32 {
  if (is_nan(kappa) || !(${isLegal})) { return not_a_number(); }
  let value = circle_cumulants_${n}(kappa, f32(dimension - 2))[${n}];
${n > 0 ? "  return value;" : "  let half = 0.5f * f32(dimension - 1);\n  return 0.6931472f + half * 1.1447299f - of_lgamma(half) + value;"}
}`,
  math_logSphereIntegral: (
    n = 0,
  ) => `fn math_${n === 0 ? "logSphereIntegral" : ordered("logSphereIntegral", n)}(p0: u32, p1: u32) -> u32 {
  return bitcast<u32>(sphere_integral_${n}(from_bits(p0), bitcast<i32>(p1)));
}`,
  sphere_ratio: (n = 1) => `fn sphere_ratio_${n}(kappa: f32, angle: f32, dimension: i32) -> f32 {
  if (is_nan(kappa) || is_nan(angle) || !(${isLegal} && angle >= 0f && angle <= 3.1415927f)) { return not_a_number(); }
  return circle_ratio_${n}(kappa, f32(dimension - 2), angle);
}`,
  math_sphereAngleRatio: (n = 1) => `fn math_${ordered("sphereAngleRatio", n)}(p0: u32, p1: u32, p2: u32) -> u32 {
  return bitcast<u32>(sphere_ratio_${n}(from_bits(p0), from_bits(p1), bitcast<i32>(p2)));
}`,
};
