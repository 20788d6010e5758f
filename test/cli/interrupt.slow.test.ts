// Ctrl-C, and fits that are repeated when files are saved.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { elbow, home } from "./elbow.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "interrupt-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const endless = `import * as tf from "@tensorflow/tfjs-core";
import { objective as make } from "elbow";

export const parameters = { x: tf.scalar(0) };
export const objective = make(function* ({ x }) {
  return tf.neg(tf.square(x));
});
export const fit = { steps: 2 ** 30, reportEvery: 100, onReport: ({ step }) => { if (step === 100) console.error("started"); } };
export const summary = () => new Promise((done) => setTimeout(done, 60_000));
`;
/** Its target is imported: saved, it is fitted anew. */
const watched = `import * as tf from "@tensorflow/tfjs-core";
import { objective as make } from "elbow";
import { target } from "./target.js";

export const dataFile = "shift.csv";
export const data = async (file: string) => [];
export const parameters = { x: tf.scalar(0) };
export const objective = make(function* ({ x }: typeof parameters) {
  return tf.neg(tf.square(tf.sub(x, target)));
});
export const fit = { steps: 400 };
export const summary = () => ({ target });
`;

beforeAll(() => {
  writeFileSync(at("endless.ts"), endless);
  writeFileSync(at("watched.ts"), watched);
  writeFileSync(at("target.ts"), "export const target = 1;\n");
  writeFileSync(at("shift.csv"), "x\n1\n");
});

test.concurrent("a second interrupt ends a fit that is stopping", async () => {
  let sent = 0;
  const { code, signal, err } = await elbow(["fit", at("endless.ts")], {
    onText: ({ err }, kill) => {
      const wanted = err.includes("stopping after this step") ? 2 : err.includes("started") ? 1 : 0;
      if (sent < wanted) {
        sent = wanted;
        kill("SIGINT");
      }
    },
  });
  expect({ code, signal }).toEqual({ code: null, signal: "SIGINT" });
  expect(err).toContain("Ctrl-C again ends at once");
});

test.concurrent("--watch fits again when the module, an import or the data are saved, and goes on after errors", {
  timeout: 180_000,
}, async () => {
  const saves = [
    () => writeFileSync(at("target.ts"), "export const target = 2;\n"),
    () => writeFileSync(at("watched.ts"), watched.replace("tf.neg(", "tf.neg((")),
    () => writeFileSync(at("watched.ts"), watched.replace("({ target })", "({ target, isNew: true })")),
    () => writeFileSync(at("shift.csv"), "x\n2\n"),
  ];
  let rounds = 0;
  const { code, out, err } = await elbow(["fit", at("watched.ts"), "--watch", "--json"], {
    onText: ({ err }, kill) => {
      const finished = err.match(/watching \d+ files?: save one/g)?.length ?? 0;
      if (finished <= rounds) return;
      rounds = finished;
      const save = saves[rounds - 1];
      if (save) setTimeout(save, 50);
      else kill("SIGINT");
    },
  });
  expect(code, err).toBe(130);
  const results = out
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each));
  expect(results.map(({ summary, error }) => (error ? error.code : summary))).toEqual([
    { target: 1 },
    { target: 2 },
    "error",
    { target: 2, isNew: true },
    { target: 2, isNew: true },
  ]);
  expect(err).toContain("watching 3 files: save one to fit again, Ctrl-C ends\n");
});

test.concurrent("--watch ends a fit that still runs before it begins another", { timeout: 180_000 }, async () => {
  writeFileSync(at("long.ts"), endless);
  let saves = 0;
  const { code, err } = await elbow(["fit", at("long.ts"), "--watch"], {
    onText: ({ err }, kill) => {
      const started = err.match(/started/g)?.length ?? 0;
      if (started <= saves) return;
      saves = started;
      if (saves === 1) writeFileSync(at("long.ts"), `${endless}\n`);
      else {
        writeFileSync(at("long.ts"), endless.replace("60_000", "0"));
        setTimeout(() => kill("SIGINT"), 15_000);
      }
    },
  });
  expect(code).toBe(130);
  expect(err.match(/started/g)!.length).toBeGreaterThanOrEqual(2);
});
