import { expect, test } from "vitest";
import { logGammaDraw } from "../../src/util/samplers/gamma.js";

test("a gamma draw of an infinite shape is infinite: the sampler ends", () => {
  expect(logGammaDraw(1, 2, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  expect(logGammaDraw(1, 2, Number.NaN)).toBeNaN();
});
