// docs/objectives.md shows the sources as they are.
import { readFileSync } from "node:fs";
import * as elbow from "elbow";
import { csiszar } from "elbow";
import { expect, it } from "vitest";
import { chapters, csiszarFunctions, files, objectivePage, others } from "../../scripts/objectivePage.js";

const page = readFileSync(new URL("../../docs/objectives.md", import.meta.url), "utf8");

it("is up to date: npm run docs:objectives", () => {
  expect(objectivePage()).toBe(page);
});

it("has every file of the folder, and all of them are public", () => {
  const named = Object.values(chapters).flat();
  expect([...named, ...others].toSorted()).toEqual(files().toSorted());
  for (const name of named) expect(elbow).toHaveProperty(name);
});

it("has every function of csiszar", () => {
  const rows = csiszarFunctions();
  for (const name of Object.keys(csiszar)) expect(rows).toContain(`\`${name}\``);
  expect(Object.keys(csiszar).length).toBe(16);
});
