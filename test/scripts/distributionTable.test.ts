// docs/distributions.md says what the code does, of every distribution.
import { readFileSync } from "node:fs";
import type { Distribution } from "elbow";
import { describe, expect, it } from "vitest";
import { groups } from "../../scripts/distributionExamples.js";
import { distributionPage, docstrings, exported } from "../../scripts/distributionTable.js";

const page = readFileSync(new URL("../../docs/distributions.md", import.meta.url), "utf8");
const listed = Object.values(groups).flatMap((examples) => Object.entries(examples));

it("is up to date: npm run docs:distributions", () => {
  expect(distributionPage()).toBe(page);
});

it("lists everything that returns a distribution and is exported", () => {
  const all = [...docstrings()].flatMap(([name, { isDistribution }]) => (isDistribution ? [name] : []));
  const makers = all.filter((name) => exported().has(name));
  expect(makers).toContain("normal");
  expect(makers).toContain("gaussianProcess");
  // what makes distributions of any family is no distribution itself
  expect(makers.filter((name) => name !== "distribution").toSorted()).toEqual(listed.map(([name]) => name).toSorted());
});

it("has types that are tested", () => {
  const types = readFileSync(new URL("../types/everyDistribution.ts", import.meta.url), "utf8");
  for (const [name, make] of listed)
    if (make().length > 0) expect(types).toMatch(new RegExp(`^ {2}${name}: readonly `, "m"));
});

describe.each(listed)("%s", (name, make) => {
  it("says its parameters, and what is checked of them", () => {
    const { parameters } = docstrings().get(name)!;
    if (!["flat", "fromSampler"].includes(name)) expect(parameters.length).toBeGreaterThan(0);
    for (const { family } of make() as Distribution[])
      if (family.parameterNames.length > 0)
        expect((family.constraints ?? []).some((constraint) => constraint !== undefined)).toBe(true);
  });
});
