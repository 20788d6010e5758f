import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elbow, home, type Settings } from "./elbow.js";
import { biased, failing, model, objective } from "./models.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "main-"));
const at = (name: string) => join(folder, name);

beforeAll(() => {
  writeFileSync(at("model.ts"), model);
  writeFileSync(at("objective.ts"), objective);
  writeFileSync(at("failing.ts"), failing);
  writeFileSync(at("biased.ts"), biased);
  writeFileSync(at("empty.ts"), "export const guide = 3;\n");
  writeFileSync(at("guideless.ts"), "export const model = () => {};\n");
  writeFileSync(
    at("misspelt.ts"),
    'import { gen } from "elbow";\nimport { HalfCauchy } from "elbow";\nexport const model = gen(HalfCauchy);\n',
  );
  writeFileSync(at("parameterless.ts"), objective.replace("export const parameters", "const parameters"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is not the same in every run. */
const times = { stepsPerSecond: 0, compileMs: 0 };

describe.concurrent("elbow fit", () => {
  test("fits a TypeScript model and prints its posterior beside the truth", async () => {
    const { code, out, err } = await elbow(["fit", at("model.ts"), "--engine", "tfjs:cpu"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^the model was loaded\nobjective -2\.\d+ ± 0\.\d+\n300 steps in .* s \(.* steps\/s\) on tfjs:cpu, seed 0\ntraced and compiled in \d+ ms\n/,
    );
    expect(out).toMatch(/│ {4}│ +mean │ +sd │ +5% │ +50% │ +95% │ truth │/);
    expect(out).toMatch(/│ mu │ .* 1 │\n/);
    expect(out).toMatch(/effectiveSampleSize: \d+.*\nlogEvidence: -2\.2\d+\nkhat: -?\d+\.\d\d \(good: .*\)\n$/);
  });

  test("--json prints one object and nothing else on stdout", async () => {
    const { code, out, err } = await elbow([
      "fit",
      at("model.ts"),
      "--json",
      "--steps",
      "40",
      "--seed",
      "7",
      "--engine",
      "reference",
    ]);
    expect(code).toBe(0);
    expect(err).toContain("the model was loaded");
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const result = JSON.parse(out);
    expect(Object.keys(result)).toEqual([
      "objective",
      "standardError",
      "steps",
      "stepsPerSecond",
      "compileMs",
      "engine",
      "seed",
      "summary",
      "khat",
    ]);
    expect(result.khat).toBe(result.summary.khat);
    expect(result.khat).toBeTypeOf("number");
    expect(result).toMatchObject({
      steps: 40,
      seed: 7,
      engine: "reference",
      summary: { draws: 4000, rows: [{ name: "mu", truth: 1 }] },
    });
    // the same seed gives the same numbers
    const again = JSON.parse(
      (await elbow(["fit", at("model.ts"), "--json", "--steps", "40", "--seed", "7", "--engine", "reference"])).out,
    );
    expect({ ...again, ...times }).toEqual({ ...result, ...times });
  });

  test("fits an objective and uses its summary", async () => {
    const { code, out } = await elbow(["fit", at("objective.ts"), "--steps", "500", "--json", "--engine", "tfjs:cpu"]);
    expect(code).toBe(0);
    const { summary, khat } = JSON.parse(out);
    expect(khat).toBeNull();
    expect(summary).toEqual({ steps: 500, x: [expect.closeTo(1, 1), expect.closeTo(-1, 1)] });
  });

  test("a fit that is stopped leaves a checkpoint, and resumes to the same result", async () => {
    const common = ["fit", at("model.ts"), "--json", "--steps", "400", "--engine", "tfjs:cpu"];
    const whole = await elbow(common);
    await elbow([...common.slice(0, 3), "--steps", "130", "--engine", "tfjs:cpu", "--checkpoint", at("fit.json")]);
    const resumed = await elbow([...common, "--resume", at("fit.json")]);
    expect({ ...JSON.parse(resumed.out), ...times }).toEqual({ ...JSON.parse(whole.out), ...times });
  });

  test("an interrupt stops the fit after a step, with its checkpoint", { timeout: 180_000 }, async () => {
    const args = [
      "fit",
      at("model.ts"),
      "--steps",
      "100000000",
      "--json",
      "--engine",
      "tfjs:cpu",
      "--checkpoint",
      at("stopped.json"),
    ];
    // a line of progress says that the fit is on its way
    let isStopping = false;
    const interruptOnce: Settings["onText"] = ({ err }, kill) => {
      if (!isStopping && err.includes("step ")) kill("SIGINT");
      isStopping ||= err.includes("step ");
    };
    const { code, out, err } = await elbow(args, { onText: interruptOnce });
    expect(code).toBe(130);
    const { steps } = JSON.parse(out);
    expect(steps).toBeLessThan(100_000_000);
    expect(err).toMatch(/step \d+\/100000000 {2}objective -2\.\d+ ± \S+ {2}gradient \S+ {2}\S+ steps\/s {2}\S+ left/);
    expect(err).toContain(`stopped after ${steps} steps; go on with --resume ${at("stopped.json")}\n`);
  });
});

describe.concurrent("elbow explain", () => {
  test("prints random choices, leaves and costs; --svg draws them", async () => {
    const { code, out, err } = await elbow(["explain", at("model.ts"), "--svg", at("model.svg")]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/│ mu +│ normal +│ reparam \(default\) │ +1 │ +any │ .* │ .*model\.ts:12 │ its value reaches/);
    expect(out).toMatch(/│ +\d+ │ mul +│ \[\] +│ +1 │ mu +│/);
    expect(out).toMatch(/│ optimizer step +│ +\d+ │/);
    expect(readFileSync(at("model.svg"), "utf8")).toMatch(/^<svg [\s\S]*>mu<\/text>[\s\S]*<\/svg>\n$/);
    expect(out).not.toContain("GFLOP/s");
  });

  test("--cost adds where the time of a step goes", async () => {
    const { code, out } = await elbow(["explain", at("model.ts"), "--cost"]);
    expect(code).toBe(0);
    expect(out).toMatch(/│ steps +│ .*mul ×\d+/);
    expect(out).toMatch(/^step .* µs on one thread: .* kFLOP/m);
    expect(out).toMatch(/^compiling trace .* ms, transform .* ms, lower .* ms, WebAssembly\.Module .* ms$/m);
    expect(out).toMatch(/^machine +products .* GFLOP\/s/m);
  });

  test("--json prints one object and nothing else on stdout", async () => {
    const { code, out } = await elbow(["explain", at("model.ts"), "--cost", "--json"]);
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const { sites, leaves, stages, parts, ceilings, threads } = JSON.parse(out);
    expect(leaves[0]).toMatchObject({ number: 1, shape: [], lanes: 1 });
    expect(stages.map(({ stage }: { stage: string }) => stage)).toContain("value and gradient");
    expect(sites).toMatchObject([{ address: "mu", strategy: "reparam", isUnbiased: true, lanes: 1 }]);
    expect(parts.map(({ kind }: { kind: string }) => kind)).toContain("steps");
    expect(ceilings.matMul).toBeGreaterThan(0);
    expect(threads).toBe(1);
  });
});

describe.concurrent("elbow check", () => {
  test("exit code 0 where no bias is found", async () => {
    const { code, out, err } = await elbow(["check", at("model.ts"), "--draws", "4000"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^the model was loaded\nno bias found: the largest deviation is \d\.\d standard errors \(.*\)\n/,
    );
    expect(out).toMatch(/\n4000 draws against quadrature with \d+ nodes\n/);
    expect(out).toMatch(/│ ∂\/∂logScale +│/);
  });

  test("exit code 1 where there is one; --json prints one object and nothing else on stdout", async () => {
    const { code, out, err } = await elbow(["check", at("biased.ts")]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toMatch(
      /^biased: p deviates by \d+\.\d standard errors\n20000 draws against enumeration of 2 joint values\n/,
    );
    const json = await elbow(["check", at("biased.ts"), "--json", "--seed", "3"]);
    expect(json.code).toBe(1);
    const { pass, worst, truth } = JSON.parse(json.out);
    expect(pass).toBe(false);
    expect(worst.name).toBe("p");
    // d/dp E (1 + b)² = 4 − 1
    expect(worst.truth).toBeCloseTo(3, 6);
    expect(truth.method).toBe("enumeration");
  });
});

describe.concurrent("errors are one message without a stack, and exit code 1", () => {
  test.each<[string, string[], string]>([
    [
      "no file",
      ["fit", "nowhere.ts"],
      "there is no file nowhere.ts\n  hint: Give the path of a module that exports a model.\n",
    ],
    [
      "no module",
      ["fit", "README.md"],
      "README.md is not a module\n  expected: a file that ends in .ts, .mts, .js, .mjs\n  received: .md\n",
    ],
    [
      "nothing to fit",
      ["fit", at("empty.ts")],
      `${at("empty.ts")} exports nothing to fit\n  exports: guide\n  hint: Export an objective (objective = elbo(model, guide), say), or a model and a guide.\n`,
    ],
    [
      "a model alone",
      ["fit", at("guideless.ts")],
      `${at("guideless.ts")} exports a model without a guide\n  exports: model\n  hint: Export a guide beside it: write one, or take that of meanField(model, data), with its parameters.\n`,
    ],
    [
      "a name that is not there",
      ["fit", at("misspelt.ts")],
      `"elbow" exports no "HalfCauchy"\n  hint: Did you mean "halfCauchy"?\n  at ${relative(process.cwd(), at("misspelt.ts"))}:2\n`,
    ],
    [
      "no parameters",
      ["fit", at("parameterless.ts")],
      `${at("parameterless.ts")} exports no parameters\n  exports: objective, summary\n  hint: Export where the fit starts: parameters = { loc: tf.scalar(0), … }.\n`,
    ],
    [
      "an option that is no number",
      ["fit", at("model.ts"), "--steps", "many"],
      "error: option '--steps <n>' argument 'many' is invalid. It must be a whole number, at least 0.\n",
    ],
  ])("%s", async (_, args, expected) => {
    expect(await elbow(args)).toEqual({ code: 1, out: "", err: expected });
  });

  test("a module beside another copy of Elbow", async () => {
    mkdirSync(join(folder, "other", "node_modules", "elbow"), { recursive: true });
    writeFileSync(join(folder, "other", "node_modules", "elbow", "package.json"), '{ "name": "elbow" }');
    writeFileSync(join(folder, "other", "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "other", "model.ts"), model);
    const { code, out, err } = await elbow(["fit", join(folder, "other", "model.ts")]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("model.ts imports another copy of Elbow than the one that runs this command\n  imported: ");
  });

  test("a non-finite objective is named with the user's line; --debug adds the stack", async () => {
    const { code, err } = await elbow(["fit", at("failing.ts"), "--engine", "tfjs:cpu"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^the objective became NaN at step 0\n {2}equation: log\(-1\) = NaN\n/);
    expect(err).not.toContain("explainNonFinite");
    const debug = await elbow(["--debug", "fit", at("failing.ts"), "--engine", "tfjs:cpu"]);
    expect(debug.err).toContain("    at explainNonFinite");
  });
});
