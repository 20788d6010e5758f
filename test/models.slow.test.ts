// Every file of the gallery, run on its own as a user would.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

for (const file of readdirSync("models").filter((name) => name.endsWith(".ts")))
  it(`models/${file} is within tolerance of its truth`, async () => {
    const args = ["--import", "tsx", `models/${file}`, "--json", ...(file === "eightSchools.ts" ? ["--all"] : [])];
    const { stdout } = await run(process.execPath, args);
    const found = JSON.parse(stdout);
    expect(found.checks.length).toBeGreaterThan(0);
    expect(found.isRight).toBe(true);
  });
