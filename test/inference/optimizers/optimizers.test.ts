import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { fit } from "../../../src/inference/fit.js";
import { objective } from "../../../src/inference/objective.js";
import { adam } from "../../../src/inference/optimizers/adam.js";
import { adamw } from "../../../src/inference/optimizers/adamw.js";
import { momentum } from "../../../src/inference/optimizers/momentum.js";
import type { Optimizer } from "../../../src/inference/optimizers/optimizer.js";
import { rmsprop } from "../../../src/inference/optimizers/rmsprop.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

/** A parameter after each of several steps with these gradients. */
function trajectory(optimizer: Optimizer, start: number, gradients: readonly number[]): number[] {
  let parameter: tf.Tensor = tf.scalar(start);
  let slots = optimizer.init(parameter);
  return gradients.map((gradient, step) => {
    ({ parameter, slots } = optimizer.update({
      parameter,
      gradient: tf.scalar(gradient),
      slots,
      step: tf.scalar(step, "int32"),
    }));
    return parameter.dataSync()[0]!;
  });
}

// Two steps from θ = 1 with gradients 2 and −1, by hand.
const cases: readonly { name: string; optimizer: Optimizer; expected: readonly number[] }[] = [
  // 1 − 0.1·2; 0.8 + 0.1
  { name: "sgd", optimizer: sgd({ learningRate: 0.1 }), expected: [0.8, 0.9] },
  // v = 2, then 0.9·2 − 1 = 0.8
  { name: "momentum", optimizer: momentum({ learningRate: 0.1 }), expected: [0.8, 0.72] },
  // g + 0.9 v: 2 + 1.8 = 3.8, then −1 + 0.72 = −0.28
  { name: "nesterov", optimizer: momentum({ learningRate: 0.1, nesterov: true }), expected: [0.62, 0.648] },
  // v = 0.4, then 0.36 + 0.1 = 0.46
  {
    name: "rmsprop",
    optimizer: rmsprop({ learningRate: 0.1 }),
    expected: [1 - 0.2 / Math.sqrt(0.4), 1 - 0.2 / Math.sqrt(0.4) + 0.1 / Math.sqrt(0.46)],
  },
  // m̂ = 2, v̂ = 4; m = 0.08 → m̂ = 0.08/0.19, v = 0.001·(4·0.999 + 1) → v̂ = 0.004996/0.001999
  {
    name: "adam",
    optimizer: adam({ learningRate: 0.1 }),
    expected: [0.9, 0.9 - (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999)],
  },
  // the same, and θ·(1 − 0.1·0.5) before
  {
    name: "adamw",
    optimizer: adamw({ learningRate: 0.1, weightDecay: 0.5 }),
    expected: [0.85, 0.85 * 0.95 - (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999)],
  },
];

describe.each(cases)("$name", ({ name, optimizer, expected }) => {
  test("takes the steps that were computed by hand", () => {
    const steps = trajectory(optimizer, 1, [2, -1]);
    for (const [i, value] of steps.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(optimizer.name).toBe(name);
  });
});

test.each<[string, Optimizer]>([
  ["sgd", sgd({ learningRate: 0.1 })],
  ["momentum", momentum()],
  ["nesterov", momentum({ nesterov: true })],
  ["rmsprop", rmsprop()],
  ["adam", adam({ learningRate: 0.05 })],
  ["adamw", adamw({ learningRate: 0.05, weightDecay: 0 })],
])("%s minimises a quadratic with curvatures 1 and 10, compiled", async (_, optimizer) => {
  const quadratic = objective(function* ({ x }: { x: tf.Tensor }) {
    return tf.sum(tf.mul([0.5, 5], tf.square(tf.sub(x, [1, -2]))));
  });
  const start = { x: tf.zeros([2]) };
  const { parameters, objective: value } = await fit(quadratic, {
    parameters: start,
    steps: 600,
    direction: "minimize",
    optimizer,
    engine: "tfjs:cpu",
  });
  const [first, second] = parameters.x.dataSync();
  expect(Math.abs(first! - 1)).toBeLessThan(0.02);
  expect(Math.abs(second! + 2)).toBeLessThan(0.02);
  expect(value).toBeLessThan(0.02);
});

test("bias correction does not cancel in single precision", () => {
  // m̂/√v̂ = g/|g| at the first step, whatever the gradient
  for (const gradient of [1e-3, 1, 1e3])
    expect(trajectory(adam({ learningRate: 1, epsilon: 0 }), 0, [gradient])[0]).toBeCloseTo(-1, 6);
});

test("settings out of range are refused with the received value", () => {
  expect(() => sgd({ learningRate: -1 })).toThrow("sgd: learningRate must be a finite number above 0\n  received: -1");
  expect(() => adam({ beta1: 1 })).toThrow("adam: beta1 must be at least 0 and below 1\n  received: 1");
  expect(() => adamw({ weightDecay: Number.NaN })).toThrow(
    "adamw: weightDecay must be a finite number, at least 0\n  received: NaN",
  );
});

test("a user's own optimizer is used like the built-in ones", async () => {
  const signDescent: Optimizer = {
    name: "signDescent",
    init: () => [],
    update: ({ parameter, gradient }) => ({
      parameter: tf.sub(parameter, tf.mul(0.125, tf.sign(gradient))),
      slots: [],
    }),
  };
  const distance = objective(function* (x: tf.Tensor) {
    return tf.square(tf.sub(x, 1));
  });
  const { parameters } = await fit(distance, {
    parameters: tf.scalar(0),
    steps: 8,
    direction: "minimize",
    optimizer: signDescent,
    engine: "tfjs:cpu",
  });
  expect(parameters.dataSync()[0]).toBe(1);
});
