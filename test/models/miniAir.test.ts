// Row 5 of ../shared/seed-rows.md: what can be summed. The training by every estimator is a part of the model itself.
import * as tf from "@tensorflow/tfjs-core";
import { assess, exactEnumeration, marginal, run } from "elbow";
import { describe, expect, it } from "vitest";
import { estimators, images, model, parameters, truth } from "../../models/miniAir.js";

describe("mini-AIR", () => {
  it.each([
    [0, [0.034533, 0.218802, 0.746665]],
    [1, [0.987683, 0.012125, 0.000192]],
    [2, [0.856837, 0.127667, 0.015496]],
  ] as const)("image %i: log p(y) and the probabilities of the counts", (i, counts) => {
    const { y, logEvidence } = images[i]!;
    const coins = marginal(model(tf.tensor1d(y)), { keep: ["z1", "z2"], algorithm: exactEnumeration() });
    const joint = (z1: number, z2: number) =>
      Math.exp(run(0, assess(coins, { z1: tf.scalar(z1), z2: tf.scalar(z2) })).dataSync()[0]!);
    // without a first object the second coin has no meaning
    const found = [joint(0, 0) + joint(0, 1), joint(1, 0), joint(1, 1)];
    const total = found.reduce((sum, each) => sum + each, 0);
    expect(Math.log(total)).toBeCloseTo(logEvidence, 4);
    for (const [count, known] of counts.entries()) expect(found[count]! / total).toBeCloseTo(known, 5);
  });
  it("the ELBO at zero logits, and its derivative", async () => {
    const exact = estimators.enumeration!.objective;
    const { value, gradient } = await exact.valueAndGradEstimate(0, parameters, tf.tensor1d(images[0]!.y));
    expect(value.dataSync()[0]).toBeCloseTo(truth.elbo, 4);
    expect(gradient.z1.dataSync()[0]).toBeCloseTo(truth.derivative, 4);
  });
});
