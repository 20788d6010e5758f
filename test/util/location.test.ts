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

const source = join(import.meta.dirname, "../../src/util");
const entry = `import { library } from "./library.js";
import "${source}/registerEnd.ts";
export const user = () => library();`;
const library = `import { captureSource } from "${source}/location.ts";
export const library = () => captureSource().line;`;

test.each([false, true])("places tell users from Elbow in a bundle (minified: %s)", async (minify) => {
  for (const [name, text] of Object.entries({ "entry.js": entry, "library.js": library }))
    writeFileSync(join(folder, name), text);
  const bundle = join(folder, `bundle-${minify}.mjs`);
  const options = { bundle: true, format: "esm", minify, target: "es2022", outfile: bundle } as const;
  await build({ entryPoints: [join(folder, "entry.js")], ...options });
  const { user } = (await import(/* @vite-ignore */ pathToFileURL(bundle).href)) as { user: () => string };
  const place = /^(.*):(\d+):(\d+)$/.exec(user())!;
  expect(place[1]).toBe(bundle);
  const line = readFileSync(bundle, "utf8").split("\n")[Number(place[2]) - 1]!;
  // what stands there is the user's call of the library
  expect(line.slice(Number(place[3]) - 1)).toMatch(minify ? /^\w+\(\)[;,]export/ : /^library\(\);$/);
});
