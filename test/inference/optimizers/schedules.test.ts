import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { fit } from "../../../src/inference/fit.js";
import { objective } from "../../../src/inference/objective.js";
import {
  constant,
  cosineDecay,
  exponentialDecay,
  linearWarmup,
  piecewise,
  type Schedule,
} from "../../../src/inference/optimizers/schedules.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const cases: readonly { name: string; schedule: Schedule; rates: Readonly<Record<number, number>> }[] = [
  { name: "constant", schedule: constant(0.25), rates: { 0: 0.25, 9: 0.25 } },
  {
    name: "exponentialDecay",
    schedule: exponentialDecay({ initial: 1, factor: 0.5, every: 4 }),
    rates: { 0: 1, 2: Math.SQRT1_2, 4: 0.5, 8: 0.25 },
  },
  {
    name: "exponentialDecay in stairs",
    schedule: exponentialDecay({ initial: 1, factor: 0.5, every: 4, staircase: true }),
    rates: { 0: 1, 3: 1, 4: 0.5, 9: 0.25 },
  },
  {
    name: "cosineDecay",
    schedule: cosineDecay({ initial: 1, steps: 4, final: 0.5 }),
    rates: { 0: 1, 2: 0.75, 4: 0.5, 9: 0.5 },
  },
  { name: "linearWarmup", schedule: linearWarmup({ steps: 4, to: 1 }), rates: { 0: 0.25, 1: 0.5, 3: 1, 9: 1 } },
  {
    name: "linearWarmup, then a decay that starts at its own step 0",
    schedule: linearWarmup({ steps: 2, to: exponentialDecay({ initial: 1, factor: 0.5, every: 1 }) }),
    rates: { 0: 0.5, 1: 1, 2: 1, 3: 0.5, 4: 0.25 },
  },
  {
    name: "piecewise",
    schedule: piecewise({ boundaries: [2, 5], rates: [1, 0.5, 0.125] }),
    rates: { 0: 1, 1: 1, 2: 0.5, 4: 0.5, 5: 0.125, 99: 0.125 },
  },
];

describe.each(cases)("$name", ({ schedule, rates }) => {
  test("has the rates that its formula says", () => {
    for (const [step, rate] of Object.entries(rates))
      expect(schedule(tf.scalar(Number(step))).dataSync()[0]).toBeCloseTo(rate, 6);
  });

  test("is the same inside a compiled step", async () => {
    // with gradient 1, minimising by sgd moves x by the sum of the rates
    const slope = objective(function* (x: tf.Tensor) {
      return x;
    });
    const { parameters } = await fit(slope, {
      parameters: tf.scalar(0),
      steps: 5,
      direction: "minimize",
      optimizer: sgd({ learningRate: schedule }),
      engine: "tfjs:cpu",
    });
    const total = [0, 1, 2, 3, 4].reduce((sum, step) => sum + schedule(tf.scalar(step)).dataSync()[0]!, 0);
    expect(parameters.dataSync()[0]).toBeCloseTo(-total, 5);
  });
});

test("settings out of range are refused", () => {
  expect(() => piecewise({ boundaries: [5, 2], rates: [1, 1, 1] })).toThrow(
    "piecewise: boundaries must be increasing\n  received: 5,2",
  );
  expect(() => piecewise({ boundaries: [5], rates: [1] })).toThrow(
    "piecewise: rates must be one more than the boundaries\n  received: 1",
  );
  expect(() => cosineDecay({ initial: 1, steps: 0 })).toThrow(
    "cosineDecay: steps must be a finite number above 0\n  received: 0",
  );
});
