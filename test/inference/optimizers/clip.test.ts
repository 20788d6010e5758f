import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { fit } from "../../../src/inference/fit.js";
import { objective } from "../../../src/inference/objective.js";
import { clipByNorm, clipByValue, type GradientTransform, globalNorm } from "../../../src/inference/optimizers/clip.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const gradients = () => [tf.tensor1d([3, 0]), tf.scalar(-4)];
const values = (tensors: readonly tf.Tensor[]) => tensors.flatMap((tensor) => [...tensor.dataSync()]);

test("the global norm is over all gradients together", () => expect(globalNorm(gradients()).dataSync()[0]).toBe(5));

test("clipByNorm scales all gradients together, and leaves short ones alone", () => {
  expect(values(clipByNorm(2.5)(gradients()))).toEqual([1.5, 0, -2]);
  expect(values(clipByNorm(6)(gradients()))).toEqual([3, 0, -4]);
});

test("clipByValue clips every element", () => expect(values(clipByValue(3.5)(gradients()))).toEqual([3, 0, -3.5]));

test.each<[string, GradientTransform, number]>([
  ["norm", clipByNorm(0.5), -0.5],
  ["value", clipByValue(0.25), -0.25],
])("a fit clips by %s before the optimizer, and reports the norm before", async (_, clip, expected) => {
  const steep = objective(function* (x: tf.Tensor) {
    return tf.mul(x, 100);
  });
  const { parameters, history } = await fit(steep, {
    parameters: tf.scalar(0),
    steps: 1,
    direction: "minimize",
    optimizer: sgd({ learningRate: 1 }),
    clip,
    engine: "tfjs:cpu",
  });
  expect(parameters.dataSync()[0]).toBe(expected);
  expect(history[0]!.gradientNorm).toBe(100);
});

test("limits that are not positive are refused", () => {
  expect(() => clipByNorm(0)).toThrow("clipByNorm: the maximum must be a finite number above 0\n  received: 0");
  expect(() => clipByValue(-1)).toThrow("clipByValue: the limit must be a finite number above 0\n  received: -1");
});
