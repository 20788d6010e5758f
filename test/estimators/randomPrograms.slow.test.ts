import { describe, expect, it } from "vitest";
import { checkRandomPrograms } from "./checkPrograms.js";

describe("random programs", () => {
  it("are estimated with the mean value and gradient that enumeration gives, or refused", () => {
    const { agrees, refused } = checkRandomPrograms(1500, 20_261, { draws: 2000 });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });

  it("have the second derivatives that enumeration gives, where every strategy is exact for any order", () => {
    const { agrees, refused } = checkRandomPrograms(300, 20_262, { draws: 1000, second: true });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });
});
