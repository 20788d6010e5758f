import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { elbo, fit as fitObjective, importanceSummary } from "elbow";
import { data, dataFile, fit, guide, model, parameters } from "./model.js";

test("the posterior agrees with least squares", async () => {
  const observed = await data(fileURLToPath(new URL(dataFile, import.meta.url)));
  const result = await fitObjective(elbo(model, guide), { parameters, data: observed, ...fit });
  const { rows, khat } = await importanceSummary(model, guide, result.parameters, observed, { draws: 4000 });
  const mean = (name: string) => rows.find((row) => row.name === name)?.mean ?? Number.NaN;
  // ordinary least squares: 3.93 feet per mile per hour, and 41.4 feet at 15 miles per hour
  assert.ok(Math.abs(mean("slope") - 3.93) < 0.2, `slope ${mean("slope")}`);
  assert.ok(Math.abs(mean("typical") - 41.4) < 1, `typical ${mean("typical")}`);
  assert.ok(khat < 1, `k̂ ${khat}`);
});
