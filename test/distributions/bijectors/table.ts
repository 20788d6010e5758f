// The table of bijectors, and what builds each of them from a row's parameters.
import { readFileSync } from "node:fs";
import type * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
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
import type { Nested } from "../arrays.js";

export interface Row {
  readonly x: Nested;
  readonly y: Nested;
  readonly log_det: Nested;
  readonly d_log_det: Nested;
  readonly params?: Readonly<Record<string, Nested>>;
}

export const tables: Readonly<Record<string, readonly Row[]>> = JSON.parse(
  readFileSync(new URL("../../reference/bijectors.json", import.meta.url), "utf8"),
);

export const builders: Readonly<Record<string, (...parameters: tf.Tensor[]) => Bijector>> = {
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

/** |received − expected| ≤ relative·|expected| + absolute, element by element. */
export function expectClose(
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
