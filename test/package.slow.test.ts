import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { model, objective } from "./cli/models.js";

// What a user gets: the packed tarball, installed into a fresh project.
const root = resolve(import.meta.dirname, "..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "elbow-package-")));
const env = { ...process.env, npm_config_loglevel: "error", npm_config_yes: "true", npm_config_prefer_offline: "true" };

function execute(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed\n${stdout ?? ""}\n${stderr ?? ""}`, { cause: error });
  }
}

beforeAll(() => {
  execute("npm", ["run", "build"], root);
  const packed = execute("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  execute("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("its pages link to nothing that it does not hold", () => {
  const held = join(folder, "node_modules", "elbow");
  const files = readdirSync(held, { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => file.endsWith(".md") && !/^(templates|node_modules)\//.test(file));
  expect(pages.length).toBeGreaterThan(20);
  const links = pages.flatMap((page) => {
    const text = readFileSync(join(held, page), "utf8").replace(/```[\s\S]*?```/g, "");
    return [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => ({ page, to: to! }));
  });
  const local = links.filter(({ to }) => !/^[a-z]+:/.test(to));
  expect(local.filter(({ page, to }) => !existsSync(resolve(held, dirname(page), to)))).toEqual([]);
});

test("imports in plain Node", () => {
  const script = `
    import { gen, sample, normal } from "elbow";
    console.log([gen, sample, normal].map((value) => typeof value).join());`;
  writeFileSync(join(folder, "plain.mjs"), script);
  expect(execute(process.execPath, ["plain.mjs"], folder).trim()).toBe("function,function,function");
});

test("its types serve a strict nodenext project", () => {
  const script = `
    import { gen, normal, sample } from "elbow";
    export const program = gen(function* () {
      const x = yield* sample("x", normal(0, 1));
      return x.mul(2);
    });
    // @ts-expect-error an address is a string
    sample(1, normal(0, 1));`;
  writeFileSync(join(folder, "typed.ts"), script);
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const options = "--noEmit --strict --module nodenext --target es2023 --lib es2023,dom --skipLibCheck typed.ts";
  execute(process.execPath, [compiler, ...options.split(" ")], folder);
});

test("installs the elbow command", () => {
  expect(execute("npx", ["--no-install", "elbow", "--help"], folder)).toContain("elbow");
});

test("makes a project that fits its model, writes a report and passes its test", () => {
  const out = execute("npx", ["--no-install", "elbow", "new", "demo"], folder);
  expect(out).toContain("demo is ready: cd demo && npm start\n");
  const project = join(folder, "demo");
  expect(execute("npm", ["start"], project)).toMatch(/│ slope +│ +3\.9/);
  expect(readFileSync(join(project, "run", "report.html"), "utf8")).toContain("slope");
  execute("npm", ["test"], project);
});

test.each([
  ["model.ts", model, "module"],
  ["model.ts", model, "commonjs"],
  ["objective.mjs", objective, "commonjs"],
])("fits %s from the command line (%#)", (file, text, type) => {
  // a folder of its own kind inside the project, as npm init makes it
  const own = join(folder, type);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "package.json"), JSON.stringify({ type }));
  writeFileSync(join(own, file), text);
  const args = ["--no-install", "elbow", "fit", join(type, file), "--json", "--steps", "200", "--engine", "tfjs:wasm"];
  const result = JSON.parse(execute("npx", args, folder));
  expect(result).toMatchObject({ steps: 200, engine: "tfjs:wasm", seed: 0 });
  expect(Number.isFinite(result.objective)).toBe(true);
});
