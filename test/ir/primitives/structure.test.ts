// The functions that are made of structural primitives, and what they refuse.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cast } from "../../../src/ir/primitives/comparison.js";
import { cumsum } from "../../../src/ir/primitives/cumulative.js";
import { gather, gatherNd, oneHot, scatterAdd, scatterNd, stridedSlice } from "../../../src/ir/primitives/indexing.js";
import { concat, index, stack, unstack } from "../../../src/ir/primitives/joining.js";
import { pad, reverse, slice } from "../../../src/ir/primitives/slicing.js";
import { argsort, sort, topK } from "../../../src/ir/primitives/sorting.js";
import { range } from "../../../src/util/shapes.js";
import { array, derivative, integers, run, vector } from "./running.js";

const grid = array([2, 3], 0, 1, 2, 3, 4, 5);

describe("joining", () => {
  test("stack and unstack are inverse", () => {
    for (const axis of [0, 1, -1])
      expect(run([grid], (x) => stack(unstack(x, axis), axis))).toEqual({
        shape: [2, 3],
        elements: [0, 1, 2, 3, 4, 5],
      });
  });
  test("index counts from either end", () => {
    expect(run([grid], (x) => index(x, 1, 0)).elements).toEqual([0, 3]);
    expect(run([grid], (x) => index(x, -1, -1)).elements).toEqual([2, 5]);
    expect(() => run([grid], (x) => index(x, 0, 2))).toThrow("index 2 is outside axis 0 of [2, 3]");
    expect(() => run([grid], (x) => index(x, 2, 0))).toThrow("axis 2 does not exist");
  });
  test("more operands than one concatenation takes", () => {
    const operands = range(600).map((i) => vector(i));
    expect(run(operands, (...xs) => concat(xs, 0)).elements).toEqual(range(600));
  });
  test("shapes that do not fit are shown", () => {
    expect(() => run([grid, vector(1, 2)], (x, y) => concat([x, y], 0))).toThrow("float32[2, 3], float32[2]");
  });
});

describe("slicing", () => {
  test("a size of −1 reaches to the end", () =>
    expect(run([grid], (x) => slice(x, [1, 1], [1, -1]))).toEqual({ shape: [1, 2], elements: [4, 5] }));
  test("outside is refused", () =>
    expect(() => run([grid], (x) => slice(x, [0, 2], [2, 2]))).toThrow("cannot slice [2, 2] from [0, 2]"));
  test("padding with a constant", () => {
    expect(run([vector(1, 2)], (x) => pad(x, [[1, 2]], -1)).elements).toEqual([-1, 1, 2, -1, -1]);
    expect(run([vector(1, 2)], (x) => pad(x, [[0, 0]], -1)).elements).toEqual([1, 2]);
    expect(() => run([vector(1, 2)], (x) => pad(x, [[-1, 0]]))).toThrow("not negative");
  });
  test("reverse of all axes", () => expect(run([grid], (x) => reverse(x)).elements).toEqual([5, 4, 3, 2, 1, 0]));
});

describe("indexing", () => {
  test("stridedSlice is a loop from begin to end", () => {
    const bounds = fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: -1, max: 7 }),
      fc.constantFrom(-3, -2, -1, 1, 2, 3),
    );
    fc.assert(
      fc.property(bounds, ([begin, end, stride]) => {
        const expected: number[] = [];
        for (let i = begin; stride > 0 ? i < end : i > end; i += stride) expected.push(i);
        fc.pre(expected.length > 0 && expected.every((i) => i < 7));
        expect(run([vector(...range(7))], (x) => stridedSlice(x, [begin], [end], [stride])).elements).toEqual(expected);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
  test("gatherNd looks points up, scatterNd adds them up", () => {
    const points = integers([3, 2], 0, 1, 1, 2, 0, 1);
    expect(run([grid, points], (x, at) => gatherNd(x, at)).elements).toEqual([1, 5, 1]);
    expect(run([points, vector(10, 20, 30)], (at, updates) => scatterNd(at, updates, [2, 3])).elements).toEqual([
      0, 40, 0, 0, 0, 20,
    ]);
    const rows = integers([2, 1], 1, 1);
    expect(run([grid, rows], (x, at) => gatherNd(x, at))).toEqual({ shape: [2, 3], elements: [3, 4, 5, 3, 4, 5] });
    expect(derivative([grid, points], (x, at) => gatherNd(x, at))).toEqual([0, 2, 0, 0, 0, 1]);
  });
  test("indices outside are errors", () => {
    expect(() => run([grid, integers([1], 2)], (x, at) => gather(x, at, 0))).toThrow(
      "index 2 is outside an axis of 2 elements",
    );
    expect(() => run([vector(1), integers([1], -1)], (x, at) => scatterAdd(x, at, 3))).toThrow("index -1 is outside");
  });
  test("indices that do not fit are shown", () => {
    expect(() => run([grid, vector(0)], (x, at) => gather(x, at, 0))).toThrow("float32[1]");
    expect(() => run([grid, integers([1], 0)], (x, at) => scatterAdd(x, at, 3))).toThrow(
      "do not have the axes of the indices [1]",
    );
  });
  test("oneHot outside its depth is all zero", () =>
    expect(run([integers([3], -1, 1, 2)], (at) => oneHot(at, 2)).elements).toEqual([0, 0, 0, 1, 0, 0]));
});

describe("sorting", () => {
  const x = array([2, 3], 3, 1, 2, 1, 1, 0);
  test("ascending and descending, along any axis, equal elements in their order", () => {
    expect(run([x], (v) => sort(v)).elements).toEqual([1, 2, 3, 0, 1, 1]);
    expect(run([x], (v) => sort(v, { descending: true })).elements).toEqual([3, 2, 1, 1, 1, 0]);
    expect(run([x], (v) => sort(v, { axis: 0 })).elements).toEqual([1, 1, 0, 3, 1, 2]);
    expect(run([x], (v) => argsort(v)).elements).toEqual([1, 2, 0, 2, 0, 1]);
    expect(run([x], (v) => argsort(v, { descending: true })).elements).toEqual([0, 2, 1, 0, 1, 2]);
  });
  test("more than there are is refused", () =>
    expect(() => run([x], (v) => topK(v, 4).values)).toThrow("4 elements of an axis of 3"));
});

test("cast truncates to integers and asks whether it is zero for booleans", () => {
  expect(run([vector(-1.5, 0, 0.5)], (x) => cast(x, "int32")).elements.map((each) => each + 0)).toEqual([-1, 0, 0]);
  expect(run([vector(-1.5, 0, 0.5)], (x) => cast(x, "bool")).elements).toEqual([1, 0, 1]);
});

test("cumsum, exclusive and reverse", () => {
  const x = vector(1, 2, 3);
  expect(run([x], (v) => cumsum(v)).elements).toEqual([1, 3, 6]);
  expect(run([x], (v) => cumsum(v, { exclusive: true })).elements).toEqual([0, 1, 3]);
  expect(run([x], (v) => cumsum(v, { reverse: true })).elements).toEqual([6, 5, 3]);
  expect(run([x], (v) => cumsum(v, { exclusive: true, reverse: true })).elements).toEqual([5, 3, 0]);
});
