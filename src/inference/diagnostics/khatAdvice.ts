import { checkInteger, checkNumber } from "../../util/expected.js";

/**
 * What k̂ of S weights allows (Vehtari et al. 2024, section 3.2):
 * - "good", below min(1 − 1/log₁₀ S, 0.7): estimates and their standard errors can be relied on;
 * - "fewDraws", up to 0.7: they could be with more draws;
 * - "unreliable", up to 1: no practicable number of draws is enough;
 * - "fails", above 1: the weights' law has no mean.
 */
export type KhatBand = "good" | "fewDraws" | "unreliable" | "fails";

/**
 * The band that k̂ lies in, for a number of draws.
 *
 * @example
 * ```ts
 * import { khatBand } from "elbow";
 * console.log(khatBand(0.55, 4000), khatBand(0.55, 100), khatBand(0.88, 4000), khatBand(1.2, 4000)); // => good fewDraws unreliable fails
 * ```
 */
export function khatBand(khat: number, draws: number): KhatBand {
  checkKhat("khatBand", khat, draws);
  if (khat < Math.min(1 - 1 / Math.log10(draws), 0.7)) return "good";
  if (khat < 0.7) return "fewDraws";
  return khat <= 1 ? "unreliable" : "fails";
}

function checkKhat(where: string, khat: unknown, draws: unknown): void {
  const hint = "Pass the khat of guideQuality, and how many draws it is of.";
  checkNumber(where, "k̂", khat, hint);
  checkInteger(where, "the number of draws", draws, 1, hint);
}

/** Draws from which k̂ < 1 − 1/log₁₀ S. */
const enough = (khat: number): number => 10 ** (1 / (1 - Math.max(0, khat)));

/**
 * What k̂ means in plain words, and what to do about it.
 *
 * @example
 * ```ts
 * import { khatAdvice } from "elbow";
 * console.log(khatAdvice(0.3, 1000)); // => good: weighted draws of this guide can be relied on
 * ```
 */
export function khatAdvice(khat: number, draws: number): string {
  checkKhat("khatAdvice", khat, draws);
  const band = khatBand(khat, draws);
  if (band === "good") return "good: weighted draws of this guide can be relied on";
  if (band === "fewDraws")
    return `too few draws: take more than ${Number(enough(khat).toPrecision(2)).toLocaleString("en-US")}, or fit a guide nearer to the posterior`;
  if (band === "unreliable")
    return "unreliable: a few draws carry most of the weight, and more of them will not help; use a richer guide (hierarchicalGuide, fullRank, …) or another parameterization";
  if (khat === Number.POSITIVE_INFINITY)
    return "fails: too few draws have any weight to judge them by; take more draws, or another guide";
  return "fails: the weights have no finite mean, and weighted draws say nothing of the posterior; the guide misses parts of it, use another";
}
