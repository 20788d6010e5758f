import type { Tensor } from "@tensorflow/tfjs-core";
import { evaluate } from "../ir/evaluate.js";
import type { NDArray } from "../ir/primitive.js";
import type { Program } from "../ir/program.js";
import { asStored, elementsFromData, tensorFromNDArray } from "./arrays.js";
import { checkInputs, checkIteration } from "./checkInputs.js";
import type { Engine, Executable } from "./engine.js";
import { pacer } from "./pacer.js";
import { type Reading, runAsync, runSync } from "./reading.js";

const around = <R>(work: () => R): R => work();

function* toArrays({ inputs }: Program, tensors: readonly Tensor[]): Reading<NDArray[]> {
  const data = yield tensors;
  return inputs.map(({ shape, dtype }, i) => ({ shape, dtype, elements: elementsFromData(data[i]!) }));
}

function* evaluateTensors(program: Program, inputs: readonly Tensor[]): Reading<Tensor[]> {
  return evaluate(program, yield* toArrays(program, inputs)).map(tensorFromNDArray);
}

/** The engine that defines what programs mean: double-precision loops, one primitive after the other. */
export const referenceEngine: Engine = {
  name: "reference",
  compile: (program): Executable => ({
    run: (inputs) => {
      checkInputs(program, inputs);
      return runSync(evaluateTensors(program, inputs), around, "reference");
    },
    runAsync: async (inputs) => {
      checkInputs(program, inputs);
      return runAsync(evaluateTensors(program, inputs), around);
    },
    iterate: async (inputs, carried, steps) => {
      checkInputs(program, inputs);
      checkIteration(program, carried, steps);
      const pause = pacer();
      let arrays = await runAsync(toArrays(program, inputs), around);
      for (let step = 1; ; step++) {
        const outputs = evaluate(program, arrays);
        if (step === steps) return outputs.map(tensorFromNDArray);
        // as if every step were a run of its own
        const next = outputs
          .slice(0, carried)
          .map((array) => ({ ...array, elements: asStored(array.elements, array.dtype) }));
        arrays = [...next, ...arrays.slice(carried)];
        await pause();
      }
    },
    dispose: () => undefined,
  }),
};
