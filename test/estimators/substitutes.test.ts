// The strategies that random programs do not draw by themselves, put in place of those that they do.
import { describe, expect, it } from "vitest";
import { checkRandomPrograms } from "./checkPrograms.js";
import { substitutes } from "./substitutes.js";

describe("random programs are estimated with the mean value and gradient that enumeration gives, or refused", () => {
  for (const [name, sabotage] of Object.entries(substitutes))
    it(`under ${name}`, { timeout: 60_000 }, () => {
      const { agrees, refused } = checkRandomPrograms(10, 11, { draws: 1000, sabotage });
      expect(refused / (agrees + refused)).toBeLessThan(0.4);
    });
});
