import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// The truth tables in test/reference are copies; the originals lie beside the repository, where they are handed out.
const originals = new URL("../../shared/reference/", import.meta.url);
const copies = new URL("./reference/", import.meta.url);

test.skipIf(!existsSync(originals))("the truth tables are byte for byte those in ../shared/reference", () => {
  const files = readdirSync(originals, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|md)$/.test(entry.name))
    .map((entry) => entry.name);
  expect(files.length).toBeGreaterThan(0);
  expect(readdirSync(copies).sort()).toEqual(files.sort());
  for (const name of files) {
    expect(readFileSync(new URL(name, copies)).equals(readFileSync(new URL(name, originals))), name).toBe(true);
  }
});
