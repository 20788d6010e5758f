import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "../../src/util/version.js";

test("the version is that of package.json", () => {
  const { version: published } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(version).toBe(published);
});
