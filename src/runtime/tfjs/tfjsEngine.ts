import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program } from "../../ir/program.js";
import { checkInputs, checkIteration } from "../checkInputs.js";
import type { Engine, Executable } from "../engine.js";
import { pacer } from "../pacer.js";
import { type Reading, runAsync, runSync } from "../reading.js";
import { Cell } from "./cell.js";
import { disposePrepared, execute, prepareProgram } from "./execute.js";
import { onBackend, readsSynchronously } from "./onBackend.js";

/** The engine that runs programs kernel by kernel on an initialized tfjs backend. */
export function tfjsEngine(backend: string): Engine {
  const name = `tfjs:${backend}`;
  return { name, compile: (program) => compileTfjs(program, backend, name) };
}

function compileTfjs(program: Program, backend: string, name: string): Executable {
  const around = onBackend(backend);
  const prepared = prepareProgram(program, backend);
  const isSync = readsSynchronously(backend);
  const turn = pacer();
  const borrow = (tensors: readonly Tensor[]): Cell[] =>
    tensors.map((tensor, i) => new Cell(program.inputs[i]!, tensor, undefined, "caller"));

  function* toTensors(inputs: readonly Tensor[]): Reading<Tensor[]> {
    const outputs = yield* execute(prepared, borrow(inputs));
    return outputs.map((cell) => cell.take());
  }

  return {
    run: (inputs) => {
      checkInputs(program, inputs);
      return runSync(toTensors(inputs), around, name);
    },
    runAsync: async (inputs) => {
      checkInputs(program, inputs);
      const outputs = await runAsync(toTensors(inputs), around);
      // a GPU frees what it has finished with only when the event loop turns
      if (!isSync) await turn();
      return outputs;
    },
    iterate: async (inputs, carried, steps) => {
      checkInputs(program, inputs);
      checkIteration(program, carried, steps);
      const pause = pacer();
      const fixed = borrow(inputs).slice(carried);
      // What is carried stays in cells: a key or counter that only the host needs is never uploaded.
      let carry = borrow(inputs).slice(0, carried);
      try {
        for (let step = 1; ; step++) {
          const reading = execute(prepared, [...carry, ...fixed]);
          const outputs = isSync ? runSync(reading, around, name) : await runAsync(reading, around);
          for (const cell of carry) cell.release();
          if (step === steps) {
            carry = [];
            return around(() => outputs.map((cell) => cell.take()));
          }
          carry = outputs.splice(0, carried);
          for (const cell of carry) cell.settle();
          for (const cell of outputs) cell.release();
          await pause();
        }
      } finally {
        for (const cell of carry) cell.release();
      }
    },
    dispose: () => disposePrepared(prepared),
  };
}
