import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { fit, objective } from "elbow";
import { afterAll, expect, test } from "vitest";
import { checkRunFolder, readRun, writeRun } from "../../src/cli/runFolder.js";

const folder = mkdtempSync(join(tmpdir(), "elbow-run-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const L = objective(function* ({ x }: { x: tf.Tensor }) {
  return tf.neg(tf.sum(tf.square(x)));
});
const fitted = fit(L, { parameters: { x: tf.tensor1d([1, -0]) }, steps: 4, reportEvery: 1, seed: 9 });

test("a run comes back as it was written, and may be replaced", async () => {
  const result = await fitted;
  const truth = { x: { mean: tf.tensor1d([0, 0]) }, logEvidence: Number.NaN };
  await writeRun(at("deep", "run"), { file: at("model.ts"), options: { data: at("y.csv") }, truth, result });
  expect(readdirSync(at("deep", "run"))).toEqual(["result.json"]);
  const run = await readRun(at("deep", "run"));
  expect(run).toMatchObject({
    file: relative(process.cwd(), at("model.ts")),
    dataFile: relative(process.cwd(), at("y.csv")),
  });
  expect(run.result.history).toEqual(result.history);
  expect([...(run.result.parameters as { x: tf.Tensor }).x.dataSync()]).toEqual([...result.parameters.x.dataSync()]);
  expect(run.truth.logEvidence).toBeNaN();
  expect(run.versions.node).toBe(process.versions.node);
  await writeRun(at("deep", "run"), { file: at("other.ts"), options: {}, truth: {}, result });
  expect((await readRun(at("deep", "run"))).file).toMatch(/other\.ts$/);
});

test("what is no run is not overwritten", async () => {
  await expect(checkRunFolder(at("new"))).resolves.toBeUndefined();
  mkdirSync(at("empty"));
  await expect(checkRunFolder(at("empty"))).resolves.toBeUndefined();
  mkdirSync(at("other"));
  writeFileSync(at("other", "thesis.txt"), "years of work");
  await expect(checkRunFolder(at("other"))).rejects.toThrow(/holds other files \(thesis\.txt\) and no run/);
  writeFileSync(at("other", "result.json"), '{"mine":1}');
  const options = { file: "model.ts", options: {}, truth: {}, result: await fitted };
  await expect(writeRun(at("other"), options)).rejects.toThrow(/its result\.json is no run of Elbow/);
  expect(readFileSync(at("other", "result.json"), "utf8")).toBe('{"mine":1}');
  await expect(checkRunFolder(at("other", "thesis.txt"))).rejects.toThrow(/it is no folder/);
});

test("a folder without a run says how to make one", async () => {
  await expect(readRun(at("nowhere"))).rejects.toThrow(/there is no result\.json\n.*elbow fit FILE --out/);
  await expect(readRun(at("other"))).rejects.toThrow(/no run that this version of Elbow reads/);
});
