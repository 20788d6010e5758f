import { describe, expect, it } from "vitest";
import { symmetryAbout } from "../../../src/inference/diagnostics/symmetry.js";

/** All vectors of n signs. */
const signs = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_, i) => ((bits >> i) & 1 ? 1 : -1)));

describe("symmetry about a centre", () => {
  const sizes = [5, 4.5, 3, 2.2, 1.7, 1, 0.6, 0.1];
  it("probabilities are those of all sign changes", () => {
    const all = signs(8).map((each) => symmetryAbout(2, sizes.map((size, i) => 2 + size * each[i]!))); // biome-ignore format: short
    for (const { distance, probability } of all) {
      const asFar = all.filter((other) => other.distance >= distance - 1e-12).length;
      expect(probability).toBeCloseTo(asFar / 256, 12);
    }
  });
  it("the distance is that of the distribution functions", () => {
    const numbers = [0.1, 0.2, 0.25, 0.7, 0.55];
    const below = (all: readonly number[], x: number) => all.filter((each) => each <= x).length / all.length;
    const mirrored = numbers.map((x) => 1 - x);
    const grid = Array.from({ length: 2001 }, (_, i) => i / 2000 + 1e-7);
    const distance = Math.max(...grid.map((x) => Math.abs(below(numbers, x) - below(mirrored, x))));
    expect(symmetryAbout(0.5, numbers).distance).toBeCloseTo(distance, 10);
  });
  it("one side only is improbable, both are not, and none at all says nothing", () => {
    const one = Array.from({ length: 20 }, (_, i) => 0.5 + (i + 1) / 100);
    expect(symmetryAbout(0.5, one).probability).toBeCloseTo(2 ** -19, 12);
    expect(symmetryAbout(0.5, [...one, ...one.map((x) => 1 - x)]).probability).toBe(1);
    expect(symmetryAbout(0.5, [0.5, 0.5])).toEqual({ distance: 0, probability: 1 });
  });
});
