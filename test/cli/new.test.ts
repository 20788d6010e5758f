// Projects that `elbow new` makes. That they run is seen in test/package.slow.test.ts.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elbow, home, root } from "./elbow.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "new-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (...names: string[]) => JSON.parse(readFileSync(at(...names, "package.json"), "utf8"));

describe("elbow new", () => {
  test.each(["regression", "hierarchical"])("--template %s", async (template) => {
    const name = `My ${template}`;
    const { code, out, err } = await elbow(["new", name, "--template", template, "--no-install"], { cwd: folder });
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `${name} is ready: cd ${name} && npm install && npm start\n`,
      err: "",
    });
    expect(readdirSync(at(name)).toSorted()).toEqual([
      ".gitignore",
      ".npmrc",
      "README.md",
      "data.csv",
      "model.test.ts",
      "model.ts",
      "package.json",
      "tsconfig.json",
    ]);
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(manifest(name)).toMatchObject({
      name: `my-${template}`,
      type: "module",
      scripts: { start: "elbow fit model.ts --out run && elbow report run" },
      // this copy lies in no node_modules
      dependencies: { elbow: "file:../..", "@tensorflow/tfjs-core": dependencies["@tensorflow/tfjs-core"] },
    });
    // TypeScript 7 looks at no types that are not named
    expect(JSON.parse(readFileSync(at(name, "tsconfig.json"), "utf8")).compilerOptions.types).toEqual(["node"]);
    expect(readFileSync(at(name, ".npmrc"), "utf8")).toBe("install-links=true\n");
    expect(readFileSync(at(name, "README.md"), "utf8")).toMatch(new RegExp(`^# my-${template}\n\n[A-Z]`));
  });

  test("overwrites nothing", async () => {
    mkdirSync(at("full"));
    writeFileSync(at("full", "mine.txt"), "");
    const { code, out } = await elbow(["new", "full", "--no-install", "--json"], { cwd: folder });
    expect(code).toBe(1);
    expect(JSON.parse(out).error).toEqual({
      code: "new-project",
      message: `${at("full")} is there already, and not empty`,
      hint: "Give another name: nothing is overwritten.",
    });
    expect(readdirSync(at("full"))).toEqual(["mine.txt"]);
    const unknown = await elbow(["new", "other", "--template", "none"], { cwd: folder });
    expect(unknown).toEqual({
      code: 1,
      out: "",
      err: 'there is no template "none"\n  templates: regression, hierarchical\n',
    });
  });

  test("--elbow and a folder that is there, and empty", async () => {
    mkdirSync(at("empty"));
    const { out } = await elbow(["new", ".", "--no-install", "--elbow", "^9.9.9", "--json"], { cwd: at("empty") });
    expect(JSON.parse(out)).toEqual({
      folder: at("empty"),
      name: "empty",
      template: "regression",
      elbow: "^9.9.9",
      isInstalled: false,
    });
    expect(readdirSync(at("empty"))).not.toContain(".npmrc");
  });
});

describe("takes Elbow from where it was installed from", () => {
  const installed = () => at("consumer", "node_modules", "elbow");
  beforeAll(async () => {
    await elbow(["--version"]);
    for (const part of ["dist/cli", "dist/util", "dist/errors.js", "package.json", "templates"])
      cpSync(join(home, part), join(installed(), part), { recursive: true });
    writeFileSync(at("elbow-1.2.3.tgz"), "");
  });

  test.each([
    ["the registry", "https://registry.npmjs.org/elbow/-/elbow-0.0.0-test.tgz", "^0.0.0-test"],
    ["a tarball", "file:../elbow-1.2.3.tgz", "file:../../elbow-1.2.3.tgz"],
    ["a tarball that is gone", "file:../elbow-1.2.4.tgz", "file:../node_modules/elbow"],
  ])("%s", async (name, resolved, spec) => {
    const lock = { packages: { "node_modules/elbow": { resolved } } };
    writeFileSync(at("consumer", "node_modules", ".package-lock.json"), JSON.stringify(lock));
    const project = name.replaceAll(" ", "-");
    const { err } = await elbow(["new", project, "--no-install"], { cwd: at("consumer"), package: installed() });
    expect(err).toBe("");
    expect(manifest("consumer", project).dependencies.elbow).toBe(spec);
    expect(readdirSync(at("consumer", project)).includes(".npmrc")).toBe(name.endsWith("gone"));
  });
});
