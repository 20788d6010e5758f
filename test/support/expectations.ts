// What tests of estimators expect: an estimate that is exact, or one that is unbiased.
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Objective } from "elbow";
import { expect } from "vitest";
import { estimateMoments, estimateOnce, zScore } from "./estimates.js";

/** A value, then one entry per parameter leaf: its gradient, flattened. */
export type Truth = readonly (number | readonly number[])[];

type Params = Readonly<Record<string, Tensor>>;
const listed = (each: number | readonly number[]): readonly number[] => (typeof each === "number" ? [each] : each);

/** Standard errors that separate a mean from the truth at most: a correct estimator fails with probability 6e-7. */
export const bound = 5;

/** The estimate has no variance (two seeds agree to rounding) and is the truth. */
export function expectExact<Q extends Params>(L: Objective<Q, []>, at: Q, truth: Truth, tolerance = 1e-8): void {
  for (const seed of [1, 2]) {
    const results = estimateOnce(L, at, [], { seed });
    expect(results).toHaveLength(truth.length);
    for (const [i, each] of truth.entries()) {
      expect(results[i]).toHaveLength(listed(each).length);
      for (const [j, x] of listed(each).entries())
        expect(Math.abs(results[i]![j]! - x), `result ${i}[${j}] ${results[i]![j]} is to be ${x}`).toBeLessThan(
          tolerance * Math.max(1, Math.abs(x)),
        );
    }
  }
}

/** The largest number of standard errors by which an element of value or gradient misses the truth. */
export function worstScore<Q extends Params>(
  L: Objective<Q, []>,
  at: Q,
  truth: Truth,
  draws: number,
  rounding = 1e-9,
): number {
  const results = estimateMoments(L, at, [], { draws, chunk: Math.min(draws, 2000) });
  expect(results.map((each) => each.length)).toEqual(truth.map((each) => listed(each).length));
  return Math.max(
    ...truth.flatMap((each, i) => listed(each).map((x, j) => Math.abs(zScore(results[i]![j]!, x, rounding)))),
  );
}

/** Every element of value and gradient is within 5 standard errors of the truth. */
export const expectUnbiased = <Q extends Params>(L: Objective<Q, []>, at: Q, truth: Truth, draws = 20_000): void =>
  expect(worstScore(L, at, truth, draws)).toBeLessThan(bound);
