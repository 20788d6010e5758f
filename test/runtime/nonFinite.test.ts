import { describe, expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { div, sub } from "../../src/ir/primitives/arithmetic.js";
import { reduceSum } from "../../src/ir/primitives/axes.js";
import { greater, select } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log } from "../../src/ir/primitives/exponential.js";
import { findNonFinite } from "../../src/runtime/nonFinite.js";
import { cond } from "../../src/transforms/cond.js";
import { scan } from "../../src/transforms/scan.js";
import { float, scalar, type } from "./programs.js";

const vector = type("float32", 3);
const number = type("float32");

describe("findNonFinite", () => {
  test("nothing to say of a finite result, or of other outputs", () => {
    const program = build([vector], (x) => [reduceSum(x), log(x)]);
    expect(findNonFinite(program, [float(0, 1, 2)])).toBeUndefined();
  });

  test("the first equation that made a NaN, with operands, element and the user's line", () => {
    const program = build([vector], (x) => [reduceSum(mul(log(sub(x, 1)), exp(x)))]);
    const found = findNonFinite(program, [float(2, 0.5, 3)]);
    expect(found).toMatchObject({ kind: "equation", primitive: "log", output: 0, element: 1, value: Number.NaN });
    expect(found?.kind === "equation" && [...found.operands[0]!.elements]).toEqual([1, -0.5, 2]);
    expect(found).toHaveProperty("source", expect.stringMatching(/nonFinite\.test\.ts:\d+$/));
  });

  test("NaN is preferred to the infinity before it", () => {
    const program = build([vector], (x) => [reduceSum(mul(log(x), x))]);
    expect(findNonFinite(program, [float(1, 0, 2)])).toMatchObject({ primitive: "mul", element: 1 });
  });

  test("without NaN, the first infinity", () => {
    const program = build([vector], (x) => [add(reduceSum(log(x)), 1)]);
    expect(findNonFinite(program, [float(1, 0, 2)])).toMatchObject({
      primitive: "log",
      value: Number.NEGATIVE_INFINITY,
    });
  });

  test("overflow of float32 shows, though doubles would hold the value", () => {
    const program = build([number], (x) => [log(mul(exp(x), 2))]);
    expect(findNonFinite(program, [scalar(89)])).toMatchObject({ primitive: "exp", value: Number.POSITIVE_INFINITY });
    expect(findNonFinite(program, [scalar(80)])).toBeUndefined();
  });

  test("a −∞ that is left out, and constants, are not blamed", () => {
    const program = build([vector, number], (x, y) => {
      const masked = select(greater(x, 0), log(x), Number.NEGATIVE_INFINITY);
      const density = reduceSum(exp(masked));
      return [add(density, div(y, sub(y, y)))];
    });
    expect(findNonFinite(program, [float(-1, 0, 2), scalar(0)])).toMatchObject({ primitive: "div" });
    expect(findNonFinite(program, [float(-1, 0, 2), scalar(1)])).toMatchObject({ primitive: "div" });
  });

  test("an input that already is not finite", () => {
    const program = build([vector, number], (x, y) => [mul(reduceSum(x), y)]);
    expect(findNonFinite(program, [float(1, 2, 3), scalar(Number.NaN)])).toEqual({
      kind: "input",
      input: 1,
      value: Number.NaN,
    });
  });

  test("inside a loop and a branch, at the step where it happened", () => {
    const shrink = build([number], (x) => [sub(x, 1)]);
    const keep = build([number], (x) => [x]);
    const body = build([number, number], (total, x) => {
      const [y] = cond(greater(x, 1), [x], { whenTrue: keep, whenFalse: shrink });
      return [add(total, log(y!)), y!];
    });
    const program = build([number, vector], (start, xs) => {
      const [total, ys] = scan([start, xs], { body, constants: 0, carries: 1, length: 3, reverse: false });
      return [add(total!, reduceSum(ys!))];
    });
    const found = findNonFinite(program, [scalar(0), float(3, 0.5, 2)]);
    expect(found).toMatchObject({ kind: "equation", primitive: "log", value: Number.NaN });
    expect(found?.kind === "equation" && [...found.operands[0]!.elements]).toEqual([-0.5]);
  });
});
