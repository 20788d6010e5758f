import { ElbowError } from "../errors.js";

/** What importance weights come to. */
export interface Weighing {
  /** Normalized: they sum to 1. */
  readonly weights: Float64Array;
  /** 1/Σ w² of the normalized weights (Kong 1992). */
  readonly effectiveSampleSize: number;
  /** log of the mean of the weights before they were normalized. */
  readonly logMean: number;
}

/** Normalizes log weights. @throws ElbowError "weights" unless the largest of them is finite and none is NaN */
export function weightsOf(logWeights: ArrayLike<number>): Weighing {
  const weights = Float64Array.from(logWeights);
  // Math.max passes NaN on
  const largest = weights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    const why = Number.isNaN(largest)
      ? "some log weights are NaN"
      : largest > 0
        ? "a log weight is infinite"
        : "the model gives density 0 to all of them";
    throw new ElbowError("weights", {
      message: `the draws cannot be weighed: ${why}`,
      hint: "Check that the guide's support is the model's, and that both densities are finite.",
    });
  }
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp(weights[i]! - largest);
  const total = weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) weights[i]! /= total;
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  return { weights, effectiveSampleSize: 1 / squares, logMean: largest + Math.log(total / weights.length) };
}
