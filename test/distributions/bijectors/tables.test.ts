// Every row of the table of bijectors: values, log determinants, their derivatives, and the way back.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { stickBreaking } from "../../../src/distributions/bijectors/stickBreaking.js";
import { toTensor } from "../../../src/ir/lifted.js";
import { flatten, gradientInDoubles, inDoubles, toArray } from "../arrays.js";
import { builders, expectClose, tables } from "./table.js";

beforeAll(() => tf.setBackend("cpu"));

it("every bijector of the table is tested", () => {
  expect(Object.keys(builders).sort()).toEqual(Object.keys(tables).sort());
});

describe.each(Object.entries(builders))("%s", (name, build) => {
  describe.each(tables[name]!.map((row) => [JSON.stringify([row.x, row.params]), row] as const))("at %s", (_, row) => {
    const inputs = [row.x, ...Object.values(row.params ?? {})].map(toArray);

    it("is exact in double precision", () => {
      const forward = inDoubles((x, ...parameters) => build(...parameters).forward(x!), inputs);
      expectClose(forward.elements, flatten(row.y), 1e-12, 1e-300);
      const { value, gradient } = gradientInDoubles((x, ...rest) => build(...rest).logDet(x!), inputs);
      expectClose([value], flatten(row.log_det), 1e-10, 1e-15);
      expectClose(gradient[0]!, flatten(row.d_log_det), 1e-10, 1e-15);
    });

    it("comes back in double precision", () => {
      const y = toArray(row.y);
      // what rounding put on the border of the codomain has no way back
      const back = inDoubles((at, ...rest) => build(...rest).inverse(at!), [y, ...inputs.slice(1)]).elements;
      if (back.some(Number.isNaN)) {
        expect([...y.elements].some((each) => each === 0 || each === 1)).toBe(true);
        return;
      }
      // an error of one unit in the last place of y, as the inverse and its derivative carry it
      const { gradient } = gradientInDoubles(
        (at, ...rest) => tf.sum(build(...rest).inverse(at!)),
        [y, ...inputs.slice(1)],
      );
      const condition = [...y.elements].reduce((sum, each, i) => sum + Math.abs(each * gradient[0]![i]!), 0);
      const spread = Math.max(...[...y.elements].map(Math.abs));
      const slopes = gradient[0]!.reduce((sum, each) => sum + Math.abs(each) * spread, 0);
      expectClose(back, flatten(row.x), 1e-10, 1e-15 * (condition + slopes) + 1e-15);
      const there = inDoubles((at, ...rest) => build(...rest).inverseLogDet(at!), [y, ...inputs.slice(1)]).elements;
      expectClose([-there[0]!], flatten(row.log_det), 1e-10, 4e-15 * (condition + slopes) + 1e-14);
    });

    it("is accurate in single precision", () => {
      const magnitude = Math.max(...flatten(row.x).map(Math.abs), ...flatten(row.y).map(Math.abs));
      if (magnitude > 1e38) return;
      const [x, ...rest] = inputs.map(toTensor);
      const y = build(...rest)
        .forward(x!)
        .dataSync();
      const logDet = build(...rest)
        .logDet(x!)
        .dataSync();
      // sums and products lose what their terms do: a unit in the last place of x moves them by its derivative
      const terms = flatten(row.x).reduce((sum, each) => sum + Math.abs(each), 1);
      expectClose(y, flatten(row.y), 1e-5 + 2e-7 * terms, 1e-37);
      expectClose(logDet, flatten(row.log_det), 1e-5, 2e-7 * terms);
    });
  });
});

it("a determinant without its last term is found out", () => {
  const row = tables.stick_breaking![1]!;
  const wrong = inDoubles((x) => tf.add(stickBreaking.logDet(x!), 1e-6), [toArray(row.x)]).elements;
  expect(() => expectClose(wrong, flatten(row.log_det), 1e-10, 1e-15)).toThrow();
});
