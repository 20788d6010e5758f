// Random programs again, with an unbiased strategy for coins and categories wherever one can stand.
import { describe, expect, it } from "vitest";
import { armStrategy } from "../../src/strategies/arm.js";
import { disarmStrategy } from "../../src/strategies/disarm.js";
import { localExpectationStrategy } from "../../src/strategies/localExpectation.js";
import { rebarStrategy } from "../../src/strategies/rebar.js";
import { topKStrategy } from "../../src/strategies/topK.js";
import { unorderedSetStrategy } from "../../src/strategies/unorderedSet.js";
import { checkRandomPrograms } from "./checkPrograms.js";

const programs = 70;

describe("in place of every discrete choice of random programs that it can estimate", () => {
  const strategies = [
    armStrategy,
    disarmStrategy,
    localExpectationStrategy,
    topKStrategy({ k: 1 }),
    topKStrategy({ k: 2 }),
    unorderedSetStrategy({ k: 2 }),
    unorderedSetStrategy({ k: 3 }),
    rebarStrategy(),
    rebarStrategy({ temperature: 2, eta: 0.3 }),
  ];
  it.each(strategies.map((strategy, i) => [`${strategy.name} (${i})`, strategy] as const))("%s", (name, strategy) => {
    const { agrees, refused } = checkRandomPrograms(programs, 3, {
      draws: 500,
      second: strategy.maximumOrder > 1,
      sabotage: (_, { family }) => (strategy.objection(family) === undefined ? strategy : undefined),
    });
    // rebar refuses costs that jump between the values
    expect(agrees).toBeGreaterThan(programs * (name.startsWith("rebar") ? 0.3 : 0.9));
    expect(agrees + refused).toBe(programs);
  });
});
