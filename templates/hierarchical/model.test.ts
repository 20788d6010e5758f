import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { elbo, fit as fitObjective, importanceSummary } from "elbow";
import { data, dataFile, fit, guide, model, parameters } from "./model.js";

test("the posterior is that of quadrature", async () => {
  const observed = await data(fileURLToPath(new URL(dataFile, import.meta.url)));
  const result = await fitObjective(elbo(model, guide), { parameters, data: observed, ...fit });
  const { rows, logEvidence } = await importanceSummary(model, guide, result.parameters, observed, { draws: 20_000 });
  const mean = rows.find((row) => row.name === "mean")?.mean ?? Number.NaN;
  assert.ok(Math.abs(mean - 4.4) < 0.5, `mean ${mean}`);
  assert.ok(Math.abs(logEvidence + 31.31) < 0.1, `log evidence ${logEvidence}`);
});
