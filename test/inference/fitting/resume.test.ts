import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fit } from "../../../src/inference/fit.js";
import { minibatches } from "../../../src/inference/fitting/minibatches.js";
import type { DataStream } from "../../../src/inference/fitting/sources.js";
import { momentum } from "../../../src/inference/optimizers/momentum.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { withoutPlace } from "../../support/messages.js";
import { bitsOf, conjugateElbo, line, regression, start, xs, ys } from "./models.js";

const folder = mkdtempSync(join(tmpdir(), "elbow-resume-"));
const engine = "tfjs:cpu";

beforeAll(async () => {
  await engineByName(engine);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Data = [tf.Tensor, tf.Tensor];
const rows = (): Data => [tf.tensor1d(xs), tf.tensor1d(ys)];

function* endless(): Generator<Data> {
  for (let i = 0; ; i++) yield [tf.tensor1d([i % 3, 1]), tf.tensor1d([i % 5, 2])];
}

const sources: Readonly<Record<string, () => Data | ReturnType<typeof minibatches> | DataStream<Data>>> = {
  "fixed data": rows,
  "shuffled minibatches": () => minibatches(rows(), { size: 2, seed: 4, isScaled: true }),
  "minibatches with a shorter last one": () => minibatches([xs, ys], { size: 3, dropLast: false, isScaled: true }),
  "an iterator": endless,
};

describe.each(Object.keys(sources))("with %s", (name) => {
  // 37 lies between two reports, between two checkpoints of the longer run, and inside an epoch
  test.each([37, 40])("a run that is interrupted at step %i ends in the same bits", async (interruption) => {
    const checkpoint = { file: join(folder, `${name}-${interruption}.json`), every: 10 };
    const run = async (steps: number, options: object = {}) => {
      const data = sources[name]!() as Data;
      const result = await fit(regression, {
        parameters: line(),
        data,
        steps,
        seed: 3,
        reportEvery: 20,
        engine,
        ...options,
      });
      const { parameters, history, objective, standardError } = result;
      return { bits: bitsOf([parameters.w, parameters.b]), history, objective, standardError, steps: result.steps };
    };
    const whole = await run(100);
    await run(interruption, { checkpoint });
    expect(await run(100, { resume: checkpoint.file })).toEqual(whole);
    // seed and reporting are those of the checkpoint unless stated
    expect(await run(100, { resume: checkpoint.file, seed: undefined, reportEvery: undefined })).toEqual(whole);
  });
});

test("a stopped run leaves a checkpoint of where it stopped", async () => {
  const file = join(folder, "stopped.json");
  const controller = new AbortController();
  const data: [tf.Tensor] = [tf.scalar(2)];
  const options = { parameters: start(), data, steps: 100, reportEvery: 10, engine };
  const stopped = await fit(conjugateElbo, {
    ...options,
    checkpoint: { file, every: 1000 },
    signal: controller.signal,
    onReport: ({ step }) => step === 30 && controller.abort(),
  });
  expect(stopped.steps).toBe(30);
  const [whole, resumed] = [await fit(conjugateElbo, options), await fit(conjugateElbo, { ...options, resume: file })];
  expect(bitsOf(Object.values(resumed.parameters))).toEqual(bitsOf(Object.values(whole.parameters)));
  expect(resumed.history).toEqual(whole.history);
});

test("a run whose steps are all taken gives the checkpoint's result", async () => {
  const file = join(folder, "done.json");
  const data: [tf.Tensor] = [tf.scalar(2)];
  const first = await fit(conjugateElbo, {
    parameters: start(),
    data,
    steps: 25,
    checkpoint: { file, every: 25 },
    reportEvery: 25,
    engine,
  });
  const second = await fit(conjugateElbo, { parameters: start(), data, steps: 25, resume: file, engine });
  expect(bitsOf(Object.values(second.parameters))).toEqual(bitsOf(Object.values(first.parameters)));
  expect(second).toMatchObject({ steps: 25, history: first.history, objective: first.objective });
});

test("single-step reports, whose standard error is NaN, survive the file", async () => {
  const file = join(folder, "single.json");
  const data: [tf.Tensor] = [tf.scalar(2)];
  const options = { parameters: start(), data, steps: 6, reportEvery: 1, engine };
  const whole = await fit(conjugateElbo, options);
  await fit(conjugateElbo, { ...options, steps: 3, checkpoint: { file, every: 1 } });
  const resumed = await fit(conjugateElbo, { ...options, resume: file });
  expect(resumed.history).toEqual(whole.history);
  expect(resumed.history[0]!.standardError).toBeNaN();
  expect(resumed.standardError).toBe(whole.standardError);
});

test("no temporary file stays", () => expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]));

describe("a checkpoint that does not fit", () => {
  const file = join(folder, "mismatch.json");
  const data: [tf.Tensor] = [tf.scalar(2)];
  const message = (options: object) =>
    fit(conjugateElbo, { parameters: start(), data, steps: 5, engine, resume: file, ...options }).then(
      () => "",
      withoutPlace,
    );
  const hint =
    "  hint: Resume with the objective, parameters, optimizer, data and seed that the run was begun with, or start anew without resume.";

  beforeAll(async () => {
    await fit(conjugateElbo, { parameters: start(), data, steps: 2, seed: 7, checkpoint: { file, every: 2 }, engine });
  });

  test.each([
    [{ seed: 8 }, "the seeds differ\n  checkpoint: 7\n  this run:   8"],
    [{ optimizer: sgd() }, "the optimizers differ\n  checkpoint: adam\n  this run:   sgd"],
    [{ direction: "minimize" }, "the directions differ\n  checkpoint: maximize\n  this run:   minimize"],
    [
      { parameters: { rho: tf.scalar(0), loc: tf.scalar(0) } },
      "the parameters differ\n  checkpoint: loc[], rho[]\n  this run:   rho[], loc[]",
    ],
    [{ data: minibatches([[2]], { size: 1 }) }, undefined],
  ])("%o", async (options, expected) => {
    if (expected) expect(await message(options)).toBe(`the checkpoint ${file} is of another run: ${expected}\n${hint}`);
  });

  test("other slots under the same name are told apart by their types", async () => {
    const impostor = { ...momentum(), name: "adam" };
    expect(await message({ optimizer: impostor })).toContain(
      "the optimizer's or the strategies' states differ\n  checkpoint: float32 []",
    );
  });

  test("files that are no checkpoints", async () => {
    const other = join(folder, "other.json");
    const text = (why: string) =>
      `${other} cannot be resumed from: ${why}\n  hint: Give the file that fit wrote with the option checkpoint.`;
    writeFileSync(other, "hello");
    expect(await message({ resume: other })).toBe(text("it is not JSON"));
    writeFileSync(other, "null");
    expect(await message({ resume: other })).toBe(text("it is not a checkpoint of Elbow"));
    writeFileSync(other, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version: 9 }));
    expect(await message({ resume: other })).toBe(
      text("it has version 9 of the format, and this Elbow reads version 1"),
    );
    expect(await message({ resume: join(folder, "none.json") })).toContain("cannot be resumed from: ENOENT");
  });

  test("a folder that is not there is named when the checkpoint is written", async () => {
    const nowhere = join(folder, "nowhere", "x.json");
    expect(await message({ resume: undefined, checkpoint: { file: nowhere, every: 1 } })).toMatch(
      `the checkpoint ${nowhere} cannot be written\n  ENOENT`,
    );
  });
});
