import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import * as hmm from "../../../models/hmm.js";
import { elbo, fit } from "../../../src/index.js";
import { mergedShapes } from "../../../src/runtime/tfjs/fewAxes.js";

test("neighbouring axes that the same operands vary along are one", () => {
  expect(
    mergedShapes(
      [
        [2, 3, 1, 5, 7],
        [1, 5, 1],
      ],
      [2, 3, 1, 5, 7],
    ),
  ).toEqual([
    [6, 5, 7],
    [1, 5, 1],
  ]);
  expect(mergedShapes([[1, 1, 1], []], [1, 1, 1])).toEqual([[], []]);
  expect(
    mergedShapes(
      [
        [2, 1, 2],
        [1, 3, 1],
      ],
      [2, 3, 2],
    ),
  ).toEqual([
    [2, 1, 2],
    [1, 3, 1],
  ]);
});

/** Seven states that are summed out bring seven axes, and kernels of tfjs' wasm backend take six. */
test("a chain of enumerated states is the same on a backend of few axes", async () => {
  const settings = { parameters: hmm.parameters, data: hmm.data, steps: 2, seed: 1 };
  const bound = elbo(hmm.model, hmm.guide);
  const [expected, ...others] = await Promise.all(
    ["reference", "tfjs:wasm", "wasm"].map((engine) => fit(bound, { ...settings, engine })),
  );
  for (const { objective, parameters } of others) {
    expect(objective).toBeCloseTo(expected!.objective, 4);
    for (const [name, value] of Object.entries(parameters))
      expect(
        tf.max(tf.abs(tf.sub(value, expected!.parameters[name as keyof typeof parameters]))).dataSync()[0],
      ).toBeLessThan(1e-4);
  }
});
