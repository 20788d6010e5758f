// Draws of the two parts of a gamma density's derivative in its shape, as in src/util/special/gammaShapeParts.ts, by logarithms.
import { primitive, type Source } from "./calls.js";

const isShape = "a > 0f && !is_infinite(a)";

export const gammaShapeParts: Readonly<Record<string, Source>> = {
  // log of the density of y = log x
  gamma_log_density: () => `fn gamma_log_density(a: f32, y: f32) -> f32 {
  if (y < -69f) { return of_log(a) + a * y - lgamma_above(a); }
  return of_log(a) + gamma_log_term(a, of_exp(min(y, 88f)));
}`,
  // log of −∂P/∂a
  shape_log_fall: () => `fn shape_log_fall(a: f32, y: f32, flow: f32) -> f32 {
  return of_log(max(flow, 1e-37f)) + gamma_log_density(a, y);
}`,
  shape_mass: () => `fn shape_mass(a: f32) -> f32 {
  if (!(${isShape})) { return not_a_number(); }
  let at = of_digamma(a);
  return of_exp(shape_log_fall(a, at, gamma_flow(a, at)));
}`,
  math_gammaShapeMass: () => primitive("gammaShapeMass", ["a"], "shape_mass(a)"),
  // the y on one side of the turn where −∂P/∂a is e^{−r²/2} of the mass
  shape_part: () => `fn shape_part(a: f32, goal: f32, side: f32) -> f32 {
  let at = of_digamma(a);
  let middle = gamma_flow(a, at);
  // there the difference of logarithms has no digits left, and r is proportional to the distance
  if (goal < 0.02f) { return at + side * goal * sqrt(middle); }
  let mass = shape_log_fall(a, at, middle);
  var nearest = 0f;
  var farthest = 1e30f;
  var distance = goal * sqrt(of_polygamma1(a));
  for (var step = 0; step < 60; step++) {
    let y = at + side * distance;
    let flow = gamma_flow(a, y);
    let r = sqrt(max(0f, -2f * (shape_log_fall(a, y, flow) - mass)));
    if (r < goal) { nearest = distance; } else { farthest = distance; }
    let next = distance - (r - goal) * r * flow / distance;
    if (next > nearest && next < farthest) {
      let isDone = abs(next - distance) < 1e-5f * distance;
      distance = next;
      if (isDone) { break; }
    } else if (farthest - nearest < 1e-6f * distance) { break; }
    else { distance = select(2f * distance, 0.5f * (nearest + farthest), farthest < 1e30f); }
  }
  return at + side * distance;
}`,
  shape_below: () => `fn shape_below(a: f32, u: f32) -> f32 {
  if (!(${isShape} && u > 0f && u < 1f)) { return not_a_number(); }
  return shape_part(a, sqrt(-2f * of_log(u)), -1f);
}`,
  shape_above: () => `fn shape_above(a: f32, u: f32) -> f32 {
  if (!(${isShape} && u > 0f && u < 1f)) { return not_a_number(); }
  return shape_part(a, sqrt(-2f * of_log1p(-u)), 1f);
}`,
  math_logGammaShapeBelow: () => primitive("logGammaShapeBelow", ["a", "u"], "shape_below(a, u)"),
  math_logGammaShapeAbove: () => primitive("logGammaShapeAbove", ["a", "u"], "shape_above(a, u)"),
};
