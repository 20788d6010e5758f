import type { Tensor } from "@tensorflow/tfjs-core";
import { isTensor } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import { valuesNow } from "../../runtime/arrays.js";
import { wrongArgument } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";

/** Options of {@link autocorrelation}. */
export interface AutocorrelationOptions {
  /** The largest lag. @defaultValue ⌊10 log₁₀ n⌋, at most n − 1 */
  readonly lags?: number;
}

/** What is measured step by step: a vector. */
export type Series = Tensor | ArrayLike<number>;

/**
 * The correlation of a series with itself, t steps later, for t = 0, 1, … up to `lags`; NaN for a constant series.
 * The autocovariances are divided by n, whatever the lag: biased towards 0, and positive semidefinite.
 *
 * @throws ElbowError "option" if there are more lags than steps between the first value and the last
 * @example
 * ```ts
 * import { autocorrelation } from "elbow";
 * console.log(autocorrelation([1, -1, 1, -1], { lags: 2 })); // => [ 1, -0.75, 0.5 ]
 * ```
 */
export function autocorrelation(series: Series, options: AutocorrelationOptions = {}): number[] {
  checkSeries("autocorrelation", series);
  checkOptionNames("autocorrelation", options, ["lags"]);
  const at = autocorrelations(series);
  const lags = options.lags ?? Math.min(at.length - 1, Math.floor(10 * Math.log10(at.length)));
  if (!Number.isInteger(lags) || lags < 0 || lags >= at.length)
    throw new ElbowError("option", {
      message: `lags lie between 0 and the number of values minus one\n  lags:   ${lags}\n  values: ${at.length}`,
    });
  return Array.from({ length: lags + 1 }, (_, lag) => at.lag(lag));
}

/** @throws ElbowError "argument" unless the value is a tensor or numbers */
export function checkSeries(where: string, value: unknown): void {
  const isListed = Array.isArray(value) ? value.every((x) => typeof x === "number") : ArrayBuffer.isView(value);
  if (!isTensor(value) && !isListed)
    throw wrongArgument(where, "the series", "a tensor or numbers", value, "Pass one number per step: [0.1, 0.3, …].");
}

/** Autocorrelations one at a time, for those who do not know yet how many they need. */
export function autocorrelations(series: Series): {
  readonly length: number;
  readonly lag: (t: number) => number;
} {
  if (isTensor(series) && (series as Tensor).rank !== 1)
    throw new ElbowError("draws", {
      message: `a series is a vector, and this tensor has rank ${(series as Tensor).rank}`,
      hint: "Pass one element of the draws at a time.",
    });
  const values = Float64Array.from(isTensor(series) ? valuesNow(series as Tensor) : (series as ArrayLike<number>));
  const length = values.length;
  if (length === 0)
    throw new ElbowError("draws", {
      message: "a series needs at least one value",
      hint: "Pass one number per step: [0.1, 0.3, …].",
    });
  const mean = values.reduce((a, b) => a + b, 0) / length;
  const deviations = values.map((x) => x - mean);
  const covariance = (t: number) => {
    let sum = 0;
    for (let i = t; i < length; i++) sum += deviations[i]! * deviations[i - t]!;
    return sum;
  };
  const variance = covariance(0);
  return { length, lag: (t) => covariance(t) / variance };
}
