// The page's program: the conformance suite's programs on an engine of the browser. What is computed is judged outside.
import * as tf from "@tensorflow/tfjs-core";
import { clipByNorm, fit, type Objective, sgd } from "elbow";
import * as auxiliaryGuide from "../../models/auxiliaryGuide.js";
import * as coin from "../../models/coin.js";
import * as cone from "../../models/cone.js";
import * as hmm from "../../models/hmm.js";
import * as implicitBeta from "../../models/implicitBeta.js";
import * as linearGaussianStateSpace from "../../models/linearGaussianStateSpace.js";
import * as logisticRegression from "../../models/logisticRegression.js";
import * as miniAir from "../../models/miniAir.js";
import * as threeSites from "../../models/threeSites.js";
import { build } from "../../src/ir/builder.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../src/ir/primitives/random.js";
import type { NDArray, Program } from "../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../src/runtime/arrays.js";
import { engineByName } from "../../src/runtime/engines.js";
import { leavesOf, type Tree } from "../../src/util/tree.js";
import { applicationsOf, kindsOfApplication, sampled } from "../ir/conformance/applications.js";
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

interface ModelExports {
  readonly objective: Objective<object, readonly unknown[]>;
  readonly parameters: object;
  readonly data?: readonly unknown[];
  readonly fit?: { readonly unused?: "keep" };
}

/** Those that a page can import. */
const models = {
  auxiliaryGuide,
  coin,
  cone,
  hmm,
  implicitBeta,
  linearGaussianStateSpace,
  logisticRegression,
  miniAir,
  threeSites,
};

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
  /** Results of all random applications of one kind. */
  applyAll: async (engineName: string, at: number, kind: number, settings: { effort: number; seed: number }) => {
    const results: PlainArray[][] = [];
    for (const { program, inputs } of applicationsOf(cases[at]!, kindsOfApplication[kind]!, settings))
      results.push(await runOn(engineName, program, inputs));
    return results;
  },
  /** Where a few steps with a model of the gallery end: objectives, parameters, and how far these have moved. */
  fit: async (engine: string, name: keyof typeof models, seed: number) => {
    const { objective, parameters, data = [], fit: own } = models[name] as unknown as ModelExports;
    const result = await fit(objective, {
      parameters,
      data,
      steps: 20,
      reportEvery: 10,
      draws: 4,
      optimizer: sgd({ learningRate: 0.01 }),
      clip: clipByNorm(1),
      unused: own?.unused,
      seed,
      engine,
    });
    const numbers = (tree: object) => leavesOf(tree as Tree<tf.Tensor>).flatMap(({ leaf }) => [...leaf.dataSync()]);
    const [ends, starts] = [numbers(result.parameters), numbers(parameters)];
    return {
      engine: result.engine,
      objectives: result.history.map((entry) => entry.objective),
      parameters: ends,
      moved: Math.max(...ends.map((x, i) => Math.abs(x - starts[i]!))),
    };
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
