// log Γ, ψ and what is left of them without Stirling's formula, of positive numbers: shorter than the functions for all numbers.
import { lgammaNearTwo } from "../../../../util/special/singlePrecision.js";
import { horner, type Source } from "./calls.js";

export const stirling: Readonly<Record<string, Source>> = {
  // log Γ(1 + a) for 0 ≤ a ≤ 1, to relative precision
  lgamma_1p: () => `fn lgamma_1p(a: f32) -> f32 {
  return a * (a + 1f) * ${horner("a", lgammaNearTwo)} - of_log1p(a);
}`,
  // log Γ(1 + a) for a ≥ 0, by log Γ(2 + z) below 4
  lgamma_above: () => `fn lgamma_above(a: f32) -> f32 {
  if (a >= 4f) { return ((a + 0.5f) * of_log(a) - a) + (0.9189385f + stirling_rest(a)); }
  if (a < 1f) { return lgamma_1p(a); }
  let z = a - floor(a);
  let product = select(1f, a, a >= 2f) * select(1f, a - 1f, a >= 3f);
  return z * (z + 1f) * ${horner("z", lgammaNearTwo)} + of_log(product);
}`,
  // log Γ(1 + a) − (a + ½) log a + a − ½ log 2π
  stirling_error: () => `fn stirling_error(a: f32) -> f32 {
  if (a >= 4f) { return stirling_rest(a); }
  return (lgamma_above(a) - (a + 0.5f) * of_log(a)) + (a - 0.9189385f);
}`,
  // log x − ψ(x) for x ≥ 4
  digamma_tail: () => `fn digamma_tail(x: f32) -> f32 {
  let i = 1f / x;
  let s = i * i;
  return i * (0.5f + i * (0.083333336f + s * (-0.008333334f + s * (0.003968254f + s * (-0.004166667f + s * 0.006f)))));
}`,
  // ψ(1 + a)
  digamma_above: () => `fn digamma_above(a: f32) -> f32 {
  let sum = 1f / (a + 1f) + 1f / (a + 2f) + 1f / (a + 3f) + 1f / (a + 4f);
  return of_log(a + 5f) - digamma_tail(a + 5f) - sum;
}`,
  // log x − ψ(x)
  digamma_rest: () => `fn digamma_rest(x: f32) -> f32 {
  if (x >= 4f) { return digamma_tail(x); }
  let sum = 1f / x + 1f / (x + 1f) + 1f / (x + 2f) + 1f / (x + 3f);
  return digamma_tail(x + 4f) - of_log1p(4f / x) + sum;
}`,
};
