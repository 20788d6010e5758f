import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elbow, home } from "./elbow.js";
import { model } from "./models.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "report-"));
const at = (...names: string[]) => join(folder, ...names);
const fitInto = (...options: string[]) =>
  elbow(["fit", at("model.ts"), "--steps", "60", "--engine", "tfjs:cpu", "--posterior-draws", "50", ...options]);
const runIn = (name: string) => JSON.parse(readFileSync(at(name, "result.json"), "utf8"));

beforeAll(() => writeFileSync(at("model.ts"), model));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent("elbow fit --out", () => {
  test("keeps the run, and elbow report makes a page of it", async () => {
    const { code, err } = await fitInto("--out", at("run"), "--seed", "3");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(readdirSync(at("run"))).toEqual(["result.json"]);
    expect(runIn("run")).toMatchObject({
      format: "elbow-run",
      version: 1,
      file: join("..", "model.ts"),
      options: { steps: 60, seed: 3 },
      truth: { mu: { mean: 1 } },
      versions: { elbow: expect.any(String), node: process.versions.node },
      seed: 3,
      fit: { format: "elbow-fit" },
    });
    const report = await elbow(["report", at("run"), "--draws", "200"]);
    expect({ code: report.code, err: report.err }).toEqual({ code: 0, err: "" });
    expect(report.out.trimEnd().split("\n").at(-1)).toBe(at("run", "report.html"));
    const html = readFileSync(at("run", "report.html"), "utf8");
    expect(html).toMatch(/<h1>model<\/h1>/);
    expect(html).toMatch(/id="posterior".*>mu<\/th>/s);
    expect(html).toMatch(/--steps 60 .*--seed 3/);
    // an earlier run may be replaced, with its report
    const again = await fitInto("--out", at("run"));
    expect(again.code).toBe(0);
    expect(runIn("run").seed).toBe(0);
  });

  test("refuses a folder with other things, before it fits", async () => {
    mkdirSync(at("other"));
    writeFileSync(at("other", "thesis.txt"), "years of work");
    const { code, out, err } = await fitInto("--out", at("other"));
    expect(code).toBe(1);
    expect(out).toBe("the model was loaded\n");
    expect(err).toContain("is not overwritten: it holds other files (thesis.txt) and no run");
    expect(readdirSync(at("other"))).toEqual(["thesis.txt"]);
    writeFileSync(at("other", "result.json"), '{"mine":1}');
    expect((await fitInto("--out", at("other"))).err).toContain("its result.json is no run of Elbow");
    expect(readFileSync(at("other", "result.json"), "utf8")).toBe('{"mine":1}');
  });

  test("elbow report says what a folder lacks", async () => {
    const { code, err } = await elbow(["report", at("nowhere")]);
    expect(code).toBe(1);
    expect(err).toMatch(/holds no run: there is no result\.json\n.*elbow fit FILE --out/);
  });

  test("a run whose module has gone still has its trace", async () => {
    writeFileSync(at("gone.ts"), model);
    await elbow(["fit", at("gone.ts"), "--steps", "60", "--engine", "tfjs:cpu", "--out", at("left")]);
    rmSync(at("gone.ts"));
    const { code } = await elbow(["report", at("left")]);
    expect(code).toBe(0);
    const html = readFileSync(at("left", "report.html"), "utf8");
    expect(html).toContain("The module cannot be read");
    expect(html).toContain('id="objective"');
    expect(html).not.toContain('id="posterior"');
  });
});
