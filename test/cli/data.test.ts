// Where a module's data come from.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModelModule } from "../../src/cli/loadModelModule.js";
import { observedData } from "../../src/cli/modelModule.js";
import { withFirstData } from "../../src/inference/firstData.js";
import { elbow, home } from "./elbow.js";

mkdirSync(home, { recursive: true });
const folder = mkdtempSync(join(home, "data-"));
const at = (name: string) => join(folder, name);

/** A mean, and the data from wherever `data` says. */
const mean = (data: string, argument: string) => `import * as tf from "@tensorflow/tfjs-core";
import { elbo, gen, normal, observe, readJson, sample } from "elbow";

${data}
export const parameters = { loc: tf.scalar(0) };
export const model = gen(function* (data: any) {
  const y: tf.Tensor = ${argument};
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu.mul(tf.onesLike(y)), 1), y);
});
export const guide = gen(function* (q: typeof parameters) {
  yield* sample("mu", normal(q.loc, 0.5));
});
export const fit = { steps: 5 };
export const summary = () => "";
`;
const modules = {
  "path.ts": mean('export const data = "y.csv";', "data.y"),
  "file.ts": mean('export const dataFile = new URL("y.csv", import.meta.url);', "data.y"),
  "reader.ts": mean(
    'export const dataFile = "y.json";\nexport const data = async (file: string) => [(await readJson(file)).y];',
    "data",
  ),
  "made.ts": mean("export const data = () => [tf.tensor1d([1, 2, 3])];", "data"),
  "fixed.ts": mean("export const data = [tf.tensor1d([1, 2, 3])];", "data"),
  "stream.ts": mean("export const data = async function* () { for (;;) yield [tf.tensor1d([1, 2, 3])]; };", "data"),
};

beforeAll(() => {
  for (const [name, text] of Object.entries(modules)) writeFileSync(at(name), text);
  writeFileSync(at("y.csv"), "y\n1\n2\n3\n");
  writeFileSync(at("y.json"), '{ "y": [1, 2, 3] }');
  writeFileSync(at("bad.csv"), "y\n1\nx\n");
  writeFileSync(at("other.csv"), "y\n4\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent("the data of a module", () => {
  test("are those of its file, of its function, of either's batches", async () => {
    for (const name of Object.keys(modules)) {
      const { data } = await loadModelModule(at(name));
      await withFirstData(data, async ([argument]) => {
        const y = "y" in (argument as object) ? (argument as { y: Tensor }).y : argument;
        expect((y as Tensor).arraySync(), name).toEqual([1, 2, 3]);
      });
    }
    const [other] = (await loadModelModule(at("path.ts"), { data: at("other.csv") })).data as [{ y: Tensor }];
    expect(other.y.arraySync()).toEqual([4]);
  });

  test("are judged by as a whole, of a stream by the first batch, which the fit still gets", async () => {
    const { data, judged } = observedData(await loadModelModule(at("stream.ts")));
    const seen: unknown[] = [];
    for await (const [y] of data as AsyncIterable<[Tensor]>) {
      seen.push(y.arraySync());
      if (seen.length === 2) break;
    }
    const [y] = (await judged()) as [Tensor];
    const unfitted = observedData(await loadModelModule(at("stream.ts")));
    const [first] = (await unfitted.judged()) as [Tensor];
    expect(first.arraySync()).toEqual([1, 2, 3]);
    expect([...seen, y.arraySync()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("--data takes another file, and what is wrong in it is named", async () => {
    const { code, out, err } = await elbow(["fit", at("path.ts"), "--data", at("bad.csv"), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: {
        code: "data-value",
        message: 'the column "y" does not hold a finite number here\n  received: "x"',
        hint: 'Name the labels of a column of text: { columns: { y: ["a", "b"] } }.',
        source: `${at("bad.csv")}:3`,
      },
    });
    expect(err).toContain(`  at ${at("bad.csv")}:3\n`);
  });

  test("--data is refused where a module does not ask for a file", async () => {
    await expect(loadModelModule(at("made.ts"), { data: at("y.csv") })).resolves.toBeDefined();
    await expect(loadModelModule(at("fixed.ts"), { data: "y.csv" })).rejects.toMatchObject({
      code: "model-exports",
      message: expect.stringMatching(/--data y\.csv was given, and .*fixed\.ts does not read its data from a file\n/),
    });
  });
});

describe.concurrent("--json prints errors as objects, and their text on stderr", () => {
  test("misuse of the command line, with a suggestion", async () => {
    const { code, out, err } = await elbow(["fit", "model.ts", "--stpes", "3", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: { code: "usage", message: "unknown option '--stpes'\n(Did you mean --steps?)" },
    });
    expect(err).toBe("error: unknown option '--stpes'\n(Did you mean --steps?)\n");
    expect(await elbow(["simulte"])).toEqual({
      code: 1,
      out: "",
      err: "error: unknown command 'simulte'\n(Did you mean simulate?)\n",
    });
  });

  test("errors that are not Elbow's", async () => {
    writeFileSync(at("throws.ts"), 'throw new Error("no luck");\n');
    const { code, out } = await elbow(["fit", at("throws.ts"), "--json"]);
    expect({ code, out: JSON.parse(out) }).toEqual({ code: 1, out: { error: { code: "error", message: "no luck" } } });
  });
});
