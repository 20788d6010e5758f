// A cost per datum: what its gradient takes does not grow beyond that of the cost itself.
import { describe, expect, it } from "vitest";
import {
  features,
  gradientProgram,
  hidden,
  type OnCoins,
  onePassProgram,
  strategies,
} from "../../bench/strategies/perDatumElbo.js";
import { innerPrograms } from "../../src/ir/control.js";
import type { Program } from "../../src/ir/program.js";
import { sizeOf } from "../../src/util/shapes.js";

const count = ({ equations }: Program): number =>
  equations.reduce((sum, equation) => sum + 1 + innerPrograms(equation).reduce((all, each) => all + count(each), 0), 0);

/** Elements of the largest value that is computed. */
const largest = ({ equations }: Program): number =>
  Math.max(...equations.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape))));

/** Values of the choice that run side by side. */
const lanes: Record<string, number> = { reinforce: 1, "reinforce, 2 copies": 2, measureValued: 3, enumerate: 2 };

describe("the gradient of an ELBO with a choice per datum", () => {
  // constants of fewer than 4096 elements are computed while compiling
  const programs = (on: OnCoins) => [5000, 20_000].map((data) => [data, gradientProgram(on, data)] as const);

  it.each(Object.entries(strategies))("%s: as many equations for 20,000 data as for 5000", (_, on) => {
    const [small, large] = programs(on).map(([, program]) => count(program));
    expect(large).toBe(small);
  });

  it.each(Object.entries(strategies))("%s: no value is larger than the lanes of a hidden layer", (name, on) => {
    for (const [data, program] of programs(on)) expect(largest(program)).toBe(lanes[name]! * data * hidden);
  });

  it("a gradient per datum would be larger by far", () => {
    expect(features).toBeGreaterThan(2 * Math.max(...Object.values(lanes)));
    expect(largest(onePassProgram(100))).toBe(100 * hidden);
  });
});
