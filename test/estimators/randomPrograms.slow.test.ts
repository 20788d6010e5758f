import { describe, expect, it } from "vitest";
import { checkRandomPrograms } from "./checkPrograms.js";

describe("random programs", () => {
  it("are estimated with the mean value and gradient that enumeration gives, or refused", () => {
    const { agrees, refused } = checkRandomPrograms(1000, 20_261, { draws: 500 });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });
});
