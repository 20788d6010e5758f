// Programs as somebody writes them who is new to Elbow: each makes one mistake, and the line that is marked is where the message
// must point.
import { readFileSync } from "node:fs";
import { ElbowError } from "elbow";
import { describe, expect, it } from "vitest";
import {
  errorOf,
  type Mistake,
  mistakeNames,
  mistakesText,
  readMistake,
  sections,
  updatedPage,
} from "../../scripts/errorsPage.js";

const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ path);
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const all = mistakeNames().map(readMistake);

it("are all on the page, each once, and at least 25", () => {
  expect(Object.values(sections).flat().toSorted()).toEqual(all.map(({ name }) => name).toSorted());
  expect(all.length).toBeGreaterThanOrEqual(25);
});

describe("each ends in an error with its code, address, line and one remedy", () => {
  it.each(all.map((mistake): [string, Mistake] => [mistake.name, mistake]))("%s", async (_, mistake) => {
    const error = await errorOf(mistake, load);
    expect(error).toBeInstanceOf(ElbowError);
    const { code, address, file, line } = mistake;
    expect({ code: error.code, at: { ...error.at } }).toEqual({ code, at: { address, source: `${file}:${line}` } });
    expect(error.hint).toMatch(/\S/);
    expect(error.message.endsWith(`${file}:${line}`)).toBe(true);
  });
});

it("and docs/errors.md shows them: npm run docs:errors", async () => {
  expect(updatedPage(page, await mistakesText(load))).toBe(page);
});
