import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { formatSummary, quantiles, summarize } from "../../src/inference/summary.js";
import { weightsOf } from "../../src/inference/weights.js";
import { engineByName } from "../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

test("rows have the moments of the draws, by hand", async () => {
  const rows = await summarize({
    group: {
      x: tf.tensor2d([
        [1, 10],
        [2, 20],
        [3, 60],
      ]),
    },
    n: tf.tensor1d([0, 1, 1], "int32"),
  });
  expect(rows.map(({ name }) => name)).toEqual(["group/x[0]", "group/x[1]", "n"]);
  expect(rows[0]).toMatchObject({ mean: 2, sd: expect.closeTo(1, 10), q50: 2 });
  expect(rows[1]!.mean).toBeCloseTo(30, 10);
  // deviations −20, −10, 30: (400 + 100 + 900)/2
  expect(rows[1]!.sd).toBeCloseTo(Math.sqrt(700), 10);
  expect(rows[2]!.mean).toBeCloseTo(2 / 3, 10);
});

test("a draw of weight 2 is two draws of weight 1", async () => {
  const weighted = await summarize(
    { x: tf.tensor1d([5, 1, 3]) },
    { logWeights: tf.tensor1d([1, 1 + Math.log(2), Number.NEGATIVE_INFINITY]) },
  );
  const [row] = weighted;
  expect(row!.mean).toBeCloseTo(7 / 3, 5);
  expect(row!.q50).toBeCloseTo(quantiles(Float64Array.of(1, 5), Float64Array.of(2 / 3, 1 / 3), [0.5])[0]!, 5);
});

describe("quantiles", () => {
  const equal = (n: number) => new Float64Array(n).fill(1 / n);
  test("are Hazen's for equal weights", () => {
    // positions 0.125, 0.375, 0.625, 0.875
    const [first, quarter, half, last] = quantiles(Float64Array.of(4, 1, 3, 2), equal(4), [0.05, 0.25, 0.5, 0.95]);
    expect([first, quarter, half, last]).toEqual([1, 1.5, 2.5, 4]);
  });
  test("of one draw are that draw", () =>
    expect(quantiles(Float64Array.of(7), equal(1), [0.05, 0.5, 0.95])).toEqual([7, 7, 7]));
});

test("true values come as numbers, arrays, tensors or moments, and stand in the printed table", async () => {
  const two = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  const rows = await summarize(
    { a: tf.tensor1d([1, 2]), b: two, c: two, d: tf.tensor1d([1, 2]), e: tf.tensor1d([1, 2]) },
    { truth: { a: 1.5, b: [2, 3], c: tf.tensor1d([5, 6]), d: { mean: 9, sd: 1 }, elsewhere: 3 } },
  );
  expect(rows.map(({ truth }) => truth)).toEqual([1.5, 2, 3, 5, 6, 9, undefined]);
  expect(formatSummary(rows.slice(0, 2))).toBe(
    [
      "┌──────┬──────┬────────┬────┬─────┬─────┬───────┐",
      "│      │ mean │     sd │ 5% │ 50% │ 95% │ truth │",
      "├──────┼──────┼────────┼────┼─────┼─────┼───────┤",
      "│ a    │  1.5 │ 0.7071 │  1 │ 1.5 │   2 │   1.5 │",
      "│ b[0] │    2 │  1.414 │  1 │   2 │   3 │     2 │",
      "└──────┴──────┴────────┴────┴─────┴─────┴───────┘",
    ].join("\n"),
  );
});

test("long tables are cut, and say so", async () => {
  const rows = await summarize({ x: tf.zeros([2, 60]) });
  expect(formatSummary(rows).split("\n").at(-1)).toBe("… and 10 more");
});

test("tensors of different numbers of draws are refused", async () => {
  await expect(summarize({ a: tf.zeros([3]), b: { c: tf.zeros([2, 4]) } })).rejects.toThrow(
    "every tensor of draws needs 3 of them as its first axis\n  b/c: [2, 4]\n  hint: Pass what drawPosterior returned, or stack draws along a first axis.",
  );
});

test("weights: normalized, worth and mean, by hand; what has none is refused", () => {
  const { weights, effectiveSampleSize, logMean } = weightsOf([-1000, -1000 + Math.log(3)]);
  expect([...weights]).toEqual([expect.closeTo(0.25, 10), expect.closeTo(0.75, 10)]);
  expect(effectiveSampleSize).toBeCloseTo(1.6, 10);
  expect(logMean).toBeCloseTo(-1000 + Math.log(2), 10);
  expect(() => weightsOf([0, Number.NaN])).toThrow("the draws cannot be weighed: some log weights are NaN");
  expect(() => weightsOf([0, Number.POSITIVE_INFINITY])).toThrow("a log weight is infinite");
});
