import { RandomSource } from "./source.js";

/**
 * A draw of the von Mises distribution of mean 0, in (−π, π]: Best & Fisher, "Efficient simulation of the von Mises
 * distribution" (1979).
 */
export function vonMisesDraw(key0: number, key1: number, concentration: number): number {
  if (!(concentration >= 0)) return Number.NaN;
  const source = new RandomSource(key0, key1);
  // for small concentrations the envelope is the uniform distribution, for large ones a normal one
  if (concentration < 1e-6) return Math.PI * (2 * source.uniform() - 1);
  const tau = 1 + Math.sqrt(1 + 4 * concentration * concentration);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * concentration);
  const r = concentration > 1e6 ? 1 + 0.5 / concentration : (1 + rho * rho) / (2 * rho);
  for (;;) {
    const [u, v] = source.uniforms();
    const z = Math.cos(Math.PI * u);
    const f = (1 + r * z) / (r + z);
    const c = concentration * (r - f);
    if (c * (2 - c) <= v && Math.log(c / v) + 1 < c) continue;
    const angle = Math.acos(Math.min(1, Math.max(-1, f)));
    return source.uniform() < 0.5 ? -angle : angle;
  }
}
