// Special functions as operations on tensors: traced in double precision, and eager.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as special from "../../src/ops/special.js";
import { where } from "../../src/ops/where.js";
import { gradientInDoubles, inDoubles, toArray } from "../distributions/arrays.js";

beforeAll(() => tf.setBackend("cpu"));

describe("infinities", () => {
  const nothing = Number.NEGATIVE_INFINITY;
  it("logSumExp of −∞", () => {
    expect(special.logSumExp([nothing, nothing]).dataSync()[0]).toBe(nothing);
    expect(special.logSumExp([nothing, 2]).dataSync()[0]).toBe(2);
    const { gradient } = gradientInDoubles((x) => special.logSumExp(x), [toArray(["-Infinity", 2, 2])]);
    expect(gradient[0]).toEqual([0, 0.5, 0.5]);
  });
  it.each([
    [1, 2, Math.log(Math.E + Math.E ** 2)],
    [nothing, 2, 2],
    [2, nothing, 2],
    [nothing, nothing, nothing],
    [1000, 1000, 1000 + Math.LN2],
  ])("logAddExp(%d, %d)", (x, y, truth) => {
    const inputs = [x, y].map((each) => ({ shape: [], dtype: "float32" as const, elements: Float64Array.of(each) }));
    expect(inDoubles(special.logAddExp as (...x: tf.Tensor[]) => tf.Tensor, inputs).elements[0]).toBeCloseTo(truth, 12);
    const { gradient } = gradientInDoubles(special.logAddExp as (...x: tf.Tensor[]) => tf.Tensor, inputs);
    expect(gradient.flat().reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  });
  it("xlogy and xlog1py at 0·log 0", () => {
    const zero = toArray(0);
    const xlogy = gradientInDoubles(special.xlogy as (...x: tf.Tensor[]) => tf.Tensor, [zero, zero]);
    expect(xlogy).toEqual({ value: 0, gradient: [[0], [0]] });
    const xlog1py = gradientInDoubles(special.xlog1py as (...x: tf.Tensor[]) => tf.Tensor, [zero, toArray(-1)]);
    expect(xlog1py).toEqual({ value: 0, gradient: [[0], [0]] });
    // d(x log y)/dx = log y also at x = 0
    const { gradient } = gradientInDoubles(special.xlogy as (...x: tf.Tensor[]) => tf.Tensor, [zero, toArray(3)]);
    expect(gradient[0]![0]).toBeCloseTo(Math.log(3), 12);
  });
});

describe("logSumExp", () => {
  const x = tf.tensor3d([...Array(24).keys()], [2, 3, 4]);
  it.each<[number | number[] | undefined, boolean, number[]]>([
    [undefined, false, []],
    [1, false, [2, 4]],
    [-1, true, [2, 3, 1]],
    [[0, -1], false, [3]],
    [[0, 2], true, [1, 3, 1]],
  ])("over axes %j, keepDims %j", (axis, keepDims, shape) => {
    const result = special.logSumExp(x, axis, keepDims);
    expect(result.shape).toEqual(shape);
    const truth = tf.log(tf.sum(tf.exp(x), axis, keepDims)).dataSync();
    for (const [i, each] of result.dataSync().entries()) expect(each).toBeCloseTo(truth[i]!, 5);
  });
});

describe("where", () => {
  it("broadcasts and converts numbers", () => {
    const result = where(tf.greater(tf.tensor2d([[1], [-1]]), 0), [1, 2, 3], 0);
    expect(result.arraySync()).toEqual([
      [1, 2, 3],
      [0, 0, 0],
    ]);
  });
  it("keeps integers, and makes floats of a mixture", () => {
    const integers = tf.tensor1d([1, 2], "int32");
    expect(where([true, false], integers, tf.scalar(7, "int32")).dtype).toBe("int32");
    expect(where([true, false], integers, 0.5).arraySync()).toEqual([1, 0.5]);
  });
});
