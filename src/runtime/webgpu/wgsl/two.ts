import { f32Literal } from "./literals.js";

/** A number in double precision as a sum of two of single precision, in WGSL. */
export function two(x: number): string {
  const high = Math.fround(x);
  return `vec2f(${f32Literal(high)}, ${f32Literal(x - high)})`;
}
