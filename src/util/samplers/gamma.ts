import { RandomSource } from "./source.js";

/**
 * The logarithm of a draw of Gamma(shape, 1), which is finite where the draw itself is too small for a number: Marsaglia &
 * Tsang, "A simple method for generating gamma variables" (2000); a shape below 1 is raised by 1 and the draw multiplied by
 * U^(1/shape).
 */
export function logGammaDraw(key0: number, key1: number, shape: number): number {
  if (!(shape > 0)) return Number.NaN;
  if (shape === Number.POSITIVE_INFINITY) return shape;
  const source = new RandomSource(key0, key1);
  const boost = shape < 1 ? Math.log(source.uniform()) / shape : 0;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = source.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const logV = 3 * Math.log(root);
    const v = root ** 3;
    if (Math.log(source.uniform()) < 0.5 * x * x + d - d * v + d * logV) return Math.log(d) + logV + boost;
  }
}
