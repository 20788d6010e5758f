import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elbow, home } from "./elbow.js";
import { objective } from "./models.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "simulate-"));
const at = (name: string) => join(folder, name);

/** Nothing to fit: a model, and data of two observations from a file. */
const line = `import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe, readCsv, sample } from "elbow";

export const dataFile = "data.csv";
export const data = async (file: string) => [(await readCsv(file, { columns: ["x"] })).x];
export const model = gen(function* (x: tf.Tensor) {
  const slope = yield* sample("slope", normal(1, 2));
  yield* observe("y", normal(slope.mul(x), 1), x);
});
console.log("the model was loaded");
`;

/** A model that takes the parameters, too. */
const learned = `import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe } from "elbow";

export const isModelLearned = true;
export const parameters = { loc: tf.scalar(5) };
export const data = [tf.scalar(0)];
export const model = gen(function* ({ loc }: typeof parameters, y: tf.Tensor) {
  yield* observe("y", normal(loc, 0.001), y);
});
`;

beforeAll(() => {
  writeFileSync(at("line.ts"), line);
  writeFileSync(at("data.csv"), "x\n1\n3\n");
  writeFileSync(at("other.csv"), "x\n1\n3\n10\n");
  writeFileSync(at("learned.ts"), learned);
  writeFileSync(at("objective.ts"), objective);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent("elbow simulate", () => {
  test("prints tables of choices and of observations", async () => {
    const { code, out, err } = await elbow(["simulate", at("line.ts"), "-n", "4000", "--seed", "2"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^the model was loaded\n4000 draws from the model, seed 2\nchoices\n/);
    const numbers = (name: string) =>
      out
        .split("\n")
        .find((each) => each.includes(`│ ${name} `))!
        .split("│")
        .slice(2, 4)
        .map(Number) as [number, number];
    const near = (name: string, mean: number, sd: number) => {
      const [m, s] = numbers(name);
      expect(Math.abs(m - mean), name).toBeLessThan((5 * sd) / Math.sqrt(4000));
      expect(Math.abs(s - sd), name).toBeLessThan((5 * sd) / Math.sqrt(8000));
    };
    near("slope", 1, 2);
    // y = slope·x + noise
    near("y[0]", 1, Math.sqrt(5));
    near("y[1]", 3, Math.sqrt(37));
  });

  test("--json and --out give all draws, of other data too", async () => {
    const args = ["simulate", at("line.ts"), "-n", "3", "--data", at("other.csv")];
    const { code, out, err } = await elbow([...args, "--json", "--out", at("draws.csv")]);
    expect({ code, err }).toEqual({ code: 0, err: "the model was loaded\n" });
    const { draws, seed, choices, observed } = JSON.parse(out);
    expect({ draws, seed }).toEqual({ draws: 3, seed: 0 });
    expect(choices.slope).toHaveLength(3);
    expect(observed.y.map((each: number[]) => each.length)).toEqual([3, 3, 3]);
    const [head, ...rows] = readFileSync(at("draws.csv"), "utf8").trimEnd().split(/\r?\n/);
    expect(head).toBe("slope,y[0],y[1],y[2]");
    expect(rows.map((row) => row.split(",").map(Number))).toEqual(
      [0, 1, 2].map((i) => [choices.slope[i], ...observed.y[i]]),
    );
  });

  test("gives a learned model its parameters", async () => {
    const { out } = await elbow(["simulate", at("learned.ts"), "-n", "2", "--json", "--out", at("draws.json")]);
    expect(readFileSync(at("draws.json"), "utf8")).toBe(out);
    const { observed, choices } = JSON.parse(out);
    expect(choices).toEqual({});
    for (const y of observed.y) expect(y).toBeCloseTo(5, 1);
  });

  test("refuses modules without a model", async () => {
    const none = await elbow(["simulate", at("objective.ts"), "--json"]);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.out)).toEqual({
      error: {
        code: "model-exports",
        message: `${at("objective.ts")} exports no model\n  exports: objective, parameters, summary`,
        hint: "Export a program: model = gen(function* (…) { … }).",
      },
    });
  });
});
