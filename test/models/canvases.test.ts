// Canvases are those of a seed, with digits that do not overlap.
import { expect, it } from "vitest";
import "elbow";
import { canvasBatches, canvasSide, makeCanvases } from "../../models/support/canvases.js";
import { pixels } from "../../models/support/digits.js";

/** A digit of full squares, so that ink tells the area that digits cover. */
const squares = { images: new Float32Array(pixels).fill(1), labels: [0] };

it("canvases have as many digits as they say, of the right size, without overlap", () => {
  const { images, counts } = makeCanvases(squares, 300, 5);
  expect([...new Set(counts)].sort()).toEqual([0, 1, 2]);
  const size = canvasSide ** 2;
  const ink = counts.map((_, n) => images.subarray(n * size, (n + 1) * size).reduce((sum, x) => sum + x, 0));
  counts.forEach((count, n) => {
    // (28/s)² for s within five sd of 1.3, the border's half pixels aside
    expect(ink[n]).toBeGreaterThanOrEqual(count * 14 ** 2);
    expect(ink[n]).toBeLessThanOrEqual(count * 29 ** 2);
  });
  // digits on top of each other would add up
  expect(images.reduce((most, x) => Math.max(most, x))).toBeLessThanOrEqual(1.0001);
});

it("the n-th batch depends on the seed and n alone, also where a fit goes on", () => {
  const take = (from: number) => {
    const batches = canvasBatches(squares, 4, 9, from);
    return [0, 1, 2].map(() => Float32Array.from(batches.next().value[0].dataSync()));
  };
  const [, , third] = take(0);
  expect(take(2)[2]).toEqual(third);
  expect(take(2)[0]!.every((x) => x === 0)).toBe(true);
});
