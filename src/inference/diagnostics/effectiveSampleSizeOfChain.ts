import { autocorrelations, checkSeries, type Series } from "./autocorrelation.js";

/**
 * How many independent draws the values of a Markov chain are worth, for the estimate of their mean: n / (1 + 2 Σ ρ_t).
 *
 * The sum ends by Geyer's (1992) initial monotone sequence: pairs ρ_2t + ρ_2t+1 count while they are positive, none more than the one
 * before. Values that alternate may be worth more than n draws, at most n log₁₀ n. NaN for a constant chain and for fewer than
 * four values.
 *
 * @param chain - values of one number, in the order in which they were drawn
 * @example
 * ```ts
 * import { effectiveSampleSizeOfChain } from "elbow";
 * // every value is repeated ten times
 * const chain = Array.from({ length: 4000 }, (_, i) => Math.sin(1e4 * Math.floor(i / 10) ** 2));
 * console.log(Math.abs(effectiveSampleSizeOfChain(chain) / 400 - 1) < 0.25); // => true
 * ```
 */
export function effectiveSampleSizeOfChain(chain: Series): number {
  checkSeries("effectiveSampleSizeOfChain", chain);
  const { length, lag } = autocorrelations(chain);
  if (length < 4 || Number.isNaN(lag(0))) return Number.NaN;
  let time = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let t = 0; t + 1 < length; t += 2) {
    const pair = lag(t) + lag(t + 1);
    if (pair <= 0) break;
    least = Math.min(least, pair);
    time += 2 * least;
  }
  return length / Math.max(time, 1 / Math.log10(length));
}
