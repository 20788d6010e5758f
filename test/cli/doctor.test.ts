import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { version } from "../../src/util/version.js";
import { elbow, home } from "./elbow.js";

/** A package webgpu that lies beside the command line's own. */
const fake = join(home, "node_modules", "webgpu");
function pretend(text: string): void {
  mkdirSync(fake, { recursive: true });
  writeFileSync(join(fake, "package.json"), JSON.stringify({ name: "webgpu", type: "module", main: "index.js" }));
  writeFileSync(join(fake, "index.js"), text);
}
afterAll(() => rmSync(fake, { recursive: true, force: true }));

const works = `export const globals = {};
const adapter = { info: { vendor: "acme", description: "Acme 1" }, features: new Set(["shader-f16"]), limits: { maxBufferSize: 1024 } };
export const create = () => ({ requestAdapter: async ({ forceFallbackAdapter }) => (forceFallbackAdapter ? null : adapter) });
console.log("noise on stdout");
`;

describe("elbow doctor", () => {
  test("--json says what there is, with the GPUs that the package webgpu finds", async () => {
    pretend(works);
    const { code, out } = await elbow(["doctor", "--json"]);
    expect(code).toBe(0);
    const health = JSON.parse(out);
    expect(health).toMatchObject({
      elbow: version,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cores: expect.any(Number),
      threads: availableParallelism(),
      simd: true,
      fma: { isThere: expect.any(Boolean), isUsed: expect.any(Boolean) },
      gpus: {
        adapters: [
          {
            name: "Acme 1",
            vendor: "acme",
            isFallback: false,
            features: ["shader-f16"],
            limits: { maxBufferSize: 1024 },
          },
        ],
      },
    });
    const named = (name: string) => health.engines.find((each: { name: string }) => each.name === name);
    expect(named("wasm")).toMatchObject({ isInstalled: true, isDefault: true });
    expect(named("tfjs:tensorflow").install).toMatch(/^npm install @tensorflow\/tfjs-node/);
  });

  test.each([
    [
      "that ends the process",
      "process.abort();\n",
      /unknown: loading it ended the process \((SIGABRT|exit code \d+)\)/,
    ],
    [
      "that does not load",
      'throw new Error("no libvulkan\\nmore");\n',
      /unknown: .*webgpu does not load \(no libvulkan\)/,
    ],
  ])("survives a package webgpu %s", async (_, text, expected) => {
    pretend(text);
    const { code, out, err } = await elbow(["doctor"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(expected);
    expect(out).toMatch(/^Elbow \d+\.\d+\.\d+, Node \d+/);
    expect(out).toMatch(/\n {2}✓ wasm +\[default\] compiles/);
    expect(out).toMatch(/\n {2}✗ tfjs:webgl +runs in browsers alone\n/);
  });
});
