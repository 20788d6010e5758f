import { logGammaDraw } from "./gamma.js";
import { RandomSource } from "./source.js";

/** A draw of Beta(h, h), as the smaller of X/(X + Y) and 1 less it, and whether that is the one. */
function symmetricBeta(source: RandomSource, h: number): { z: number; rest: number } {
  const words = (): [number, number] => {
    const [u, v] = source.uniforms();
    return [(u * 2 ** 32) | 0, (v * 2 ** 32) | 0];
  };
  const difference = logGammaDraw(...words(), h) - logGammaDraw(...words(), h);
  return { z: 1 / (1 + Math.exp(-difference)), rest: 1 / (1 + Math.exp(difference)) };
}

/**
 * The angle between a draw of the von Mises–Fisher distribution on the sphere of a dimension ≥ 2 and its mean direction, in
 * [0, π]: Wood, "Simulation of the von Mises Fisher distribution" (1994).
 */
export function sphereAngleDraw(key0: number, key1: number, kappa: number, dimension: number): number {
  if (!(kappa >= 0 && Number.isInteger(dimension) && dimension >= 2)) return Number.NaN;
  const source = new RandomSource(key0, key1);
  const n = dimension - 1;
  const b = n / (2 * kappa + Math.hypot(2 * kappa, n));
  // 1 − x₀ for the point x₀ = (1 − b)/(1 + b) of the tightest envelope
  const drop = (2 * b) / (1 + b);
  const x0 = (1 - b) / (1 + b);
  for (;;) {
    const { z, rest } = symmetricBeta(source, n / 2);
    // 1 − w for the proposal w = cos t = (1 − (1 + b)z)/(1 − (1 − b)z)
    const denominator = rest + b * z;
    const down = (2 * b * z) / denominator;
    const logRatio = kappa * (drop - down) + n * Math.log((drop + x0 * down) / (drop * (1 + x0)));
    if (logRatio < Math.log(source.uniform())) continue;
    return 2 * Math.atan2(Math.sqrt(b * z), Math.sqrt(rest));
  }
}
