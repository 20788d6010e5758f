// Eight schools against the exact posterior that stands beside the project, where it does.
import { existsSync, readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, assess, elbo, fit, importanceDraws, logEvidence, piecewise, run, summarize } from "elbow";
import { describe, expect, test } from "vitest";
import { data, fullRankGuide, fullRankParameters, model } from "../models/eightSchools.js";

const file = new URL(
  "../../shared/reference/posteriordb/eight_schools-eight_schools_noncentered.json",
  import.meta.url,
);
const isThere = existsSync(file);

interface Posterior {
  readonly reference: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
  readonly logNormalizer: { readonly value: number };
  readonly checkpoints: readonly {
    readonly parameters: { readonly theta_trans: number[]; readonly mu: number; readonly tau: number };
    readonly logDensity: number;
  }[];
}

describe.skipIf(!isThere)("eight schools, exact posterior (skipped where ../shared is missing)", () => {
  const posterior = (): Posterior => JSON.parse(readFileSync(file, "utf8"));

  test("the model's log density at the checkpoints", () => {
    for (const { parameters, logDensity } of posterior().checkpoints) {
      const { mu, tau, theta_trans: eta } = parameters;
      const choices = { mu: tf.scalar(mu), tau: tf.scalar(tau), eta: tf.tensor1d(eta) };
      expect(run(0, assess(model(...data), choices)).dataSync()[0]).toBeCloseTo(logDensity, 4);
    }
  });

  test("weighted draws of a fitted guide: every mean and sd within 0.15 sd", async () => {
    const { reference, logNormalizer } = posterior();
    const optimizer = adam({ learningRate: piecewise({ boundaries: [2000, 3200], rates: [0.05, 0.01, 0.002] }) });
    const { parameters } = await fit(elbo(model, fullRankGuide), {
      parameters: fullRankParameters,
      data,
      steps: 4000,
      draws: 16,
      optimizer,
    });
    const { choices, logWeights } = await importanceDraws(model, fullRankGuide, parameters, data, { draws: 200_000 });
    const { mu, tau, eta } = choices as { mu: Tensor; tau: Tensor; eta: Tensor };
    const theta = tf.add(tf.expandDims(mu, 1), tf.mul(tf.expandDims(tau, 1), eta));
    expect(Math.abs(logEvidence(logWeights) - logNormalizer.value)).toBeLessThan(0.05);
    for (const { name, mean, sd } of await summarize({ mu, tau, theta_trans: eta, theta }, { logWeights })) {
      // the reference counts from one
      const exact = reference[name.replace(/\[(\d+)\]/, (_, i) => `[${Number(i) + 1}]`)]!;
      expect(Math.abs(mean - exact.mean), name).toBeLessThan(0.15 * exact.sd);
      expect(Math.abs(sd - exact.sd), name).toBeLessThan(0.15 * exact.sd);
    }
  });
});
