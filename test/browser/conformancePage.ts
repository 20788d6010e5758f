// The page's program: the conformance suite's programs on an engine of the browser. What is computed is judged outside.
import * as tf from "@tensorflow/tfjs-core";
import { build } from "../../src/ir/builder.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../src/ir/primitives/random.js";
import type { NDArray, Program } from "../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../src/runtime/arrays.js";
import { engineByName } from "../../src/runtime/engines.js";
import { sampled } from "../ir/conformance/applications.js";
import { cases } from "../ir/conformance/cases/all.js";

/** An array as plain data. */
export interface PlainArray extends Omit<NDArray, "elements"> {
  readonly elements: readonly number[];
}

export async function runOn(engineName: string, program: Program, inputs: readonly NDArray[]): Promise<PlainArray[]> {
  const executable = (await engineByName(engineName)).compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const arrays = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  return arrays.map((array) => ({ ...array, elements: [...array.elements] }));
}

export const page = {
  /** Results of one random application of the primitive of one of the cases. */
  apply: (
    engineName: string,
    at: number,
    seed: number,
    options: { readonly onManyAxes?: boolean } = {},
  ): Promise<PlainArray[]> => {
    const { program, inputs } = sampled(cases[at]!, seed, options);
    return runOn(engineName, program, inputs);
  },
  /** Bits, uniform and normal numbers of one key. */
  random: (engineName: string): Promise<PlainArray[]> => {
    const program = build([{ shape: [2], dtype: "int32" }], (key) => [
      randomBits(foldIn(key, 3), [1003]),
      randomUniform(foldIn(key, 4), [1003]),
      randomNormal(foldIn(key, 5), [1003]),
    ]);
    return runOn(engineName, program, [{ shape: [2], dtype: "int32", elements: Float64Array.of(42, 43) }]);
  },
};

export type ConformancePage = typeof page;

Object.assign(globalThis, { page });
