import { describe, expect, it } from "vitest";
import { checkRandomPrograms } from "./checkPrograms.js";

describe("more random programs", () => {
  it("are estimated with the mean value and gradient that enumeration gives, or refused", () => {
    const { agrees, refused } = checkRandomPrograms(800, 20_263, { draws: 500 });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });

  it("have the second derivatives that enumeration gives, where every strategy is exact for any order", () => {
    const { agrees, refused } = checkRandomPrograms(100, 20_262, { draws: 500, second: true });
    expect(refused / (agrees + refused)).toBeLessThan(0.25);
  });
});
