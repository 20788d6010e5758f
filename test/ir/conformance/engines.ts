// The engines that must agree with the reference. Another engine is one more name.
import * as tf from "@tensorflow/tfjs-core";
import type { NDArray, Program } from "../../../src/ir/program.js";
import { ndarrayFromTensor, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { Engine } from "../../../src/runtime/engine.js";
import { available } from "../../runtime/available.js";

/** Runs a program on arrays. */
export type Run = (program: Program, inputs: readonly NDArray[]) => NDArray[];

const runOn =
  (engine: Engine): Run =>
  (program, inputs) => {
    const executable = engine.compile(program);
    const tensors = inputs.map(tensorFromNDArray);
    const outputs = executable.run(tensors);
    const results = outputs.map(ndarrayFromTensor);
    tf.dispose([tensors, outputs]);
    executable.dispose();
    return results;
  };

/** tfjs-node is an optional peer: it takes part where it is installed. */
const names = ["wasm", "tfjs:cpu", "tfjs:wasm", "tfjs:tensorflow"];
const present = await Promise.all(names.map(available));

/** The engines that can run here. */
export const engines: readonly (readonly [name: string, run: Run])[] = present.flatMap((engine) =>
  engine ? [[engine.name, runOn(engine)] as const] : [],
);
