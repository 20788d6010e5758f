// Controls of particles beside every pair of strategies.
import { describe, it } from "vitest";
import { coins, expectTruth } from "./twoFlips.js";

const cases = (["plain", "vimco", "vimcoArithmetic"] as const).flatMap((score) =>
  coins.flatMap(([name, first]) => coins.map(([other, second]) => [score, name, other, first, second] as const)),
);

describe("iwelbo of discrete choices", () => {
  it.each(cases)("is unbiased: %s with %s and %s", (score, _, __, first, second) => {
    expectTruth(first, second, score, 10_000);
  });
});
