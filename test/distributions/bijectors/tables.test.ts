// Every row of the table of bijectors: values, log determinants, their derivatives, and the way back.
import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { affine } from "../../../src/distributions/bijectors/affine.js";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";
import { correlationCholesky } from "../../../src/distributions/bijectors/correlationCholesky.js";
import { exp } from "../../../src/distributions/bijectors/exp.js";
import { interval } from "../../../src/distributions/bijectors/interval.js";
import { lowerCholesky } from "../../../src/distributions/bijectors/lowerCholesky.js";
import { ordered } from "../../../src/distributions/bijectors/ordered.js";
import { sigmoid } from "../../../src/distributions/bijectors/sigmoid.js";
import { softplus } from "../../../src/distributions/bijectors/softplus.js";
import { stickBreaking } from "../../../src/distributions/bijectors/stickBreaking.js";
import { toTensor } from "../../../src/ir/lifted.js";
import { flatten, gradientInDoubles, inDoubles, type Nested, toArray } from "../arrays.js";

interface Row {
  readonly x: Nested;
  readonly y: Nested;
  readonly log_det: Nested;
  readonly d_log_det: Nested;
  readonly params?: Readonly<Record<string, Nested>>;
}

const tables: Readonly<Record<string, readonly Row[]>> = JSON.parse(
  readFileSync(new URL("../../reference/bijectors.json", import.meta.url), "utf8"),
);

const builders: Readonly<Record<string, (...parameters: tf.Tensor[]) => Bijector>> = {
  exp: () => exp,
  softplus: () => softplus,
  sigmoid: () => sigmoid,
  interval: (low, high) => interval(low!, high!),
  affine: (loc, scale) => affine(loc!, scale!),
  stick_breaking: () => stickBreaking,
  ordered: () => ordered,
  lower_cholesky_exp: () => lowerCholesky(),
  lower_cholesky_softplus: () => lowerCholesky({ diagonal: "softplus" }),
  corr_cholesky: () => correlationCholesky,
};

beforeAll(() => tf.setBackend("cpu"));

function expectClose(
  received: ArrayLike<number>,
  expected: readonly number[],
  relative: number,
  absolute: number,
): void {
  expect(received.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(received[i]! - value);
    expect(error, `${received[i]} is to be ${value}`).toBeLessThanOrEqual(relative * Math.abs(value) + absolute);
  });
}

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
