// Sums over counts outwards from the mode. Probabilities relative to that of the mode come by recurrence, as sums of two numbers.
import type { Source } from "./calls.js";

/** A law of counts up to `last`, by its mode and by p(k)/p(k − 1) and its reciprocal as sums of two numbers. */
export interface Law {
  readonly mode: string;
  readonly last: string;
  readonly up: string;
  readonly down: string;
}

/** Lines that go through the counts `k` that matter and the probabilities `p` over that of the mode. */
export const walk = (
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
export const expectation = (law: Law, f: string): string => `  var mass = vec2f(0f, 0f);
${walk(law, "mass = d_add(mass, p);", none)}  var sum = vec2f(0f, 0f);
${walk(law, `let w = p.x / mass.x;\n      sum = d_add(sum, vec2f(w * ${f}, 0f));`, none)}  let mean = d_single(sum);
`;

/** A function up to derivatives of an order: others are evaluated in double precision. */
export const upTo =
  (most: number, write: Source): Source =>
  (...orders) =>
    orders.reduce((sum, each) => sum + each, 0) > most ? undefined : write(...orders);

export const countWalks: Readonly<Record<string, Source>> = {
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
};
