import { expect, test } from "vitest";
import { centredGuide, centredModel, data, guide, model, parameters, truth } from "../../../models/eightSchools.js";
import { adam, clipByNorm, elbo, fit, guideQuality, khatBand, meanField, piecewise } from "../../../src/index.js";

const learningRate = piecewise({ boundaries: [2000, 3200], rates: [0.05, 0.01, 0.002] });
const options = { steps: 4000, draws: 16, clip: clipByNorm(100), optimizer: adam({ learningRate }) };
const sets = 20;

async function qualities(of: typeof model, by: typeof guide) {
  const fitted = await fit(elbo(of, by), { parameters, data, seed: 0, ...options });
  const runs = Array.from({ length: sets }, (_, seed) =>
    guideQuality(of, by, fitted.parameters, data, { draws: 4000, seed }),
  );
  const all = await Promise.all(runs);
  return { all, first: all[0]!, mean: all.reduce((sum, { khat }) => sum + khat / sets, 0) };
}

// k̂ of 4000 draws varies by (1 + k)/√190, some 0.12: the mean of twenty sets is judged, and the first of them
test("the non-centred mean field can be relied on", async () => {
  const { all, first, mean } = await qualities(model, guide);
  for (const khat of [mean, first.khat]) expect(Math.abs(khat - 0.55)).toBeLessThan(0.12);
  expect(khatBand(mean, 4000)).toBe("good");
  expect(first.advice).toMatch(/^good/);
  // with weights of infinite variance (k̂ > 1/2) neither their own standard errors nor those of a mean of sets hold
  const logEvidence = all.reduce((sum, each) => sum + each.logEvidence / sets, 0);
  expect(Math.abs(logEvidence - truth.logEvidence)).toBeLessThan(0.05);
});

test("the centred one cannot, and says so", async () => {
  const { first, mean } = await qualities(centredModel as never, centredGuide as never);
  for (const khat of [mean, first.khat]) expect(Math.abs(khat - 0.88)).toBeLessThan(0.15);
  expect(khatBand(mean, 4000)).toBe("unreliable");
  expect(first.advice).toMatch(/^unreliable/);
  // negative control: it is not in the other guide's band
  expect(Math.abs(mean - 0.55)).toBeGreaterThan(0.12);
});

test("automatic mean fields have the same bands, from one set of draws", async () => {
  const khatOf = async (of: typeof model) => {
    const { guide: automatic, parameters: start } = meanField(of, data);
    const { parameters: fitted } = await fit(elbo(of, automatic), { parameters: start, data, seed: 0, ...options });
    return guideQuality(of, automatic, fitted, data, { draws: 4000, seed: 0 });
  };
  const [nonCentred, centred] = [await khatOf(model), await khatOf(centredModel as never)];
  expect(Math.abs(nonCentred.khat - 0.55)).toBeLessThan(0.12);
  expect(nonCentred.advice).toMatch(/^good/);
  expect(Math.abs(centred.khat - 0.88)).toBeLessThan(0.15);
  expect(centred.advice).toMatch(/^unreliable/);
});
