import { lgamma } from "../special/lgamma.js";
import { RandomSource } from "./source.js";

/**
 * A draw of Binomial(count, probability): by counting geometric gaps where few successes are expected, else by Hörmann's
 * transformed rejection ("The generation of binomial random variates", 1993, algorithm BTRD without its table).
 */
export function binomialDraw(key0: number, key1: number, count: number, probability: number): number {
  if (!(count >= 0 && probability >= 0 && probability <= 1)) return Number.NaN;
  if (probability > 0.5) return count - binomialDraw(key0, key1, count, 1 - probability);
  if (probability === 0 || count === 0) return 0;
  const source = new RandomSource(key0, key1);
  return count * probability < 10 ? byGaps(source, count, probability) : byRejection(source, count, probability);
}

function byGaps(source: RandomSource, count: number, probability: number): number {
  const logFailure = Math.log1p(-probability);
  for (let trials = 0, successes = 0; ; successes++) {
    trials += Math.ceil(Math.log(source.uniform()) / logFailure);
    if (trials > count) return successes;
  }
}

function byRejection(source: RandomSource, count: number, probability: number): number {
  const deviation = Math.sqrt(count * probability * (1 - probability));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * probability;
  const c = count * probability + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const logOdds = Math.log(probability / (1 - probability));
  const mode = Math.floor((count + 1) * probability);
  const atMode = lgamma(mode + 1) + lgamma(count - mode + 1);
  for (;;) {
    const [first, second] = source.uniforms();
    const u = first - 0.5;
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && second <= vr) return k;
    if (k < 0 || k > count) continue;
    const accepted = Math.log((second * alpha) / (a / (us * us) + b));
    if (accepted <= atMode - lgamma(k + 1) - lgamma(count - k + 1) + (k - mode) * logOdds) return k;
  }
}
