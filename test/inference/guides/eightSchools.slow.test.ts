// Eight schools, non-centred: the best normal guides have known bounds.
import { adam, elbo, fit, fullRank, meanField, piecewise } from "elbow";
import { expect, it } from "vitest";
import { data, model, truth } from "../../../models/eightSchools.js";

const steps = 4000;
const optimizer = adam({ learningRate: piecewise({ boundaries: [2000, 3200], rates: [0.05, 0.01, 0.002] }) });
const options = { data, seed: 0, steps, draws: 16, optimizer };
const evaluation = { seed: 1, draws: 50_000 };

it("meanField reaches the bound of the best independent normals", async () => {
  const { guide, parameters } = meanField(model, data);
  const objective = elbo(model, guide);
  const fitted = await fit(objective, { parameters, ...options });
  const [value] = (await objective.estimate(evaluation, fitted.parameters, ...data)).dataSync();
  expect(Math.abs(value! - truth.elbo.meanField)).toBeLessThan(0.03);
  // the bound of the other family is out of its reach
  expect(Math.abs(value! - truth.elbo.fullRank)).toBeGreaterThan(0.03);
});

it("fullRank reaches that of the best multivariate normal", async () => {
  const { guide, parameters } = fullRank(model, data);
  const objective = elbo(model, guide);
  const fitted = await fit(objective, { parameters, ...options });
  const [value] = (await objective.estimate(evaluation, fitted.parameters, ...data)).dataSync();
  expect(Math.abs(value! - truth.elbo.fullRank)).toBeLessThan(0.03);
  expect(Math.abs(value! - truth.elbo.meanField)).toBeGreaterThan(0.03);
});
