import { describe, expect, it } from "vitest";
import { checkRandomPrograms } from "./checkPrograms.js";
import { substitutes } from "./substitutes.js";

describe("random programs are estimated with the mean value and derivatives that enumeration gives, or refused", () => {
  for (const [name, sabotage] of Object.entries(substitutes)) {
    it(`under ${name}`, { timeout: 600_000 }, () => {
      const { agrees, refused } = checkRandomPrograms(100, 12, { draws: 1000, sabotage });
      expect(refused / (agrees + refused)).toBeLessThan(0.3);
    });
    if (name === "muProp") continue;
    it(`twice, under ${name}`, { timeout: 600_000 }, () => {
      const { agrees } = checkRandomPrograms(25, 13, { draws: 2000, sabotage, second: true });
      expect(agrees).toBeGreaterThan(12);
    });
  }
});
