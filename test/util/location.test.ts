import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, expect, test, vi } from "vitest";
import { captureSource, userLine } from "../../src/util/location.js";

const folder = mkdtempSync(join(tmpdir(), "elbow-location-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the line of the caller, relative to the working directory", () => {
  expect(captureSource().line).toMatch(/^test\/util\/location\.test\.ts:\d+$/);
});

test("frames of packages and of Node are passed over", () => {
  const stack = [
    "Error",
    "    at add_ (file:///home/me/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js:10:5)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "    at async model (file:///home/me/my%20models/coin.ts:14:22)",
    "    at file:///home/me/main.ts:3:1",
  ].join("\n");
  expect(userLine(stack)).toBe("/home/me/my models/coin.ts:14");
  expect(userLine("Error\n    at node:internal/main:1:1")).toBeUndefined();
});

test.each([
  ["Chromium", "    at model (https://elbow.example:8443/src/coin.ts?t=17:14:22)"],
  ["Chromium, without a name", "    at https://elbow.example:8443/src/coin.ts:14:22"],
  ["Firefox and Safari", "model@https://elbow.example:8443/src/coin.ts:14:22"],
])("a frame of %s, relative to the page's server", (_, frame) => {
  vi.stubGlobal("location", { origin: "https://elbow.example:8443" });
  vi.stubGlobal("process", undefined);
  const tfjs = "    at add_ (https://esm.example/@tensorflow/tfjs-core@4.22.0/es2022/tfjs-core.mjs:1:500)";
  const stack = `Error\n${tfjs}\n${frame}`;
  expect(userLine(stack)).toBe("src/coin.ts:14");
  vi.unstubAllGlobals();
});

// a user's program, Elbow in two modules, and tfjs, which stays a file of its own
const location = JSON.stringify(join(import.meta.dirname, "../../src/util/location.ts"));
const files = {
  "entry.js": `import { viaTfjs, sourceHere } from "./elbow.js";
    import "./end.js";
    export const direct = () => sourceHere();
    export const throughTfjs = () => viaTfjs();`,
  "elbow.js": `import { call } from "./tfjs.mjs";
    import { captureSource } from ${location};
    export const sourceHere = () => captureSource().line;
    export const viaTfjs = () => call(sourceHere);`,
  "end.js": `import { call } from "./tfjs.mjs";
    import { markEnd } from ${location};
    call(() => markEnd(new Error()));`,
  "tfjs.mjs": "const one = (f) => f(), two = (f) => one(f);\nexport const call = (f) => two(f);",
};

test.each([false, true])("places tell users from Elbow in a bundle (minified: %s)", async (minify) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const outfile = join(folder, `bundle-${minify}.mjs`);
  const entryPoints = [join(folder, "entry.js")];
  await build({ entryPoints, bundle: true, format: "esm", minify, external: ["./tfjs.mjs"], outfile });
  const script = `import * as bundle from ${JSON.stringify(pathToFileURL(outfile).href)};
    console.log(JSON.stringify([bundle.direct(), bundle.throughTfjs()]));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const lines = readFileSync(outfile, "utf8").split("\n");
  // what stands before these places are the user's two functions
  const before = (JSON.parse(output) as string[]).map((place) => {
    const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(place)!;
    expect(file).toBe(outfile);
    return lines[Number(line) - 1]!.slice(0, Number(column) - 1);
  });
  const name = (exported: string) => new RegExp(`(\\w+) as ${exported}`).exec(lines.at(-2)!)?.[1] ?? exported;
  expect(before[0]!.replaceAll(" ", "")).toMatch(new RegExp(`var${name("direct")}=\\(\\)=>$`));
  expect(before[1]!.replaceAll(" ", "")).toMatch(new RegExp(`[r,]${name("throughTfjs")}=\\(\\)=>$`));
});
