// Every model of the gallery is a module for `elbow fit`, and gives the same JSON object.
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { elbow, root } from "./elbow.js";

const models = readdirSync(`${root}/models`).filter((file) => file.endsWith(".ts"));
/** They have no pair of model and guide: one objective draws both, the other has no data. */
const withoutPair = ["air.ts", "threeSites.ts"];

test("there are models", () => expect(models.length).toBeGreaterThanOrEqual(12));

test.each(models)("elbow fit models/%s --json", async (file) => {
  const { code, out, err } = await elbow(["fit", `models/${file}`, "--steps", "10", "--seed", "3", "--json"], {
    fromSources: true,
  });
  expect(code, err).toBe(0);
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  const result = JSON.parse(out);
  const numbers = ["objective", "standardError", "stepsPerSecond"];
  for (const name of numbers) expect(result[name], name).toBeTypeOf("number");
  expect(result).toMatchObject({ steps: 10, engine: "wasm", seed: 3, summary: expect.any(Object) });
  if (withoutPair.includes(file)) expect(result.khat).toBeNull();
  else expect(result.khat).toBeTypeOf("number");
});
